import { setTimeout as sleep } from 'node:timers/promises';

const STEP_MS = 100;

/** Asks again and again until there is an answer; an error that says what was missing otherwise. */
export async function until<T>(
	what: string,
	probe: () => T | undefined | Promise<T | undefined>,
	deadlineMs = 30_000,
): Promise<T> {
	const end = Date.now() + deadlineMs;
	for (;;) {
		const answer = await probe();
		if (answer !== undefined) return answer;
		if (Date.now() > end) throw new Error(`Not within ${deadlineMs / 1000} s: ${what}`);
		await sleep(STEP_MS);
	}
}
