import type { IN8nHttpFullResponse } from 'n8n-workflow';

import { abortWith, unlessAborted } from '../abort';
import { timedOut } from './errors';
import { watchIdle, watchSilence } from './idle';

/** The full response as a stream, whatever its status; a redirect would send key or body elsewhere. */
export const STREAMED = {
	encoding: 'stream',
	returnFullResponse: true,
	ignoreHttpStatusErrors: true,
	// With redirects on, the HTTP client keeps a copy of everything it sent.
	disableFollowRedirect: true,
	// Silence is watched here: the HTTP client would count a long upload as one.
	timeout: 2_147_483_647,
} as const;

/** What n8n's HTTP helpers answer to {@link STREAMED}. */
type FullResponse = IN8nHttpFullResponse & { body: import('node:stream').Readable };

/** An answer whose body has not been read yet. */
export interface Answer {
	status: number;
	headers: Record<string, unknown>;
	/** Fails if no byte arrives within the idle timeout. */
	body: AsyncIterable<Uint8Array>;
	/** Ends the connection, whatever is still to come. */
	close(): void;
}

/** Sends a request that `signal` ends, and calls `heard` for each sign of life. */
type Send = (signal: AbortSignal, heard: () => void) => Promise<unknown>;

/**
 * One request and its answer.
 *
 * @throws ApiError after `timeoutMs` milliseconds of silence, and whatever `send` throws
 */
export async function exchange(
	{ signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
	send: Send,
): Promise<Answer> {
	const request = abortWith(signal);
	const watch = watchSilence(timeoutMs, () => request.abort(timedOut(timeoutMs)));
	try {
		const sent = send(request.signal, watch.heard) as Promise<FullResponse>;
		const { statusCode, headers, body } = await unlessAborted(sent, request.signal);
		// To destroy the body is not enough to close it: n8n's HTTP client may hand out a generator,
		// which waits for the next byte before it ends.
		const close = () => {
			request.abort();
			body.destroy();
		};
		return { status: statusCode, headers, body: watchIdle(body, timeoutMs, close), close };
	} catch (error) {
		request.abort();
		return await Promise.reject(error);
	} finally {
		watch.stop();
	}
}
