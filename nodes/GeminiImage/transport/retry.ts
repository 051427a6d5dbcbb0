import { pause } from '../async';
import { ApiError } from '../errors/apiError';
import { MAX_WAIT_MS } from '../errors/waits';

const FIRST_WAIT_MS = 1000;
/** A run that does nothing but wait for so long, in milliseconds, is given up. */
const GIVE_UP_MS = 600_000;
/** Refusals so soon after an answer, in milliseconds, are those of a quota, which frees itself. */
const QUOTA_MS = 180_000;
/** Longest wait for a quota that the service does not ask for, in milliseconds. */
const MAX_QUOTA_WAIT_MS = 15_000;

/** What the requests of one run share: the waits that the service asks for, and what they took. */
export interface Hold {
	/**
	 * Waits until a request may go, and gives the time, in milliseconds since 1970.
	 *
	 * @throws ApiError once the run is given up
	 */
	pass(signal: AbortSignal): Promise<number>;
	/** The service has a request whole. */
	sent(): void;
	/**
	 * The service asks the request that went at that time to wait, so all are held back. Gives whether
	 * it will pass: the service works on others, or did lately, so it has a quota and gives out what
	 * there is.
	 */
	refuse(refusal: ApiError, wentAt: number): boolean;
	/** The service does anything else, so the run is not given up yet. */
	answer(wentAt: number): void;
	/** Waits `ms` milliseconds, and counts them. @throws the reason of an abort */
	wait(ms: number, signal: AbortSignal): Promise<void>;
	/** What it took so far: requests, those that were repeated, and milliseconds of waits. */
	took: { requests: number; repeated: number; waitedMs: number };
}

export function createHold(): Hold {
	const took = { requests: 0, repeated: 0, waitedMs: 0 };
	const pace = createPace();
	/** When requests may go on, in milliseconds since 1970. */
	let until = 0;
	/** The refusals since the service last did anything else. */
	let refused: { since: number; last: ApiError } | undefined;
	/** How often the service refused in a row; requests that were under way together count once. */
	let rounds = 0;
	let roundAt = 0;
	let answeredAt = -Infinity;
	let underWay = 0;
	/** How many requests wait, and since when there are any. */
	let waiting = 0;
	let waitingSince = 0;

	function failIfGivenUp(): void {
		if (refused && Date.now() - refused.since >= GIVE_UP_MS) throw givenUp(refused.last);
	}

	async function wait(ms: number, signal: AbortSignal): Promise<void> {
		if (ms <= 0) return signal.throwIfAborted();
		if (waiting++ === 0) waitingSince = Date.now();
		try {
			await pause(ms, signal);
		} finally {
			if (--waiting === 0) took.waitedMs += Date.now() - waitingSince;
		}
	}

	return {
		async pass(signal) {
			let ms: number;
			do {
				failIfGivenUp();
				ms = Math.max(until, pace.nextAt()) - Date.now();
				await wait(ms, signal);
			} while (ms > 0);
			pace.go(rounds > 0);
			underWay++;
			return Date.now();
		},
		sent() {},
		refuse(refusal, wentAt) {
			underWay--;
			const now = Date.now();
			refused = { since: refused?.since ?? now, last: refusal };
			const { retryAfterMs = 0, details } = refusal;
			if (retryAfterMs <= MAX_WAIT_MS) until = Math.max(until, now + retryAfterMs);
			// What reached no server, or broke off, says nothing of a quota.
			const isAlive = underWay > 0 || now - answeredAt < QUOTA_MS;
			if (!isAlive || details.httpCode === undefined) {
				rounds = 0;
				return false;
			}
			pace.refused(now - wentAt);
			// Others that were under way with it are refused as well.
			if (wentAt < roundAt) return true;
			if (rounds === 0) pace.slowDown();
			until = Math.max(until, now + backOff(rounds, MAX_QUOTA_WAIT_MS));
			rounds++;
			roundAt = now;
			return true;
		},
		answer(wentAt) {
			underWay--;
			refused = undefined;
			answeredAt = Date.now();
			pace.answered(wentAt);
			if (wentAt >= roundAt) rounds = 0;
		},
		wait,
		took,
	};
}

/**
 * After a refusal, requests go at least so far apart, in milliseconds, until the service answers one,
 * and so many times as far as a refusal takes, so that one asks for all.
 */
const PROBE_MS = 1500;
const PROBE_REFUSALS = 1.25;
/** A pace after which the service answers more requests than this is nearly right. */
const CALM_ANSWERS = 8;
/** How much slower requests go if the pace was nearly right, and if it was not. */
const SLOWER = 1.25;
const MUCH_SLOWER = 1.5;
/** Without a refusal, requests go e times as fast after so long, in milliseconds. */
const RECOVERY_MS = 50_000;

/**
 * How fast requests may follow one another. Many workers share one quota and know nothing of each
 * other, so each learns its part of it: it goes more slowly whenever the service refuses again, and
 * a little faster with each answer.
 */
function createPace() {
	/** Milliseconds between two requests. */
	let gap = 0;
	let probeGap = PROBE_MS;
	let nextAt = 0;
	let beganAt: number | undefined;
	let answers = 0;
	/** How many answers there were when the service last began to refuse. */
	let answersBefore: number | undefined;

	return {
		nextAt: () => nextAt,
		go(isRefused: boolean): void {
			beganAt ??= Date.now();
			nextAt = Date.now() + (isRefused ? probeGap : gap);
		},
		answered(wentAt: number): void {
			// Before the first answer, the service has shown no pace.
			gap = answers++ === 0 ? 0 : gap * Math.exp(-gap / RECOVERY_MS);
			nextAt = Math.min(nextAt, wentAt + gap);
		},
		/** A refusal took so long, in milliseconds. */
		refused(ms: number): void {
			probeGap = Math.min(MAX_QUOTA_WAIT_MS, Math.max(PROBE_MS, PROBE_REFUSALS * ms));
		},
		/** The service begins to refuse; the first time may be a chance. */
		slowDown(): void {
			nextAt = 0;
			const isFirst = answersBefore === undefined;
			const calm = answers - (answersBefore ?? 0);
			answersBefore = answers;
			if (isFirst) return;
			const soFar = (Date.now() - (beganAt ?? 0)) / answers;
			const next =
				calm > CALM_ANSWERS && gap > 0 ? gap * SLOWER : Math.max(gap * MUCH_SLOWER, soFar);
			gap = Math.min(next, MAX_QUOTA_WAIT_MS);
		},
	};
}

interface RetrySettings {
	maxRetries: number;
	signal: AbortSignal;
	hold: Hold;
}

/**
 * Runs `attempt` again after failures that the service asks to repeat: those with `retryAfterMs`. It
 * does so up to `maxRetries` times, or longer if the refusal will pass.
 * The wait is never less than what was asked for.
 */
export async function withRetries<T>(
	attempt: () => Promise<T>,
	{ maxRetries, signal, hold }: RetrySettings,
): Promise<T> {
	for (let retries = 0; ; retries++) {
		const wentAt = await hold.pass(signal);
		if (retries === 0) hold.took.requests++;
		if (retries === 1) hold.took.repeated++;
		try {
			const result = await attempt();
			hold.answer(wentAt);
			return result;
		} catch (error) {
			if (!(error instanceof ApiError) || error.retryAfterMs === undefined) {
				hold.answer(wentAt);
				return await Promise.reject(error);
			}
			const willPass = hold.refuse(error, wentAt);
			const mayRepeat = maxRetries > 0 && error.retryAfterMs <= MAX_WAIT_MS;
			if (!mayRepeat || (retries >= maxRetries && !willPass)) return await Promise.reject(error);
			if (!willPass) await hold.wait(backOff(retries, MAX_WAIT_MS), signal);
		}
	}
}

/** Doubles from one second, and carries jitter, so that many workers do not come back at once. */
function backOff(before: number, mostMs: number): number {
	return Math.min(mostMs, FIRST_WAIT_MS * 2 ** before * (0.5 + Math.random() / 2));
}

function givenUp({ message, details, advice }: ApiError): ApiError {
	return new ApiError(
		message,
		'For ten minutes the service asked to wait and did nothing else, so the rest of the run was not sent. Run it again later.',
		details,
		{ advice },
	);
}
