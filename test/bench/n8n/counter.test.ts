import { setImmediate as turn } from 'node:timers/promises';

import { countOutsideBytes } from './counter';

const MiB = 1024 * 1024;

test('The counter of the benchmark counts the bytes that are allocated outside the heap', async () => {
	const stop = await countOutsideBytes();
	for (let i = 0; i < 64; i++) {
		Buffer.alloc(MiB, 1);
		await turn();
	}
	const outsideBytes = await stop();
	// What a collection sets free while memory grows is missing.
	expect(outsideBytes / MiB).toBeGreaterThan(56);
	expect(outsideBytes / MiB).toBeLessThan(66);
});

test('The counter of the benchmark counts next to nothing where nothing is allocated', async () => {
	const stop = await countOutsideBytes();
	for (let i = 0; i < 64; i++) await turn();
	expect(await stop()).toBeLessThan(MiB);
});
