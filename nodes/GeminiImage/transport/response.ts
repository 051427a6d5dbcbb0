import type { IN8nHttpFullResponse } from 'n8n-workflow';

import { watchIdle } from './idle';

/** The full response as a stream, whatever its status. */
export const STREAMED = {
	encoding: 'stream',
	returnFullResponse: true,
	ignoreHttpStatusErrors: true,
} as const;

/** What n8n's HTTP helpers answer to {@link STREAMED}. */
export type FullResponse = IN8nHttpFullResponse & { body: import('node:stream').Readable };

/** A 2xx answer whose body has not been read yet. */
export interface Response {
	isEventStream: boolean;
	/** Fails when no byte arrives within the idle timeout. */
	body: AsyncIterable<Uint8Array>;
	/** Ends the connection, whatever is still to come. */
	close(): void;
}

/**
 * The answer to `request`, which fails after `timeoutMs` milliseconds of silence. To destroy the
 * body is not enough to close it: n8n's HTTP client may hand out a generator, which waits for the
 * next byte before it ends.
 */
export function openResponse(
	{ headers, body }: FullResponse,
	timeoutMs: number,
	request: AbortController,
): Response {
	const close = () => {
		request.abort();
		body.destroy();
	};
	return {
		isEventStream: /event-stream/i.test(String(headers['content-type'])),
		body: watchIdle(body, timeoutMs, close),
		close,
	};
}
