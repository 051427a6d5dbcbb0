import { isWholeImage } from './wholeImage';

/** What a reply says. */
export interface Reading {
	text: string;
	reasoning: string | null;
	finishReason: string | null;
	usage: object | null;
	/** As base64, each once, in the order of the reply. */
	images: string[];
}

/** Base64 of an image begins behind one of these, with so many characters that look like it. */
const PREFIX = /(?:"|base64, {0,4})(?=[\w+/\\-]{64})/gi;
/** What stands for an image where no reader looks for one. */
export const tokenOf = (number: number | string) => `<<image ${number}>>`;
const TOKEN = /<<image (\d+)>>/g;
const DATA_URL = /data:(?:(?!data:)[^,])*,\s*$/i;
/** What makes an image or a link of a URL, on both sides of it. */
const MARKUP: Array<[before: RegExp, after: RegExp]> = [
	[/<img\s[^<>]*$/i, /^[^<>]*>/],
	[/\[!\[[^[\]]*\]\(\s*$/, /^[^()]*\)\]\([^()\s]*\)/],
	[/!?\[[^[\]]*\]\(\s*$/, /^[^()]*\)/],
];

/**
 * The simplest reader of a reply there is, for comparison: everything at once, character by
 * character. Undefined where the reply is damaged.
 */
export function readWhole(reply: Buffer, isEventStream: boolean): Reading | undefined {
	const found = takeImages(untilDone(new TextDecoder().decode(reply), isEventStream));
	if (!found) return undefined;
	try {
		const documents = documentsOf(found.text, isEventStream);
		const values = documents.map((document): unknown => JSON.parse(document));
		const { drafts, ...reading } = reduce(values);
		return { ...reading, images: withoutDrafts(found.images, drafts) };
	} catch {
		return undefined;
	}
}

/** Drafts count only if there is nothing else; an image that is repeated counts once. */
export function withoutDrafts(images: string[], drafts: Set<number>): string[] {
	const final = images.filter((_image, number) => !drafts.has(number));
	return [...new Set(final.length > 0 ? final : images)];
}

/** What follows the event that ends a stream is not read. */
function untilDone(text: string, isEventStream: boolean): string {
	const start = text.trimStart();
	const isEvents = isEventStream || /^(?:data|event|id|retry)?:/.test(start);
	if (/^[{[]/.test(start) || !isEvents) return text;
	let data: string[] = [];
	for (const match of text.matchAll(/([^\r\n]*)(?:\r\n|\r|\n|$)/g)) {
		const [whole, line = ''] = match;
		if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
		if (line !== '') continue;
		if (withoutPrefix(data.join('\n')) === '[DONE]')
			return text.slice(0, match.index + whole.length);
		data = [];
	}
	return text;
}

/** The images of `reply`, which then holds tokens in their place; undefined if one is malformed. */
function takeImages(reply: string): { text: string; images: string[] } | undefined {
	const images: string[] = [];
	let text = '';
	let from = 0;
	PREFIX.lastIndex = 0;
	for (let match = PREFIX.exec(reply); match; match = PREFIX.exec(reply)) {
		const start = match.index + match[0].length;
		const { base64, end } = readRun(reply, start);
		const bytes = Buffer.from(base64, 'base64');
		const isWhole = base64.length >= 64 ? isWholeImage(bytes) : undefined;
		if (isWhole === undefined) continue;
		if (!isWellFormed(base64) || !isEnd(reply.slice(end), base64) || !isWhole) return undefined;
		images.push(bytes.toString('base64'));
		text += reply.slice(from, start) + tokenOf(images.length - 1);
		from = PREFIX.lastIndex = end;
	}
	return { text: text + reply.slice(from), images };
}

/** The base64 at `start`: without padding or rightly padded, perhaps in lines, but none blank. */
function readRun(reply: string, start: number): { base64: string; end: number } {
	let base64 = '';
	let end = start;
	for (;;) {
		const isPadded = base64.endsWith('=');
		const [gap] = isPadded ? [''] : LINE_END.exec(reply.slice(end, end + 40))!;
		const at = end + gap.length;
		const [written] = /^(?:\\u00[\da-f]{2}|\\\/|[^]|$)/i.exec(reply.slice(at, at + 6))!;
		const char = written.length > 1 ? (JSON.parse(`"${written}"`) as string) : written;
		const isMore = char === '=' ? gap === '' : !isPadded && /[\w+/-]/.test(char);
		if (!isMore) return { base64, end };
		base64 += char;
		end = at + written.length;
	}
}

/** At most one end of a line, as JSON writes it, and the indent of the next one. */
const LINE_END = /^(?:(?:(?:\\r|\\u000d)?(?:\\n|\\u000a)|\\r) {0,16})?/i;

/** Whether `rest` may stand behind base64: after padding anything that is no base64. */
function isEnd(rest: string, base64: string): boolean {
	const [lineEnd] = base64.endsWith('=') ? [''] : LINE_END.exec(rest)!;
	// An escape that the end of the reply cuts may have been base64.
	if (/^(?:\\(?:u\w{0,3})?)?$/.test(rest.slice(lineEnd.length))) return false;
	// What goes on behind a few foreign characters is one image that was damaged.
	if (/^(?:\\u[\da-f]{4}|[^\w+/="\\-]){1,8}[\w+/-]{64}/i.test(rest)) return false;
	return !/^[\w+/=-]/.test(rest);
}

function isWellFormed(base64: string): boolean {
	const [, run, padding] = /^([^=]*)(=*)$/.exec(base64) ?? [];
	if (run === undefined || padding === undefined) return false;
	return padding === '' ? run.length % 4 !== 1 : padding.length < 3 && base64.length % 4 === 0;
}

/** The JSON documents of a reply. */
function documentsOf(text: string, isEventStream: boolean): string[] {
	const start = text.trimStart();
	const isEvents = isEventStream || /^(?:data|event|id|retry)?:/.test(start);
	if (/^[{[]/.test(start) || !isEvents) return [text];
	const events = text.split(/\r\n|\r|\n/).reduce<string[][]>(
		(all, line) => {
			const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
			if (line === '') all.push([]);
			else if (field === 'data') all.at(-1)!.push(value);
			return all;
		},
		[[]],
	);
	return events
		.map((lines) => withoutPrefix(lines.join('\n')))
		.filter((data) => data !== '' && data !== '[DONE]' && !data.startsWith(':'));
}

/** What an event says, though its prefix may be repeated. */
function withoutPrefix(data: string): string {
	return data.replace(/^\s{0,8}(?:data:\s{0,8}){1,4}/, '').trim();
}

function reduce(values: unknown[]): Omit<Reading, 'images'> & { drafts: Set<number> } {
	const texts = new Map<number, string>();
	/** The choices whose text goes on behind an image. */
	const interrupted = new Set<number>();
	const drafts = new Set<number>();
	const draw = (thought: string) => {
		for (const [, number] of thought.matchAll(TOKEN)) drafts.add(Number(number));
	};
	const think = (thought: string) => {
		draw(thought);
		reasoning += withoutImages(thought);
	};
	let reasoning = '';
	let finishReason: string | null = null;
	let usage: object | null = null;
	for (const value of values.map((value) => asObject(value) ?? failOn(value))) {
		usage = asObject(value.usage) ?? usage;
		asArray(value.choices).forEach((choice, position) => {
			const { delta, message, index, finish_reason: finish, text } = asObject(choice) ?? {};
			const said = asObject(delta) ?? asObject(message);
			const content = said?.content ?? text;
			const parts = typeof content === 'string' ? [{ text: content }] : asArray(content);
			const key = typeof index === 'number' ? index : position;
			for (const part of parts.map((each) => asObject(each))) {
				if (typeof part?.text !== 'string') interrupted.add(key);
				else if (part.thought === true) think(part.text);
				else texts.set(key, joined(texts.get(key) ?? '', part.text, interrupted.has(key)));
				if (typeof part?.text === 'string' && part.thought !== true && part.text !== '')
					interrupted.delete(key);
			}
			const listed = Object.values(said ?? {}).flatMap(asArray);
			for (const part of listed) if (asObject(part)?.thought === true) draw(JSON.stringify(part));
			think(asText(said?.reasoning_content) ?? asText(said?.reasoning) ?? '');
			finishReason = asText(finish) ?? finishReason;
		});
	}
	const text = [...texts.values()]
		.map(withoutImages)
		.filter((each) => each !== '')
		.join('\n\n');
	const clean = text.replace(/!\[[^[\]]*\]\(\s*\)/g, '').trim();
	return { text: clean, reasoning: reasoning || null, finishReason, usage, drafts };
}

/** Two parts of a text, with a blank line between them where an image stood. */
export function joined(before: string, after: string, isBehindImage: boolean): string {
	if (!isBehindImage || before === '' || after === '') return before + after;
	const lineEnds = /\n*$/.exec(before)![0].length + /^\n*/.exec(after)![0].length;
	return before + '\n'.repeat(Math.max(0, 2 - lineEnds)) + after;
}

/** Prose without its images, and without what made images of them. */
function withoutImages(prose: string): string {
	return prose.split(/<<image \d+>>/).reduce((before, after) => {
		const start = before.replace(DATA_URL, '');
		for (const [open, close] of MARKUP) {
			if (open.test(start) && close.test(after)) {
				return start.replace(open, '') + after.replace(close, '');
			}
		}
		return start + after;
	});
}

function asObject(value: unknown): Record<string, unknown> | undefined {
	return value instanceof Object && !Array.isArray(value) ? { ...value } : undefined;
}

const asArray = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Text that says something; a number says something, too. */
function asText(value: unknown): string | undefined {
	return (typeof value === 'string' && value) || typeof value === 'number' ? `${value}` : undefined;
}

function failOn(value: unknown): never {
	throw new Error(`No reply: ${String(value)}`);
}
