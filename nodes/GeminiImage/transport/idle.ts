import { pause } from '../abort';
import { connectionLost, timedOut } from './errors';

/** How exactly the timeout is kept, in milliseconds. */
const TICK_MS = 500;

/** Tells when the other side has been silent for too long. */
interface SilenceWatch {
	/** It gave a sign of life, and the wait begins anew. */
	heard(): void;
	/** Nothing is waited for until it is heard again. */
	rest(): void;
	stop(): void;
}

/**
 * Calls `onSilence` once, when nothing has been heard for `timeoutMs` milliseconds; watches until it
 * is stopped or `isOver`.
 */
export function watchSilence(
	timeoutMs: number,
	onSilence: () => void,
	isOver = () => false,
): SilenceWatch {
	const stopped = new AbortController();
	let waitingSince = Date.now();

	async function watch(): Promise<void> {
		while (!isOver()) {
			await pause(Math.min(TICK_MS, timeoutMs), stopped.signal);
			if (Date.now() - waitingSince > timeoutMs) return onSilence();
		}
	}

	watch().catch(() => {});
	return {
		heard: () => void (waitingSince = Date.now()),
		rest: () => void (waitingSince = Infinity),
		stop: () => stopped.abort(),
	};
}

/**
 * The bytes of `body`, which `close` ends when none arrives within `timeoutMs` milliseconds, and
 * when no more are wanted. Time that the reader takes does not count.
 *
 * @throws ApiError where the body is silent or breaks off
 */
export async function* watchIdle(
	body: import('node:stream').Readable,
	timeoutMs: number,
	close: () => void = () => void body.destroy(),
): AsyncGenerator<Uint8Array> {
	let silence: Error | undefined;
	const end = () => {
		silence = timedOut(timeoutMs);
		close();
	};
	// Who closes the body from outside may leave this generator as it stands.
	const watch = watchSilence(timeoutMs, end, () => body.destroyed);
	try {
		for await (const chunk of body) {
			watch.rest();
			yield chunk as Uint8Array;
			watch.heard();
		}
	} catch (error) {
		throw silence ?? connectionLost(error);
	} finally {
		watch.stop();
		close();
	}
}
