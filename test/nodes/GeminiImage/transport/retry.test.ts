import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import { withRetries } from '../../../../nodes/GeminiImage/transport/retry';
import { failureOf } from '../../helpers';

const again = (waitMs = 0) => new ApiError('Come back', '', {}, { retryAfterMs: waitMs });

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** Runs an attempt that fails with `errors` one after the other, then works. */
function start(
	errors: unknown[],
	maxRetries = 2,
	signal = new AbortController().signal,
	hold = { until: 0 },
) {
	const begun = Date.now();
	const times: number[] = [];
	const attempt = async () => {
		times.push(Date.now() - begun);
		const error = errors[times.length - 1];
		if (error !== undefined) throw error as Error;
		return 'done';
	};
	const outcome = withRetries(attempt, { maxRetries, signal, hold });
	outcome.catch(() => {});
	/** Milliseconds between the attempts so far. */
	const waits = () => times.slice(1).map((time, index) => time - times[index]!);
	return { outcome, times, waits };
}

async function finish(run: ReturnType<typeof start>) {
	await jest.advanceTimersByTimeAsync(300_000);
	return run;
}

test('A request that works at once is not repeated', async () => {
	const run = await finish(start([]));
	expect(await run.outcome).toBe('done');
	expect(run.times).toEqual([0]);
});

test('A request is repeated until it works', async () => {
	const run = await finish(start([again(), again()]));
	expect(await run.outcome).toBe('done');
	expect(run.times).toHaveLength(3);
});

test('A request is given up after the last retry, with the last error', async () => {
	const errors = [again(), again(), again(), again()];
	const run = await finish(start(errors));
	expect(await failureOf(run.outcome)).toBe(errors[2]);
	expect(run.times).toHaveLength(3);
});

test.each([
	['a failure if no retry is wanted', again(), 0],
	['an error that may have been billed', new ApiError('Failed', ''), 2],
	['an error of the node itself', new Error('bug'), 2],
	['a failure that asks to wait longer than 60 seconds', again(60_001), 2],
	['a failure that asks to wait forever', again(Infinity), 2],
	['a failure that is a mere text', 'text', 2],
])('A request is not repeated after %s', async (_name, error, maxRetries) => {
	const run = start([error], maxRetries);
	await expect(run.outcome).rejects.toBe(error);
	expect(run.times).toEqual([0]);
});

test('An error that may have been billed ends the retries of one that was not', async () => {
	const failed = new ApiError('Failed', '');
	const run = await finish(start([again(), failed], 5));
	expect(await failureOf(run.outcome)).toBe(failed);
	expect(run.times).toHaveLength(2);
});

describe('the wait', () => {
	test.each([
		['at its shortest', 0, [500, 1000, 2000, 4000]],
		['at its longest', 1 - Number.EPSILON, [1000, 2000, 4000, 8000]],
	])('The wait before a retry doubles, %s', async (_name, jitter, expected) => {
		jest.spyOn(Math, 'random').mockReturnValue(jitter);
		const run = await finish(start([again(), again(), again(), again()], 4));
		jest.restoreAllMocks();
		for (const [index, wait] of run.waits().entries()) {
			expect(Math.abs(wait - expected[index]!)).toBeLessThanOrEqual(2);
		}
		expect(run.waits()).toHaveLength(expected.length);
	});

	test.each([5_000, 60_000])(
		'The wait before a retry is never less than the %i ms asked for',
		async (asked) => {
			const run = await finish(start([again(asked)]));
			expect(run.waits()[0]).toBeGreaterThanOrEqual(asked);
			expect(run.waits()[0]).toBeLessThan(asked + 50);
		},
	);

	test('The wait before a retry is never more than a minute', async () => {
		const run = start(
			Array.from({ length: 12 }, () => again()),
			12,
		);
		await jest.advanceTimersByTimeAsync(3_600_000);
		expect(await run.outcome).toBe('done');
		expect(Math.max(...run.waits())).toBeLessThan(60_050);
	});

	test('The wait before a retry is not the same for many workers', async () => {
		const runs = Array.from({ length: 20 }, () => start([again()]));
		await jest.advanceTimersByTimeAsync(5_000);
		expect(new Set(runs.map((run) => run.waits()[0])).size).toBeGreaterThan(5);
	});
});

test('A cancel ends the wait before a retry, and nothing is sent any more', async () => {
	const controller = new AbortController();
	const reason = new Error('cancelled');
	const run = start([again(50_000)], 2, controller.signal);
	await jest.advanceTimersByTimeAsync(10_000);
	controller.abort(reason);
	const before = Date.now();
	const ended = failureOf(run.outcome).then((error) => ({ error, after: Date.now() - before }));
	await jest.advanceTimersByTimeAsync(120_000);
	const { error, after } = await ended;
	expect(error).toBe(reason);
	expect(after).toBeLessThanOrEqual(250);
	expect(run.times).toEqual([0]);
});

test('The wait that one request is asked for holds back the others', async () => {
	const hold = { until: 0 };
	const { signal } = new AbortController();
	const first = start([again(30_000)], 2, signal, hold);
	await jest.advanceTimersByTimeAsync(1_000);
	const second = start([], 2, signal, hold);
	await finish(second);
	expect(await Promise.all([first.outcome, second.outcome])).toEqual(['done', 'done']);
	expect(second.times).toHaveLength(1);
	expect(second.times[0]).toBeGreaterThanOrEqual(29_000);
	expect(second.times[0]).toBeLessThan(29_250);
});
