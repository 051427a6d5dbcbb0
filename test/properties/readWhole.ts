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

const PREFIX =
	/data:image\\?\/[\w.+-]{1,32}(?:;[\w=.+-]{0,32}){0,3};base64,|"b64_json"\s{0,16}:\s{0,16}"/g;
/** What stands for an image where no reader looks for one. */
export const TOKEN = '<<an image>>';
const MARKDOWN = new RegExp(
	`!?\\[[^[\\]]*\\]\\(\\s*data:image/[^,\\s]*,${TOKEN}[^)]*\\)|(?:data:image/[^,\\s]*,)?${TOKEN}`,
	'g',
);

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
		return { ...reduce(values), images: [...new Set(found.images)] };
	} catch {
		return undefined;
	}
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
		if (data.join('\n').trim() === '[DONE]') return text.slice(0, match.index + whole.length);
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
		text += reply.slice(from, start) + TOKEN;
		from = PREFIX.lastIndex = end;
	}
	return { text: text + reply.slice(from), images };
}

/** The base64 at `start`: without padding or rightly padded, perhaps in lines, but none blank. */
function readRun(reply: string, start: number): { base64: string; end: number } {
	let base64 = '';
	let end = start;
	let newlines = 0;
	let isIndent = false;
	for (let next = start; next < reply.length; ) {
		const [written] = /^(?:\\u00[0-9a-fA-F]{2}|\\[/nrt]|[^])/.exec(reply.slice(next, next + 6))!;
		const char = written.length > 1 ? (JSON.parse(`"${written}"`) as string) : written;
		next += written.length;
		const isPadded = base64.endsWith('=');
		const isGap = (written.length > 1 && /[\t-\r ]/.test(char)) || (isIndent && written === ' ');
		if (isGap && !isPadded) {
			if (char === '\n' && ++newlines === 2) break;
			isIndent = true;
			continue;
		}
		isIndent = false;
		if (char !== '=' && (isPadded || !/[\w+/-]/.test(char))) break;
		newlines = 0;
		base64 += char;
		end = next;
	}
	return { base64, end };
}

/** Whether `rest` may stand behind base64: after padding anything that is no base64. */
function isEnd(rest: string, base64: string): boolean {
	const isPadded = base64.endsWith('=');
	const lineEnds = isPadded ? '' : rest.match(/^(?:(?:\\[nrt]|\\u00..) *)*/)![0];
	// An escape that the end of the reply cuts may have been base64.
	if (/^(?:\\(?:u\w{0,3})?)?$/.test(rest.slice(lineEnds.length))) return false;
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
		.map((lines) => lines.join('\n'))
		.filter((data) => data !== '' && data.trim() !== '[DONE]');
}

function reduce(values: unknown[]): Omit<Reading, 'images'> {
	const texts = new Map<number, string>();
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
			for (const part of parts.map((each) => asObject(each)?.text)) {
				if (typeof part === 'string') texts.set(key, (texts.get(key) ?? '') + withoutImages(part));
			}
			const thought = asText(said?.reasoning_content) ?? asText(said?.reasoning);
			reasoning += withoutImages(thought ?? '');
			finishReason = asText(finish) ?? finishReason;
		});
	}
	const text = [...texts.values()].filter((each) => each !== '').join('\n\n');
	const clean = text.replace(/!\[[^[\]]*\]\(\s*\)/g, '').trim();
	return { text: clean, reasoning: reasoning || null, finishReason, usage };
}

const withoutImages = (prose: string) => prose.replace(MARKDOWN, '');

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
