import { createServer } from 'node:http';

import { startMeter } from '../meter';
import { startCounter } from './counter';

/**
 * Loaded into an n8n that is measured, before n8n itself: `/meter` and `/counter` start to measure
 * its process, `/stop` answers with what was measured.
 */
const INSTRUMENTS: Record<string, () => Promise<() => unknown>> = {
	'/meter': startMeter,
	'/counter': startCounter,
};

let stop: () => unknown = () => ({});

createServer(async ({ url = '' }, response) => {
	const start = INSTRUMENTS[url];
	const figures = start ? {} : await stop();
	if (start) stop = await start();
	response.end(JSON.stringify(figures));
})
	.listen(Number(process.env.PROBE_PORT), '127.0.0.1')
	.unref();

// The processes that n8n starts are not measured.
delete process.env.NODE_OPTIONS;
