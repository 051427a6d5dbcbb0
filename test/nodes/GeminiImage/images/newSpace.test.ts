import { constants } from 'node:perf_hooks';

import { fillNewSpace } from '../../../../nodes/GeminiImage/images/newSpace';
import { countCollections } from '../../../bench/n8n/counter';

test('fillNewSpace makes a V8 with a large new space, and no other, free its young objects', async () => {
	const stop = await countCollections(constants.NODE_PERFORMANCE_GC_MINOR);
	fillNewSpace(32 * 1024 * 1024);
	expect((await stop()) > 2).toBe('escape' in RegExp);
});
