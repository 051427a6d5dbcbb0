import type { IN8nHttpFullResponse } from 'n8n-workflow';

import { abortWith, onAbort, pause, unlessAborted } from '../async';
import { ApiError } from '../errors/apiError';
import { connectionLost, timedOut } from '../errors/failures';

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

/** An answer whose body has not been read yet; it is to be read to its end, or closed. */
export interface Answer {
	status: number;
	headers: Record<string, unknown>;
	/** Fails with an ApiError if no byte arrives in time, or if the connection is lost. */
	body: AsyncIterable<Uint8Array>;
	/**
	 * Makes the body fail with `reason` at a time, in milliseconds since 1970, whatever arrives until
	 * then. A later call moves that time.
	 */
	endAt(time: number, reason: ApiError): void;
	/** Ends the connection, whatever is still to come. */
	close(): void;
}

/** Sends a request that `signal` ends, and calls `heard` for each sign of life. */
type Send = (signal: AbortSignal, heard: () => void) => Promise<unknown>;

/**
 * One request and its answer, up to the last byte of the body. Both end when the other side is
 * silent for `timeoutMs` milliseconds; time in which nobody reads the body does not count.
 *
 * @throws ApiError after such a silence, and whatever `send` throws
 */
export async function exchange(
	{ signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
	send: Send,
): Promise<Answer> {
	const request = abortWith(signal);
	const silence = watchSilence(request, timeoutMs);
	try {
		const sent = send(request.signal, silence.heard) as Promise<FullResponse>;
		const { statusCode, headers, body } = await unlessAborted(sent, request.signal);
		silence.rest();
		// An abort alone may leave the body open, and to destroy it alone is not enough either: n8n's
		// HTTP client may hand out a generator, which waits for the next byte before it ends.
		onAbort(request.signal, () => body.destroy());
		const close = () => request.abort();
		const { endAt } = silence;
		return { status: statusCode, headers, body: read(body, request, silence), endAt, close };
	} catch (error) {
		request.abort();
		return await Promise.reject(error);
	}
}

async function* read(
	body: FullResponse['body'],
	request: AbortController,
	silence: SilenceWatch,
): AsyncGenerator<Uint8Array> {
	try {
		silence.wait();
		for await (const chunk of body) {
			silence.rest();
			yield chunk as Uint8Array;
			silence.wait();
		}
	} catch (error) {
		const { reason } = request.signal as { reason: unknown };
		throw connectionLost(reason instanceof ApiError ? reason : error);
	} finally {
		request.abort();
	}
}

/** How exactly a timeout is kept, in milliseconds. */
const TICK_MS = 500;

/** Tells when the other side has been silent for too long, and when the end of a body is due. */
interface SilenceWatch {
	/** Begins to wait for a sign of life. */
	wait(): void;
	/** There was one: the wait, if there is any, begins anew. */
	heard(): void;
	/** Nothing is waited for. */
	rest(): void;
	endAt: Answer['endAt'];
}

/** Aborts `request` after `timeoutMs` milliseconds of silence, or when its end is due, and watches until then. */
function watchSilence(request: AbortController, timeoutMs: number): SilenceWatch {
	/** In milliseconds since 1970; infinite if nothing is waited for. */
	let waitingSince = Date.now();
	let end: { time: number; reason?: ApiError } = { time: Infinity };
	const wait = () => void (waitingSince = Date.now());

	async function watch(): Promise<void> {
		const tick = Math.min(TICK_MS, timeoutMs);
		for (let before = Date.now(), now = before; ; before = now) {
			await pause(tick, request.signal);
			now = Date.now();
			// While n8n itself stood still, nobody could hear the other side.
			if (now - before > 2 * tick + TICK_MS) waitingSince += now - before - tick;
			// An end that is due comes before a silence, as it says more.
			if (now >= end.time) request.abort(end.reason);
			if (now - waitingSince > timeoutMs) request.abort(timedOut(timeoutMs));
		}
	}

	watch().catch(() => {});
	return {
		wait,
		heard: () => (waitingSince === Infinity ? undefined : wait()),
		rest: () => void (waitingSince = Infinity),
		endAt: (time, reason) => void (end = { time, reason }),
	};
}
