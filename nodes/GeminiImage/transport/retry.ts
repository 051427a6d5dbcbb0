import { pause } from '../abort';
import { ApiError } from '../errors/apiError';

const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;

/** Holds back all requests of an execution when the service asks one of them to wait. */
export interface Gate {
	/** When it opens, in milliseconds since 1970. */
	opensAt: number;
}

interface RetrySettings {
	maxRetries: number;
	signal: AbortSignal;
	gate: Gate;
}

/**
 * Runs `attempt` again, up to `maxRetries` times, after failures that the service asks to repeat:
 * those with `retryAfterMs`. The wait doubles from one second, is never less than what was asked
 * for, and carries jitter, so that many workers do not come back at once.
 */
export async function withRetries<T>(
	attempt: () => Promise<T>,
	{ maxRetries, signal, gate }: RetrySettings,
): Promise<T> {
	for (let retries = 0; ; retries++) {
		await pause(gate.opensAt - Date.now(), signal);
		try {
			return await attempt();
		} catch (error) {
			const wait = retries < maxRetries ? waitBefore(error, retries, gate) : undefined;
			if (wait === undefined) return await Promise.reject(error);
			await pause(wait, signal);
		}
	}
}

function waitBefore(error: unknown, retries: number, gate: Gate): number | undefined {
	if (!(error instanceof ApiError) || error.retryAfterMs === undefined) return undefined;
	if (error.retryAfterMs > MAX_WAIT_MS) return undefined;
	gate.opensAt = Math.max(gate.opensAt, Date.now() + error.retryAfterMs);
	const backOff = FIRST_WAIT_MS * 2 ** retries * (0.5 + Math.random() / 2);
	return Math.min(MAX_WAIT_MS, Math.max(backOff, error.retryAfterMs));
}
