import { sleep } from 'n8n-workflow';

/**
 * A controller that a first signal, if there is one, aborts as well. It is to be aborted when its
 * work is over: until then, the first signal holds it.
 */
export function abortWith(signal: AbortSignal | undefined): AbortController {
	const controller = new AbortController();
	if (signal) {
		const leave = onAbort(signal, () => controller.abort(signal.reason));
		onAbort(controller.signal, leave);
	}
	return controller;
}

/** What an abort of a signal calls, in this order. */
const callbacksOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once on an abort, at once if it has happened already, until the returned function is
 * called. Node warns of a leak if a signal has many listeners, so all callbacks share one.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
	if (signal.aborted) callback();
	const known = callbacksOf.get(signal);
	const callbacks = known ?? new Set();
	if (!known) {
		callbacksOf.set(signal, callbacks);
		signal.addEventListener('abort', () => callbacks.forEach((each) => each()), { once: true });
	}
	callbacks.add(callback);
	return () => void callbacks.delete(callback);
}

/** The outcome of `promise`, or the reason of the abort if that comes first. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
	const aborted = createDeferred<never>();
	const forget = onAbort(signal, () => aborted.reject(signal.reason));
	try {
		return await Promise.race([promise, aborted.promise]);
	} finally {
		forget();
	}
}

export interface Deferred<T> {
	promise: Promise<T>;
	resolve(value: T): void;
	reject(reason: unknown): void;
}

/** A promise that is settled from outside; a rejection that nobody awaits is no fault. */
export function createDeferred<T>(): Deferred<T> {
	let resolve!: Deferred<T>['resolve'];
	let reject!: Deferred<T>['reject'];
	const promise = new Promise<T>((onResolve, onReject) => {
		resolve = onResolve;
		reject = onReject;
	});
	promise.catch(() => {});
	return { promise, resolve, reject };
}

/** Milliseconds between two looks at the signal: older n8n cannot wake a `sleep`. */
const SLEEP_SLICE_MS = 200;

/** Waits `ms` milliseconds; throws the reason of an abort within {@link SLEEP_SLICE_MS}. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
	const until = Date.now() + ms;
	for (let left = ms; left > 0; left = until - Date.now()) {
		signal.throwIfAborted();
		await sleep(Math.min(left, SLEEP_SLICE_MS));
	}
	signal.throwIfAborted();
}

/**
 * The outcome of `work`, which may take `ms` milliseconds at most; its signal tells their end.
 *
 * @throws what the work throws, at once or later, the reason of an abort, or an Error if it takes longer
 */
export async function within<T>(
	ms: number,
	work: (signal: AbortSignal) => T | Promise<T>,
	signal: AbortSignal,
): Promise<T> {
	const limit = abortWith(signal);
	const timeout = pause(ms, limit.signal).then(() => limit.abort(new Error('It took too long')));
	timeout.catch(() => {});
	try {
		return await unlessAborted(Promise.resolve(limit.signal).then(work), limit.signal);
	} finally {
		limit.abort();
	}
}
