import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

import { imageOf } from '../bench/image';
import { serve } from '../server';

const CHUNK = 3 * 16 * 1024;
/** Where the number of an image stands in its bytes; a multiple of three, so base64 shows it apart. */
const MARK_AT = 3 * 1024 * 1024;
const MARK_BYTES = 12;

/** Serves images of so many MiB, each different: `image 7` in the prompt asks for number 7. */
export async function startImageServer(mebibytes: number) {
	const base = imageOf(mebibytes);
	const mark = (index: number) => Buffer.from(String(index).padStart(MARK_BYTES, '0'));

	function* chunksOf(index: number): Generator<Buffer> {
		for (let at = 0; at < base.length; at += CHUNK) {
			const chunk = Buffer.from(base.subarray(at, at + CHUNK));
			if (at <= MARK_AT && MARK_AT < at + CHUNK) mark(index).copy(chunk, MARK_AT - at);
			yield chunk;
		}
	}

	async function reply(response: ServerResponse, index: number): Promise<void> {
		response.setHeader('content-type', 'text/event-stream');
		response.write('data: {"choices":[{"index":0,"delta":{"images":[{"image_url":{"url":"');
		response.write('data:image/png;base64,');
		for (const chunk of chunksOf(index)) {
			if (!response.write(chunk.toString('base64'))) await once(response, 'drain');
		}
		response.end('"}}]},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
	}

	const { origin, close } = await serve((request, response) => {
		let body = '';
		request.on('data', (chunk: Buffer) => (body += chunk.toString()));
		request.on('end', () => void reply(response, Number(/image (\d+)/.exec(body)?.[1])));
	});

	return {
		baseUrl: `${origin}/v1`,
		hashOf(index: number): string {
			const hash = createHash('sha256');
			for (const chunk of chunksOf(index)) hash.update(chunk);
			return hash.digest('hex');
		},
		close,
	};
}
