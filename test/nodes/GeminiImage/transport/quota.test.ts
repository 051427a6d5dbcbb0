import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import { optionField } from '../../../../nodes/GeminiImage/form/options';
import { createHold, withRetries } from '../../../../nodes/GeminiImage/transport/retry';
import { createQuota, type Kind } from '../../../emulator/profiles/quota';

/** A service that many workers share, each with one run of the node that knows nothing of the others. */
interface Setting {
	workers: number;
	kind: Kind;
	/** Whether a refusal tells how long to wait. */
	tells: boolean;
	/** How long an image takes. */
	latencyMs: number;
	/** How long a refusal takes: at most gateways no time at all. */
	refusalMs: number;
}

const IMAGES = 200;
const PER_MINUTE = 60;
const MINUTE_MS = 60_000;
const maxRetries = Number(optionField('maxRetries').default);
const concurrency = Number(optionField('maxConcurrency').default);
const { signal } = new AbortController();

beforeEach(() => {
	jest.useFakeTimers();
	// The jitter is chance that is the same in each run of the test: the minimal standard generator.
	let seed = 1;
	jest.spyOn(Math, 'random').mockImplementation(() => {
		seed = (seed * 48_271) % 2_147_483_647;
		return seed / 2_147_483_647;
	});
});
afterEach(() => {
	jest.useRealTimers();
	jest.restoreAllMocks();
});

const sleep = async (ms: number) => await new Promise((resolve) => setTimeout(resolve, ms));

/** Runs all images; gives requests an image, and the time as a multiple of the least that the quota allows. */
async function simulate({ workers, kind, tells, latencyMs, refusalMs }: Setting) {
	const quota = createQuota(PER_MINUTE, kind);
	const begun = Date.now();
	let [asked, failed, over] = [0, 0, false];

	async function ask(): Promise<void> {
		asked++;
		const wait = quota();
		await sleep(wait > 0 ? refusalMs : latencyMs);
		if (wait > 0)
			throw new ApiError('Busy', '', { httpCode: '429' }, { retryAfterMs: tells ? wait : 0 });
	}

	async function work(): Promise<void> {
		const hold = createHold();
		let left = IMAGES / workers;
		async function lane(): Promise<void> {
			while (left-- > 0) {
				await withRetries(ask, { maxRetries, signal, hold }).catch(() => failed++);
			}
		}
		await Promise.all(Array.from({ length: concurrency }, lane));
	}

	const all = Promise.all(Array.from({ length: workers }, work)).then(() => (over = true));
	while (!over) await jest.advanceTimersByTimeAsync(1000);
	await all;
	const beyond = (IMAGES - PER_MINUTE) / PER_MINUTE;
	const leastMs = (kind === 'window' ? Math.ceil(beyond) : beyond) * MINUTE_MS + latencyMs;
	return { failed, requests: asked / IMAGES, time: (Date.now() - begun) / leastMs };
}

const SETTINGS = (['window', 'bucket'] as const).flatMap((kind) =>
	[true, false].flatMap((tells) =>
		[
			{ latencyMs: 300, refusalMs: 50 },
			{ latencyMs: 8000, refusalMs: 50 },
			{ latencyMs: 3000, refusalMs: 3000 },
		].map((times) => ({ kind, tells, of: tells ? 'told' : 'untold', ...times })),
	),
);

test.each(SETTINGS)(
	'Two workers share a quota of a $kind and end complete, with waits $of, $latencyMs ms an image and $refusalMs ms a refusal',
	async (setting) => {
		const { failed, requests, time } = await simulate({ workers: 2, ...setting });
		expect(failed).toBe(0);
		expect(requests).toBeLessThanOrEqual(1.4);
		expect(time).toBeLessThanOrEqual(1.3);
	},
);

/** What docs/queue-mode.md tells of ten workers. */
test.each(SETTINGS)(
	'Ten workers share a quota of a $kind with few failures, with waits $of, $latencyMs ms an image and $refusalMs ms a refusal',
	async (setting) => {
		const { failed, requests, time } = await simulate({ workers: 10, ...setting });
		expect(failed / IMAGES).toBeLessThanOrEqual(0.05);
		expect(requests).toBeLessThanOrEqual(2.4);
		expect(time).toBeLessThanOrEqual(1.4);
	},
);
