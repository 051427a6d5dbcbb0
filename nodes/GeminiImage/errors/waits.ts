/** What a service that is busy asks for, in the headers and the text of its answer. */

const UNIT_MS: Array<[unit: RegExp, ms: number]> = [
	[/^m(?:s|illi)/i, 1],
	[/^s/i, 1000],
	[/^m/i, 60_000],
	[/^h/i, 3_600_000],
];
const UNIT = '(?:m(?:s|illiseconds?|ins?|inutes?)?|s(?:ecs?|econds?)?|h(?:rs?|ours?)?)(?![a-z])';
const DURATION = String.raw`\d{1,9}(?:\.\d{1,9})?\s{0,2}${UNIT}`;
/** "Please retry in 6.2s", "try again in 1m20s", "retry after 20 seconds". */
const WORDS = new RegExp(
	String.raw`(?:retry|try again) (?:in|after) (${DURATION}(?:(?:,| and)?\s{0,2}${DURATION}){0,3})`,
	'i',
);
/** Google's RetryInfo, which a gateway may pass on as text. */
const RETRY_DELAY = /retryDelay\\{0,8}"\s{0,8}:\s{0,8}\\{0,8}"(\d{1,9}(?:\.\d{1,9})?)s/;

/** How long to wait before the next attempt, in milliseconds; 0 if nothing is said of it. */
export function waitAskedFor(headers: Record<string, unknown>, text: string): number {
	return (
		positive(Number(headers['retry-after-ms'] ?? 0)) ??
		positive(ofHeader(headers['retry-after'])) ??
		positive(1000 * Number(RETRY_DELAY.exec(text)?.[1] ?? 0)) ??
		ofWords(WORDS.exec(text)?.[1] ?? '')
	);
}

function positive(ms: number): number | undefined {
	return ms > 0 ? ms : undefined;
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3). */
function ofHeader(header: unknown): number {
	const value = String(header ?? '').trim();
	const seconds = Number(value);
	return Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
}

function ofWords(duration: string): number {
	let ms = 0;
	for (const [, number, unit = ''] of duration.matchAll(
		/(\d{1,9}(?:\.\d{1,9})?)\s{0,2}([a-z]{1,20})/gi,
	)) {
		ms += Number(number) * (UNIT_MS.find(([name]) => name.test(unit))?.[1] ?? 0);
	}
	return ms;
}

const USED_UP =
	/insufficient_(?:user_)?quota|per[ _-]?day|(?:daily|day's) (?:\w+ )?(?:limit|quota)/i;

/** Whether a quota is used up that no wait of a run refills. */
export function isQuotaUsedUp(text: string): boolean {
	return USED_UP.test(text);
}
