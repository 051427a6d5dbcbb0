import { connectionLost, timedOut } from './errors';
import { pause } from '../abort';

/** How exactly the timeout is kept, in milliseconds. */
const TICK_MS = 500;

/**
 * The bytes of `body`, which `close` ends when none arrives within `timeoutMs` milliseconds, and
 * when no more are wanted. Time that the reader takes does not count.
 */
export async function* watchIdle(
	body: import('node:stream').Readable,
	timeoutMs: number,
	close: () => void = () => void body.destroy(),
): AsyncGenerator<Uint8Array> {
	const stopped = new AbortController();
	let waitingSince = Date.now();
	let silence: Error | undefined;

	async function watch(): Promise<void> {
		// Who closes the body from outside may leave this generator as it stands.
		while (!body.destroyed) {
			await pause(Math.min(TICK_MS, timeoutMs), stopped.signal);
			if (Date.now() - waitingSince <= timeoutMs) continue;
			silence = timedOut(timeoutMs);
			return close();
		}
	}

	watch().catch(() => {});
	try {
		for await (const chunk of body) {
			waitingSince = Infinity;
			yield chunk as Uint8Array;
			waitingSince = Date.now();
		}
	} catch (error) {
		throw silence ?? connectionLost(error);
	} finally {
		stopped.abort();
		close();
	}
}
