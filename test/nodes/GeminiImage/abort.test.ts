import { getEventListeners } from 'node:events';

import {
	abortWith,
	createDeferred,
	onAbort,
	pause,
	unlessAborted,
} from '../../../nodes/GeminiImage/abort';
import { failureOf, settle } from '../helpers';

const reason = new Error('cancelled');
const never = new Promise<never>(() => {});

test('a deferred is settled from outside, once', async () => {
	const { promise, resolve, reject } = createDeferred<number>();
	resolve(1);
	reject(reason);
	expect(await promise).toBe(1);
});

test('a rejection that nobody awaits does no harm', async () => {
	const onUnhandled = jest.fn();
	process.once('unhandledRejection', onUnhandled);
	createDeferred<void>().reject(reason);
	await settle();
	process.off('unhandledRejection', onUnhandled);
	expect(onUnhandled).not.toHaveBeenCalled();
});

describe('unlessAborted', () => {
	test('gives the outcome of the promise', async () => {
		const { signal } = new AbortController();
		expect(await unlessAborted(Promise.resolve(1), signal)).toBe(1);
		expect(await failureOf(unlessAborted(Promise.reject(reason), signal))).toBe(reason);
	});

	test('or the reason of the abort, if that comes first', async () => {
		const controller = new AbortController();
		const waiting = failureOf(unlessAborted(never, controller.signal));
		controller.abort(reason);
		expect(await waiting).toBe(reason);
		expect(await failureOf(unlessAborted(never, controller.signal))).toBe(reason);
	});

	test('leaves no more than one listener behind', async () => {
		const { signal } = new AbortController();
		await unlessAborted(Promise.resolve(), signal);
		await failureOf(unlessAborted(Promise.reject(reason), signal));
		expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
	});
});

describe('pause', () => {
	beforeEach(() => jest.useFakeTimers());
	afterEach(() => jest.useRealTimers());

	test.each([0, 1, 199, 200, 750, 60_000])('lasts %i ms', async (ms) => {
		const begun = Date.now();
		const ended = pause(ms, new AbortController().signal).then(() => Date.now() - begun);
		await jest.advanceTimersByTimeAsync(61_000);
		expect(await ended).toBe(ms);
	});

	test('ends within a quarter of a second of an abort', async () => {
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

	test.each([0, 100])('of %i ms does not begin after an abort', async (ms) => {
		expect(await failureOf(pause(ms, AbortSignal.abort(reason)))).toBe(reason);
	});
});

test('many that follow one signal are one listener', () => {
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
	test('follows the first signal', () => {
		const first = new AbortController();
		const { signal } = abortWith(first.signal);
		expect(signal.aborted).toBe(false);
		first.abort(reason);
		expect(signal.reason).toBe(reason);
		expect(abortWith(first.signal).signal.reason).toBe(reason);
	});

	test('aborts alone, with and without a first signal', () => {
		const first = new AbortController();
		for (const follower of [abortWith(first.signal), abortWith(undefined)]) {
			follower.abort(reason);
			expect(follower.signal.reason).toBe(reason);
		}
		expect(first.signal.aborted).toBe(false);
	});
});
