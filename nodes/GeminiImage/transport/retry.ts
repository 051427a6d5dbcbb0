import { pause } from '../async';
import { ApiError } from '../errors/apiError';
import { MAX_WAIT_MS } from '../errors/waits';

const FIRST_WAIT_MS = 1000;
/** A run that does nothing but wait for so long, in milliseconds, is given up. */
const GIVE_UP_MS = 600_000;

/** What the requests of one run share: the waits that the service asks for, and what they took. */
export interface Hold {
	/** Waits until requests may go on. @throws ApiError once the run is given up */
	pass(signal: AbortSignal): Promise<void>;
	/** The service has a request whole. */
	sent(): void;
	/** The service asks one of the requests to wait, so all are held back. */
	refuse(refusal: ApiError): void;
	/** The service does anything else, so the run is not given up yet. */
	answer(): void;
	/** Waits `ms` milliseconds, and counts them. @throws the reason of an abort */
	wait(ms: number, signal: AbortSignal): Promise<void>;
	/** What it took so far: requests, those that were repeated, and milliseconds of waits. */
	took: { requests: number; repeated: number; waitedMs: number };
}

export function createHold(): Hold {
	const took = { requests: 0, repeated: 0, waitedMs: 0 };
	/** When requests may go on, in milliseconds since 1970. */
	let until = 0;
	/** The refusals since the service last did anything else. */
	let refused: { since: number; last: ApiError } | undefined;
	/** How many requests wait, and since when there are any. */
	let waiting = 0;
	let waitingSince = 0;

	function failIfGivenUp(): void {
		if (refused && Date.now() - refused.since >= GIVE_UP_MS) throw givenUp(refused.last);
	}

	async function wait(ms: number, signal: AbortSignal): Promise<void> {
		if (ms <= 0) return signal.throwIfAborted();
		if (waiting++ === 0) waitingSince = Date.now();
		try {
			await pause(ms, signal);
		} finally {
			if (--waiting === 0) took.waitedMs += Date.now() - waitingSince;
		}
	}

	return {
		async pass(signal) {
			failIfGivenUp();
			await wait(until - Date.now(), signal);
			failIfGivenUp();
		},
		sent() {},
		refuse(refusal) {
			refused = { since: refused?.since ?? Date.now(), last: refusal };
			const ms = refusal.retryAfterMs ?? 0;
			if (ms <= MAX_WAIT_MS) until = Math.max(until, Date.now() + ms);
		},
		answer: () => (refused = undefined),
		wait,
		took,
	};
}

interface RetrySettings {
	maxRetries: number;
	signal: AbortSignal;
	hold: Hold;
}

/**
 * Runs `attempt` again, up to `maxRetries` times, after failures that the service asks to repeat:
 * those with `retryAfterMs`. The wait doubles from one second, is never less than what was asked
 * for, and carries jitter, so that many workers do not come back at once.
 */
export async function withRetries<T>(
	attempt: () => Promise<T>,
	{ maxRetries, signal, hold }: RetrySettings,
): Promise<T> {
	for (let retries = 0; ; retries++) {
		await hold.pass(signal);
		if (retries === 0) hold.took.requests++;
		if (retries === 1) hold.took.repeated++;
		try {
			const result = await attempt();
			hold.answer();
			return result;
		} catch (error) {
			const isRefusal = error instanceof ApiError && error.retryAfterMs !== undefined;
			if (isRefusal) hold.refuse(error);
			else hold.answer();
			const wait = isRefusal && retries < maxRetries ? waitBefore(error, retries) : undefined;
			if (wait === undefined) return await Promise.reject(error);
			await hold.wait(wait, signal);
		}
	}
}

/** Undefined if the service asks for more than the node waits. */
function waitBefore({ retryAfterMs = 0 }: ApiError, retries: number): number | undefined {
	if (retryAfterMs > MAX_WAIT_MS) return undefined;
	const backOff = FIRST_WAIT_MS * 2 ** retries * (0.5 + Math.random() / 2);
	return Math.min(MAX_WAIT_MS, Math.max(backOff, retryAfterMs));
}

function givenUp({ message, details, advice }: ApiError): ApiError {
	return new ApiError(
		message,
		'For ten minutes the service asked to wait and did nothing else, so the rest of the run was not sent. Run it again later.',
		details,
		{ advice },
	);
}
