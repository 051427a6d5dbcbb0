import { getEventListeners } from 'node:events';

import {
	abortWith,
	createDeferred,
	onAbort,
	pause,
	unlessAborted,
} from '../../../nodes/GeminiImage/async';
import { failureOf, settle } from '../helpers';

const reason = new Error('cancelled');
const never = new Promise<never>(() => {});

test('A deferred promise is settled from outside, and only once', async () => {
	const { promise, resolve, reject } = createDeferred<number>();
	resolve(1);
	reject(reason);
	expect(await promise).toBe(1);
});

test('A deferred promise that is rejected while nobody awaits it raises no unhandled rejection', async () => {
	const onUnhandled = jest.fn();
	process.once('unhandledRejection', onUnhandled);
	createDeferred<void>().reject(reason);
	await settle();
	process.off('unhandledRejection', onUnhandled);
	expect(onUnhandled).not.toHaveBeenCalled();
});

describe('unlessAborted', () => {
	test('The helper unlessAborted gives the outcome of the promise if nothing is aborted', async () => {
		const { signal } = new AbortController();
		expect(await unlessAborted(Promise.resolve(1), signal)).toBe(1);
		expect(await failureOf(unlessAborted(Promise.reject(reason), signal))).toBe(reason);
	});

	test('The helper unlessAborted fails with the reason of an abort that comes before the outcome', async () => {
		const controller = new AbortController();
		const waiting = failureOf(unlessAborted(never, controller.signal));
		controller.abort(reason);
		expect(await waiting).toBe(reason);
		expect(await failureOf(unlessAborted(never, controller.signal))).toBe(reason);
	});

	test('The helper unlessAborted leaves no more than one listener at the signal', async () => {
		const { signal } = new AbortController();
		await unlessAborted(Promise.resolve(), signal);
		await failureOf(unlessAborted(Promise.reject(reason), signal));
		expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
	});
});

describe('pause', () => {
	beforeEach(() => jest.useFakeTimers());
	afterEach(() => jest.useRealTimers());

	test.each([0, 1, 199, 200, 750, 60_000])(
		'A pause of %i ms lasts exactly that long',
		async (ms) => {
			const begun = Date.now();
			const ended = pause(ms, new AbortController().signal).then(() => Date.now() - begun);
			await jest.advanceTimersByTimeAsync(61_000);
			expect(await ended).toBe(ms);
		},
	);

	test('A pause ends within a quarter of a second of an abort, with its reason', async () => {
		const controller = new AbortController();
		const begun = Date.now();
		const ended = failureOf(pause(60_000, controller.signal)).then((error) => ({
			error,
			after: Date.now() - begun,
		}));
		setTimeout(() => controller.abort(reason), 1_010);
		await jest.advanceTimersByTimeAsync(61_000);
		const { error, after } = await ended;
		expect(error).toBe(reason);
		expect(after).toBeLessThan(1_260);
	});

	test.each([0, 100])('A pause of %i ms does not begin after an abort', async (ms) => {
		expect(await failureOf(pause(ms, AbortSignal.abort(reason)))).toBe(reason);
	});
});

test('Twenty signals that follow one are a single listener at it, and abort alone or with it', () => {
	const controller = new AbortController();
	const followers = Array.from({ length: 20 }, () => abortWith(controller.signal));
	const calls: number[] = [];
	followers.forEach(({ signal }, index) => onAbort(signal, () => calls.push(index)));
	expect(getEventListeners(controller.signal, 'abort').length).toBeLessThanOrEqual(1);
	followers[3]?.abort();
	expect(calls).toEqual([3]);
	controller.abort(reason);
	expect(calls).toHaveLength(20);
	expect(followers[4]?.signal.reason).toBe(reason);
});

describe('abortWith', () => {
	test('A signal of abortWith aborts with the signal that it follows, for the same reason', () => {
		const first = new AbortController();
		const { signal } = abortWith(first.signal);
		expect(signal.aborted).toBe(false);
		first.abort(reason);
		expect(signal.reason).toBe(reason);
		expect(abortWith(first.signal).signal.reason).toBe(reason);
	});

	test('A signal of abortWith can be aborted alone, with and without a signal to follow', () => {
		const first = new AbortController();
		for (const follower of [abortWith(first.signal), abortWith(undefined)]) {
			follower.abort(reason);
			expect(follower.signal.reason).toBe(reason);
		}
		expect(first.signal.aborted).toBe(false);
	});
});
