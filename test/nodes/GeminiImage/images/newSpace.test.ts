import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';

import { fillNewSpace } from '../../../../nodes/GeminiImage/images/newSpace';

type Collection = PerformanceEntry & { detail: { kind: number } };

/** How many times V8 frees its young objects while `work` runs. */
async function youngCollections(work: () => void): Promise<number> {
	let count = 0;
	const observer = new PerformanceObserver((list) => {
		const kinds = list.getEntries().map((entry) => (entry as Collection).detail.kind);
		count += kinds.filter((kind) => kind === constants.NODE_PERFORMANCE_GC_MINOR).length;
	});
	observer.observe({ entryTypes: ['gc'] });
	work();
	// Node tells of a collection a turn later.
	await turn();
	await turn();
	observer.disconnect();
	return count;
}

test('makes V8 free its young objects, if its new space is a large one', async () => {
	const count = await youngCollections(() => fillNewSpace(32 * 1024 * 1024));
	expect(count > 2).toBe('escape' in RegExp);
});
