import { pause } from '../async';
import { ApiError } from '../errors/apiError';

const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;

/** Holds back all requests of a run when the service asks one of them to wait. */
export interface Hold {
	/** When requests may go on, in milliseconds since 1970. */
	until: number;
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
		await pause(hold.until - Date.now(), signal);
		try {
			return await attempt();
		} catch (error) {
			const wait = retries < maxRetries ? waitBefore(error, retries, hold) : undefined;
			if (wait === undefined) return await Promise.reject(error);
			await pause(wait, signal);
		}
	}
}

function waitBefore(error: unknown, retries: number, hold: Hold): number | undefined {
	if (!(error instanceof ApiError) || error.retryAfterMs === undefined) return undefined;
	if (error.retryAfterMs > MAX_WAIT_MS) return undefined;
	hold.until = Math.max(hold.until, Date.now() + error.retryAfterMs);
	const backOff = FIRST_WAIT_MS * 2 ** retries * (0.5 + Math.random() / 2);
	return Math.min(MAX_WAIT_MS, Math.max(backOff, error.retryAfterMs));
}
