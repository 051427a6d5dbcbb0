import { setImmediate as turn } from 'node:timers/promises';
import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

export interface Count {
	/** Bytes allocated outside the heap, of which V8 collects garbage the sooner. */
	outsideBytes: number;
	fullCollections: number;
}

const { NODE_PERFORMANCE_GC_MAJOR: MAJOR } = constants;
type Collection = PerformanceEntry & { detail: { kind: number } };

/**
 * Counts in this process from now on, until the returned function is called. Looks at each turn of
 * the event loop, so it keeps the process busy: nothing else can be measured beside it.
 */
export async function startCounter(): Promise<() => Promise<Count>> {
	global.gc?.();
	let fullCollections = 0;
	const observer = new PerformanceObserver((list) => {
		const kinds = list.getEntries().map((entry) => (entry as Collection).detail.kind);
		fullCollections += kinds.filter((kind) => kind === MAJOR).length;
	});
	// What the collection before has set free is gone by then.
	await new Promise((resolve) => setTimeout(resolve, 200));
	observer.observe({ entryTypes: ['gc'] });
	let outsideBytes = 0;
	let isOver = false;
	let before = getHeapStatistics().external_memory;

	/** Between two looks memory either grows, or a collection sets a lot of it free. */
	function look(): void {
		const now = getHeapStatistics().external_memory;
		outsideBytes += Math.max(0, now - before);
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
		observer.disconnect();
		return { outsideBytes, fullCollections };
	};
}
