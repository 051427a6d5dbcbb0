/** The node waits no longer than this for a busy service before the next attempt, in milliseconds. */
export const MAX_WAIT_MS = 60_000;

/** How long each unit is, in milliseconds, by how its name begins. */
const UNIT_MS: Array<[unit: RegExp, ms: number]> = [
	[/^m(?:s|illi)/i, 1],
	[/^(?:s|秒)/i, 1000],
	[/^(?:m|分)/i, 60_000],
	[/^(?:h|小)/i, 3_600_000],
	[/^d/i, 86_400_000],
];
const NUMBER = String.raw`\d{1,9}(?:\.\d{1,9})?`;
const UNIT =
	'(?:m(?:s|illiseconds?|ins?|inutes?)?|s(?:ecs?|econds?)?|h(?:rs?|ours?)?|d(?:ays?)?)(?![a-z])';
const DURATION = String.raw`${NUMBER}\s{0,2}${UNIT}`;
const DURATIONS = String.raw`${DURATION}(?:(?:,| and)?\s{0,2}${DURATION}){0,3}`;
/** "Please retry in 6.2s", "try again in 1m20s", "retry after 20 seconds", "wait 5 seconds". */
const WORDS = new RegExp(
	String.raw`(?:retry|again|wait)(?: your request)?(?:\s(?:in|after|for))?(?: about)?\s(${DURATIONS})`,
	'i',
);
/** "请在 20 秒后重试". */
const CHINESE_WORDS = new RegExp(String.raw`(${NUMBER}\s{0,2}(?:秒|分|小时))钟?[之以]?后`);
/**
 * Google's RetryInfo and fields like it, in seconds if they do not say otherwise; a gateway may pass
 * them on as text, in JSON, as Python or as Protocol Buffers write them.
 */
const FIELD = new RegExp(
	String.raw`retry[_-]?(?:after|delay)(?:_?(ms|seconds))?(?:\\{0,8}["']|\s?\{)[\s:{"'\\n]{0,20}` +
		String.raw`(?:seconds[\s:"'\\]{1,20})?(${NUMBER})(?![\d.])`,
	'i',
);

/** The wait that a busy service asks for, in milliseconds; 0 if it asks for none. */
export function waitAskedFor(headers: Record<string, unknown>, text: string): number {
	const waits = [
		Number(headers['retry-after-ms'] ?? 0),
		msOfHeader(headers['retry-after']),
		msOfField(text),
		msOfWords((WORDS.exec(text) ?? CHINESE_WORDS.exec(text))?.[1] ?? ''),
	];
	return waits.find((ms) => ms > 0 && ms < Infinity) ?? 0;
}

const TIME = new RegExp(DURATIONS, 'i');

/**
 * `Retry-After` is in seconds or a date (RFC 9110, 10.2.3), or a time with its units; NaN if it is
 * none of these.
 */
function msOfHeader(header: unknown): number {
	const value = String(header ?? '').trim();
	const seconds = Number(value);
	if (!Number.isNaN(seconds)) return seconds * 1000;
	return TIME.exec(value)?.[0] === value ? msOfWords(value) : Date.parse(value) - Date.now();
}

function msOfField(text: string): number {
	const [, unit, number = 0] = FIELD.exec(text) ?? [];
	return Number(number) * (unit?.toLowerCase() === 'ms' ? 1 : 1000);
}

function msOfWords(duration: string): number {
	const parts = duration.matchAll(/(\d{1,9}(?:\.\d{1,9})?)\s{0,2}([a-z]{1,20}|[秒分小])/gi);
	let ms = 0;
	for (const [, number, unit = ''] of parts) {
		ms += Number(number) * (UNIT_MS.find(([name]) => name.test(unit))?.[1] ?? 0);
	}
	return ms;
}

const QUOTA_USED_UP =
	/insufficient[_ ](?:user_)?(?:quota|balance|credit|fund)|per[ _-]?day|(?:daily|weekly|monthly|day's) (?:\w+ )?(?:limit|quota)|(?:余额|额度)不足/i;

/** Whether a quota is used up that no wait of a run refills. */
export function isQuotaUsedUp(text: string): boolean {
	return QUOTA_USED_UP.test(text);
}
