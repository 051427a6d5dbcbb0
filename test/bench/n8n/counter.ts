import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';

const { NODE_PERFORMANCE_GC_MAJOR: MAJOR } = constants;
/** Enough for V8 to sweep up behind a collection. */
const SWEEP_MS = 200;
type Collection = PerformanceEntry & { detail: { kind: number } };

/**
 * Counts full collections of garbage in this process, from now on until the returned function is
 * called.
 */
export async function countCollections(): Promise<() => Promise<number>> {
	let count = 0;
	const observer = new PerformanceObserver((list) => {
		const kinds = list.getEntries().map((entry) => (entry as Collection).detail.kind);
		count += kinds.filter((kind) => kind === MAJOR).length;
	});
	observer.observe({ entryTypes: ['gc'] });
	return async () => {
		// Node tells of a collection a turn later.
		await turn();
		await turn();
		observer.disconnect();
		return count;
	};
}

/**
 * Counts bytes that this process allocates outside the heap, from now on until the returned function
 * is called. Looks at each turn of the event loop, so that the process is never idle, and its own
 * garbage makes V8 collect earlier: nothing else can be measured beside it.
 */
export async function countOutsideBytes(): Promise<() => Promise<number>> {
	global.gc?.();
	// What is garbage already must not be set free while it counts.
	await new Promise((resolve) => setTimeout(resolve, SWEEP_MS));
	let bytes = 0;
	let isOver = false;
	let before = getHeapStatistics().external_memory;

	/** Between two looks memory either grows, or a collection sets a lot of it free. */
	function look(): void {
		const now = getHeapStatistics().external_memory;
		bytes += Math.max(0, now - before);
		before = now;
	}

	async function keepLooking(): Promise<void> {
		for (; !isOver; await turn()) look();
	}

	const looking = keepLooking();
	return async () => {
		look();
		isOver = true;
		await looking;
		return bytes;
	};
}
