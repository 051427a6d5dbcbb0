import { connectionLost, timedOut } from './errors';
import { pause } from '../promises';

/** How exactly the timeout is kept, in milliseconds. */
const TICK_MS = 500;

/**
 * The bytes of `body`, which is destroyed when none arrives within `timeoutMs` milliseconds. Time
 * that the reader takes does not count.
 */
export async function* watchIdle(
	body: import('node:stream').Readable,
	timeoutMs: number,
): AsyncGenerator<Uint8Array> {
	const stopped = new AbortController();
	let waitingSince = Date.now();

	async function watch(): Promise<void> {
		for (;;) {
			await pause(Math.min(TICK_MS, timeoutMs), stopped.signal);
			if (Date.now() - waitingSince > timeoutMs) return void body.destroy(timedOut(timeoutMs));
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
		throw connectionLost(error);
	} finally {
		stopped.abort();
		body.destroy();
	}
}
