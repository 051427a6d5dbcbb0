import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import { createHold, withRetries } from '../../../../nodes/GeminiImage/transport/retry';
import { failureOf } from '../../helpers';

const again = (waitMs = 0) => new ApiError('Come back', '', {}, { retryAfterMs: waitMs });

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** Runs an attempt that fails with `errors` one after the other, then works. */
function start(
	errors: unknown[],
	maxRetries = 2,
	signal = new AbortController().signal,
	hold = createHold(),
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
	const hold = createHold();
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

describe('while the service works on another request', () => {
	const busy = () => new ApiError('Busy', '', { httpCode: '429' }, { retryAfterMs: 0 });
	const lost = () => again();

	test.each([
		['A refusal is repeated beyond Max Retries', busy, 6],
		['A connection that fails is repeated as often as Max Retries says', lost, 3],
	])('%s while another request is under way', async (_title, failure, attempts) => {
		const hold = createHold();
		await hold.pass(new AbortController().signal);
		const errors = Array.from({ length: 5 }, failure);
		const run = start(errors, 2, new AbortController().signal, hold);
		await jest.advanceTimersByTimeAsync(300_000);
		expect(run.times).toHaveLength(attempts);
	});

	test('A refusal that took a minute lets requests go 15 seconds apart', async () => {
		const hold = createHold();
		const { signal } = new AbortController();
		await hold.pass(signal);
		const wentAt = await hold.pass(signal);
		await jest.advanceTimersByTimeAsync(60_000);
		hold.refuse(busy(), wentAt);
		const passes = Promise.all([hold.pass(signal), hold.pass(signal)]);
		await jest.advanceTimersByTimeAsync(300_000);
		const [probe, next] = await passes;
		expect(next - probe).toBeGreaterThan(1500);
		expect(next - probe).toBeLessThan(15_250);
	});
});

test('A service that is busy at the start of a run does not slow the run down once it answers', async () => {
	const hold = createHold();
	const { signal } = new AbortController();
	let asked = 0;
	const attempt = async () => {
		const isBusy = asked++ < 12;
		await new Promise((resolve) => setTimeout(resolve, 50 + asked));
		if (isBusy) throw new ApiError('Busy', '', { httpCode: '429' }, { retryAfterMs: 0 });
	};
	const begun = Date.now();
	const lanes = Array.from({ length: 8 }, async () => {
		for (let item = 0; item < 5; item++)
			await withRetries(attempt, { maxRetries: 5, signal, hold });
	});
	let took = Infinity;
	const all = Promise.all(lanes).then(() => (took = Date.now() - begun));
	await jest.advanceTimersByTimeAsync(300_000);
	await all;
	expect(took).toBeLessThan(30_000);
});

describe('ten minutes of nothing but waits', () => {
	const MINUTE = 60_000;
	const { signal } = new AbortController();
	let refusals = 0;

	/** A refusal that tells its number. */
	const busy = (waitMs = MINUTE, httpCode = '429') =>
		new ApiError(
			`Refusal ${++refusals}`,
			'Run again later.',
			{ httpCode },
			{ retryAfterMs: waitMs },
		);

	const busyTimes = (count: number) => Array.from({ length: count }, () => busy());

	/** Requests that are refused for `minutes`, one after the other. */
	async function refuseFor(minutes: number, hold: ReturnType<typeof createHold>) {
		const end = Date.now() + minutes * MINUTE;
		while (Date.now() < end) {
			let isOver = false;
			const run = start(busyTimes(30), 2, signal, hold);
			run.outcome.catch(() => (isOver = true));
			while (!isOver) await jest.advanceTimersByTimeAsync(MINUTE);
			expect(await failureOf(run.outcome)).toBeInstanceOf(ApiError);
		}
	}

	function expectGivenUp(error: Error, message: string): void {
		expect(error).toBeInstanceOf(ApiError);
		expect(error.message).toBe(message);
		expect((error as ApiError).description).toMatch(/ten minutes/);
		expect((error as ApiError).details.httpCode).toBe('429');
	}

	test('A request is given up after ten minutes of nothing but waits, with the words of the last refusal', async () => {
		const errors = busyTimes(30);
		const run = start(errors, 30, signal, createHold());
		await jest.advanceTimersByTimeAsync(9 * MINUTE);
		expect(run.times.length).toBeGreaterThanOrEqual(9);
		await jest.advanceTimersByTimeAsync(3 * MINUTE);
		expect(run.times.length).toBeLessThanOrEqual(12);
		expectGivenUp(await failureOf(run.outcome), errors[run.times.length - 1]!.message);
		await jest.advanceTimersByTimeAsync(30 * MINUTE);
		expect(run.times.length).toBeLessThanOrEqual(12);
	});

	test.each(['429', '503'])(
		'After ten minutes of nothing but waits, requests fail at once without being sent, by status %s',
		async (httpCode) => {
			const hold = createHold();
			const first = start(
				Array.from({ length: 30 }, () => busy(MINUTE, httpCode)),
				30,
				signal,
				hold,
			);
			await jest.advanceTimersByTimeAsync(12 * MINUTE);
			const last = await failureOf(first.outcome);
			const before = Date.now();
			for (let late = 0; late < 3; late++) {
				const run = start([], 2, signal, hold);
				await jest.advanceTimersByTimeAsync(0);
				const error = (await failureOf(run.outcome)) as ApiError;
				expect(error).toBeInstanceOf(ApiError);
				expect([error.message, error.details.httpCode]).toEqual([last.message, httpCode]);
				expect(error.description).toMatch(/ten minutes/);
				expect(run.times).toEqual([]);
			}
			expect(Date.now() - before).toBeLessThan(1000);
		},
	);

	test('Requests that each give up after their own retries count together towards the ten minutes', async () => {
		const hold = createHold();
		await refuseFor(12, hold);
		const run = start([], 2, signal, hold);
		await jest.advanceTimersByTimeAsync(0);
		expect(run.times).toEqual([]);
		expect((await failureOf(run.outcome)).message).toMatch(/^Refusal \d+$/);
	});

	test('A request that waits beside others is given up together with them', async () => {
		const hold = createHold();
		const runs = Array.from({ length: 4 }, () => start(busyTimes(30), 30, signal, hold));
		await jest.advanceTimersByTimeAsync(12 * MINUTE);
		for (const { outcome, times } of runs) {
			expect((await failureOf(outcome)) as ApiError).toMatchObject({
				description: expect.stringMatching(/ten minutes/),
			});
			expect(times.length).toBeLessThanOrEqual(12);
		}
	});

	test.each<[string, unknown]>([
		['an answer', undefined],
		['a failure that is none of a wait', new ApiError('Not this one', '', { httpCode: '400' })],
	])('The ten minutes begin anew after %s in between', async (_what, error) => {
		const hold = createHold();
		await refuseFor(6, hold);
		const between = start([error], 0, signal, hold);
		await jest.advanceTimersByTimeAsync(MINUTE);
		if (error) expect(await failureOf(between.outcome)).toBe(error);
		else expect(await between.outcome).toBe('done');
		await refuseFor(6, hold);
		const run = start([], 2, signal, hold);
		await jest.advanceTimersByTimeAsync(MINUTE);
		expect(await run.outcome).toBe('done');
		expect(run.times).toHaveLength(1);
	});

	test('Ten minutes without any request are no ten minutes of waits', async () => {
		const hold = createHold();
		const first = start([busy(1000)], 2, signal, hold);
		await jest.advanceTimersByTimeAsync(5000);
		expect(await first.outcome).toBe('done');
		await jest.advanceTimersByTimeAsync(15 * MINUTE);
		const second = await finish(start([busy(1000)], 2, signal, hold));
		expect(await second.outcome).toBe('done');
		expect(second.times).toHaveLength(2);
	});

	test('A cancel within the ten minutes ends a request with its own reason', async () => {
		const controller = new AbortController();
		const run = start(busyTimes(30), 30, controller.signal, createHold());
		await jest.advanceTimersByTimeAsync(9 * MINUTE);
		const reason = new Error('cancelled');
		controller.abort(reason);
		await jest.advanceTimersByTimeAsync(5 * MINUTE);
		expect(await failureOf(run.outcome)).toBe(reason);
	});
});
