/** The node waits no longer than this for a busy service before the next attempt, in milliseconds. */
export const MAX_WAIT_MS = 60_000;

/** How long each unit is, in milliseconds, by how its name begins. */
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

/** The wait that a busy service asks for, in milliseconds; 0 if it asks for none. */
export function waitAskedFor(headers: Record<string, unknown>, text: string): number {
	const waits = [
		Number(headers['retry-after-ms'] ?? 0),
		msOfHeader(headers['retry-after']),
		1000 * Number(RETRY_DELAY.exec(text)?.[1] ?? 0),
		msOfWords(WORDS.exec(text)?.[1] ?? ''),
	];
	return waits.find((ms) => ms > 0 && ms < Infinity) ?? 0;
}

/** `Retry-After` is in seconds or a date (RFC 9110, 10.2.3); NaN if it is neither. */
function msOfHeader(header: unknown): number {
	const value = String(header ?? '').trim();
	const seconds = Number(value);
	return Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
}

function msOfWords(duration: string): number {
	const parts = duration.matchAll(/(\d{1,9}(?:\.\d{1,9})?)\s{0,2}([a-z]{1,20})/gi);
	let ms = 0;
	for (const [, number, unit = ''] of parts) {
		ms += Number(number) * (UNIT_MS.find(([name]) => name.test(unit))?.[1] ?? 0);
	}
	return ms;
}

const QUOTA_USED_UP =
	/insufficient_(?:user_)?quota|per[ _-]?day|(?:daily|day's) (?:\w+ )?(?:limit|quota)/i;

/** Whether a quota is used up that no wait of a run refills. */
export function isQuotaUsedUp(text: string): boolean {
	return QUOTA_USED_UP.test(text);
}
