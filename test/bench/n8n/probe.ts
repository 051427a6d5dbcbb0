import { serve } from '../../server';
import { startMeter } from '../meter';
import { countCollections, countOutsideBytes } from './counter';

/**
 * Loaded into an n8n that is measured, before n8n itself: each of these paths starts to measure its
 * process, and `/stop` answers with what was measured.
 */
const INSTRUMENTS: Record<string, () => Promise<() => unknown>> = {
	'/meter': startMeter,
	'/collections': countCollections,
	'/outside': countOutsideBytes,
};

let stop: () => unknown = () => ({});

void serve(async ({ url = '' }, response) => {
	const start = INSTRUMENTS[url];
	const figures = start ? {} : await stop();
	if (start) stop = await start();
	response.end(JSON.stringify(figures));
}, Number(process.env.PROBE_PORT)).then(({ unref }) => unref());

// The processes that n8n starts are not measured.
delete process.env.NODE_OPTIONS;
