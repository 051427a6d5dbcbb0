import { asObject } from '../json';

/** Longest foreign text in a message, a detail or a hint, in characters. */
const MAX_CHARS = 600;
/** What is looked at to find them, in characters; the rest is cut before anything else happens. */
const MAX_LOOK_CHARS = 64 * 1024;
/** How deep a foreign object is told: n8n cannot save one that is nested thousands of times. */
const MAX_DEPTH = 6;
/** Most entries of a foreign object that are told: each takes its time. */
const MAX_ENTRIES = 1000;

/** Base64, perhaps in lines, of which the last may be short, and with slashes as JSON escapes them. */
const LONG_RUN = /[\w+/\\-]{60,}(?:\r?\n[\w+/\\-]+)*={0,2}/g;
/** Where a data URL begins, and where its base64 does. */
const DATA_MARK = /data:|;\s{0,4}base64\s{0,4},/gi;
/** One line of what follows, and the end of it. */
const DATA_LINE = /[\w+/=%\\-]*/y;
const LINE_END = /\r?\n/y;
/** What a data URL that is left out in the output holds at least, in characters. */
const MIN_DATA_CHARS = 64;
/** Lines of base64 are longer than this, in characters; a shorter one is the last. */
const MIN_LINE_CHARS = 40;
/** How far in front of `;base64,` the type of a data URL begins, in characters. */
const MAX_TYPE_CHARS = 200;

/** Anything shorter stands in ordinary words as well. */
const MIN_ENCODED_CHARS = 8;

/** Makes foreign text fit for a message: without secrets and base64, one line, short. */
export type Clean = (text: string) => string;

/** Leaves out `secrets`, however they are written. */
export function createClean(secrets: string[]): Clean {
	const spellings = [...new Set(secrets)].filter((secret) => secret !== '').flatMap(spellingsOf);
	const longest = Math.max(0, ...secrets.map(({ length }) => length));

	return (text) => {
		let clean = text.slice(0, MAX_LOOK_CHARS);
		for (const spelling of spellings) clean = clean.replace(spelling, '***');
		// The cut may have left the first part of a secret.
		if (text.length > MAX_LOOK_CHARS) clean = clean.slice(0, -6 * longest);
		clean = withoutDataUrls(clean, 0).replace(LONG_RUN, (run) =>
			// A path of that length has no capital letter, base64 has many.
			/[A-Z]/.test(run) ? '[base64]' : run,
		);
		clean = clean.replace(/\s+/g, ' ').trim();
		return clean.length > MAX_CHARS ? `${clean.slice(0, MAX_CHARS - 1)}…` : clean;
	};
}

/** A foreign JSON value with every text in it clean, not deeper or wider than a reader needs. */
export function cleanJson(root: unknown, clean: Clean): unknown {
	let left = MAX_ENTRIES;

	function tell(value: unknown, depth: number): unknown {
		if (typeof value === 'string') return clean(value);
		if (typeof value !== 'object' || value === null) return value;
		if (depth === 0) return '…';
		if (Array.isArray(value)) return taken(value).map((entry) => tell(entry, depth - 1));
		const entries = taken(Object.entries(asObject(value) ?? {}));
		return Object.fromEntries(
			entries.map(([name, entry]) => [clean(name), tell(entry, depth - 1)]),
		);
	}

	function taken<T>(entries: T[]): T[] {
		const some = entries.slice(0, left);
		left -= some.length;
		return some;
	}

	return tell(root, MAX_DEPTH);
}

/**
 * Text of any length with its data URLs left out, whatever they hold; those with less base64 than
 * `minChars` are samples that somebody writes about.
 */
export function withoutDataUrls(text: string, minChars = MIN_DATA_CHARS): string {
	let result = '';
	let from = 0;
	let url = -Infinity;
	for (const { index, 0: mark } of text.matchAll(DATA_MARK)) {
		if (index < from) continue;
		if (!mark.startsWith(';')) url = index;
		if (url < from || url === index || index - url > MAX_TYPE_CHARS) continue;
		const start = index + mark.length;
		const end = endOfBase64(text, start);
		if (end - start < minChars) continue;
		result += `${text.slice(from, url)}[base64]`;
		from = end;
	}
	return result + text.slice(from);
}

function endOfBase64(text: string, start: number): number {
	for (let from = start; ; from = LINE_END.lastIndex) {
		DATA_LINE.lastIndex = from;
		DATA_LINE.exec(text);
		const end = (LINE_END.lastIndex = DATA_LINE.lastIndex);
		if (end - from < MIN_LINE_CHARS || !LINE_END.test(text)) return end;
	}
}

/** A service may echo a secret as it is, percent-encoded, escaped as in JSON or HTML, or in base64. */
function spellingsOf(secret: string): RegExp[] {
	const inBase64 = [0, 1, 2].map((shift) => {
		const base64 = Buffer.from(' '.repeat(shift) + secret).toString('base64');
		// Characters that what stands around the secret shares with it.
		return base64.slice(shift === 0 ? 0 : shift + 1).replace(/.?={1,2}$/, '');
	});
	const urlSafe = inBase64.map((base64) => base64.replaceAll('+', '-').replaceAll('/', '_'));
	const encoded = [...inBase64, ...urlSafe].filter(({ length }) => length >= MIN_ENCODED_CHARS);
	const texts = [secret, ...encoded];
	return [...new Set(texts)].map((text) => new RegExp([...text].map(anySpelling).join(''), 'g'));
}

/** An expression for one character; no two of its spellings begin alike, so that none backtracks. */
function anySpelling(char: string): string {
	const code = char.charCodeAt(0);
	const hex = code.toString(16).padStart(2, '0');
	const anyCase = [...hex].map((digit) => `[${digit}${digit.toUpperCase()}]`).join('');
	const literal = char.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
	return `(?:${literal}|%(?:25){0,4}${anyCase}|\\\\{1,4}(?:u00${anyCase}|${literal})|&#(?:${code}|x${anyCase});)`;
}
