import { fieldsOf } from '../json';

/** Longest foreign text in a message, a detail or a hint, in characters. */
const MAX_CHARS = 600;
/** What is looked at to find them, in characters; the rest is cut before anything else happens. */
const MAX_LOOK_CHARS = 64 * 1024;
/** How deep a foreign object is told: n8n cannot save one that is nested thousands of times. */
const MAX_DEPTH = 6;
/** Most entries of a foreign object that are told: each takes its time. */
const MAX_ENTRIES = 1000;
/** Longest foreign object that is told, in characters. */
const MAX_JSON_CHARS = 20_000;
/** What is looked at of all its texts, in characters: most of it may be left out. */
const MAX_JSON_LOOK_CHARS = 8 * MAX_LOOK_CHARS;

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
	const needles = [...new Set(secrets.flatMap(needlesOf))].filter((needle) => needle !== '');
	const longest = Math.max(0, ...secrets.map(({ length }) => length));

	return (text) => {
		let clean = without(needles, text.slice(0, MAX_LOOK_CHARS));
		// The cut may have left the first part of a secret.
		if (text.length > MAX_LOOK_CHARS) clean = clean.slice(0, -MAX_SPELLING_CHARS * longest);
		clean = withoutDataUrls(clean, 1).replace(LONG_RUN, (run) =>
			// A path of that length has no capital letter, base64 has many.
			/[A-Z]/.test(run) ? '[base64]' : run,
		);
		clean = clean.replace(/\s+/g, ' ').trim();
		return clean.length > MAX_CHARS ? `${clean.slice(0, MAX_CHARS - 1)}…` : clean;
	};
}

/**
 * What a secret is searched by: as it is, plainly spelled, as UTF-8 that somebody took for Latin-1, as
 * in a form, in hexadecimal and in base64.
 */
function needlesOf(secret: string): string[] {
	const inUtf8 = Buffer.from(secret);
	// Headers are Latin-1.
	const inLatin1 = Buffer.from(secret, 'latin1');
	const texts = [secret, inUtf8.toString('latin1')];
	const spelled = [...texts, ...texts.map((text) => text.replaceAll(' ', '+'))];
	const hex = [inUtf8, inLatin1].map((bytes) => bytes.toString('hex'));
	const inBase64 = [inUtf8, inLatin1].flatMap(base64Of);
	const urlSafe = inBase64.map((base64) => base64.replaceAll('+', '-').replaceAll('/', '_'));
	const encoded = [...hex, ...hex.map((digits) => digits.toUpperCase()), ...inBase64, ...urlSafe];
	return [
		...spelled.flatMap((text) => readingsOf(text).map(({ plain }) => plain)),
		...encoded.filter(({ length }) => length >= MIN_ENCODED_CHARS),
	];
}

/** The base64 of some bytes, wherever they stand in what is encoded. */
function base64Of(bytes: Buffer): string[] {
	return [0, 1, 2].map((shift) => {
		const base64 = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
		// Characters that what stands around the secret shares with it.
		return base64.slice(shift === 0 ? 0 : shift + 1).replace(/.?={1,2}$/, '');
	});
}

/** The text with `***` wherever one of `needles` stands in it, as it is or in another spelling. */
function without(needles: string[], text: string): string {
	const spans = readingsOf(text).flatMap(({ plain, at }) =>
		needles.flatMap((needle) =>
			placesOf(needle, plain).map((start) => [at(start), at(start + needle.length)] as const),
		),
	);
	let result = '';
	let from = 0;
	for (const [start, end] of spans.sort(([one], [other]) => one - other)) {
		if (start >= from) result += `${text.slice(from, start)}***`;
		from = Math.max(from, end);
	}
	return result + text.slice(from);
}

function placesOf(needle: string, text: string): number[] {
	const places: number[] = [];
	for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + needle.length)) {
		places.push(at);
	}
	return places;
}

/** Longest spelling of one character. */
const MAX_SPELLING_CHARS = 16;
/** A character as it stands in a URL, perhaps encoded several times, in JSON, or in HTML. */
const SPELLING =
	/%(?:25){0,4}([\da-f]{2})|\\{1,4}(?:(?:u00|x)([\da-f]{2})|([^\\]))|&#(?:x0{0,8}([\da-f]{2})|0{0,8}(\d{2,3}));?|&([a-z]{2,10});/gi;

/** Characters of keys by their names in HTML. */
const ENTITIES: Record<string, string> = {
	...{ amp: '&', ast: '*', bsol: '\\', colon: ':', comma: ',', commat: '@', dash: '-' },
	...{ dollar: '$', equals: '=', excl: '!', gt: '>', hat: '^', hyphen: '-', lbrace: '{' },
	...{ lbrack: '[', lcub: '{', lowbar: '_', lpar: '(', lsqb: '[', lt: '<', num: '#' },
	...{ percnt: '%', period: '.', plus: '+', quest: '?', quot: '"', rbrace: '}', rbrack: ']' },
	...{ rcub: '}', rpar: ')', rsqb: ']', semi: ';', sol: '/', underbar: '_', vert: '|' },
	...{ verbar: '|', apos: "'", grave: '`' },
};

/** A spelling may be spelled in turn, such as JSON in a URL, in HTML; more than so often nobody does. */
const MAX_SPELLED = 4;

/** A text as it is, and with what is spelled in it read once, twice and so on. */
function readingsOf(text: string) {
	const readings = [{ plain: text, at: (index: number) => index }];
	for (let last = readings[0]!; readings.length <= MAX_SPELLED; ) {
		const { plain, at } = spelledPlainly(last.plain);
		if (plain === last.plain) break;
		const { at: before } = last;
		last = { plain, at: (index) => before(at(index)) };
		readings.push(last);
	}
	return readings;
}

/** A text with each character spelled plainly, and where in the text each of them stands. */
function spelledPlainly(text: string) {
	let plain = '';
	const starts: number[] = [];
	let from = 0;

	function keep(until: number): void {
		for (let at = from; at < until; at++) starts.push(at);
		plain += text.slice(from, until);
	}

	for (const match of text.matchAll(SPELLING)) {
		const char = charOf(match);
		if (char === undefined) continue;
		keep(match.index);
		starts.push(match.index);
		plain += char;
		from = match.index + match[0].length;
	}
	keep(text.length);
	return { plain, at: (index: number) => starts[index] ?? text.length };
}

function charOf([, percent, json, escaped, html, decimal, name]: RegExpExecArray) {
	if (escaped !== undefined) return escaped;
	if (name !== undefined) return ENTITIES[name.toLowerCase()];
	const hex = percent ?? json ?? html;
	return String.fromCharCode(hex === undefined ? Number(decimal) : parseInt(hex, 16));
}

/** A foreign JSON value with every text in it clean, not deeper, wider or longer than a reader needs. */
export function cleanJson(root: unknown, clean: Clean): unknown {
	let left = MAX_ENTRIES;
	let charsLeft = MAX_JSON_CHARS;
	let lookLeft = MAX_JSON_LOOK_CHARS;

	function tellText(text: string): string {
		lookLeft -= Math.min(text.length, MAX_LOOK_CHARS);
		if (lookLeft < 0) return '…';
		const told = clean(text);
		const short = told.length > charsLeft ? `${told.slice(0, Math.max(0, charsLeft - 1))}…` : told;
		charsLeft -= short.length;
		return short;
	}

	function tell(value: unknown, depth: number): unknown {
		if (typeof value === 'string') return tellText(value);
		if (typeof value !== 'object' || value === null) {
			charsLeft -= String(value).length;
			return value;
		}
		if (depth === 0) return '…';
		const entries = fieldsOf(value, left);
		left -= entries.length;
		const isList = Array.isArray(value);
		const told: Array<[string, unknown]> = [];
		for (const [name, entry] of entries) {
			if (charsLeft <= 0) break;
			told.push([isList ? name : tellText(name), tell(entry, depth - 1)]);
		}
		return isList ? told.map(([, entry]) => entry) : Object.fromEntries(told);
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
