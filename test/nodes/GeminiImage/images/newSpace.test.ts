import { constants } from 'node:perf_hooks';

import { fillNewSpace } from '../../../../nodes/GeminiImage/images/newSpace';
import { countCollections } from '../../../bench/n8n/counter';

test('makes V8 free its young objects, if its new space is a large one', async () => {
	const stop = await countCollections(constants.NODE_PERFORMANCE_GC_MINOR);
	fillNewSpace(32 * 1024 * 1024);
	expect((await stop()) > 2).toBe('escape' in RegExp);
});
