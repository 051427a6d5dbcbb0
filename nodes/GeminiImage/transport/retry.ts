import { pause } from '../abort';
import { ApiError } from '../errors/apiError';

const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;

/**
 * Runs `attempt` again, up to `maxRetries` times, after failures that the service asks to repeat:
 * those with `retryAfterMs`. The wait doubles from one second, is never less than what was asked
 * for, and carries jitter, so that many workers do not come back at once.
 */
export async function withRetries<T>(
	attempt: () => Promise<T>,
	{ maxRetries, signal }: { maxRetries: number; signal: AbortSignal },
): Promise<T> {
	for (let retries = 0; ; retries++) {
		try {
			return await attempt();
		} catch (error) {
			const wait = retries < maxRetries ? waitBefore(error, retries) : undefined;
			if (wait === undefined) return await Promise.reject(error);
			await pause(wait, signal);
		}
	}
}

function waitBefore(error: unknown, retries: number): number | undefined {
	if (!(error instanceof ApiError) || error.retryAfterMs === undefined) return undefined;
	if (error.retryAfterMs > MAX_WAIT_MS) return undefined;
	const backOff = FIRST_WAIT_MS * 2 ** retries * (0.5 + Math.random() / 2);
	return Math.min(MAX_WAIT_MS, Math.max(backOff, error.retryAfterMs));
}
