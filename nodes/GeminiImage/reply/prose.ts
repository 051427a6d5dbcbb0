import { randomUUID } from 'crypto';

/** An image or a link in words: where it stands, with the markdown or HTML around it. */
export interface Mention {
	/** What is mentioned; the placeholder of an image is an address, too. */
	address: string;
	start: number;
	end: number;
}

/** What is looked at for links, in characters. */
const MAX_TEXT_CHARS = 256 * 1024;
const URL_IN_TEXT = /https?:\/\/[^\s<>"'()[\]]{1,2000}/gi;
const IMAGE_FILE = /^[^?#]*\.(?:png|jpe?g|webp|gif|avif|heic|heif|bmp|tiff?)(?:[?#]|$)/i;

/** Characters on each side of an address that are looked at. */
const MAX_AROUND = 2600;

/** What stands on both sides of an address: HTML, markdown with a link, markdown. */
const MARKUP: Array<[before: RegExp, after: RegExp]> = [
	[/<img\s[^<>]{0,500}$/i, /^[^<>]{0,500}>/],
	[/\[!\[[^[\]]{0,500}\]\(\s{0,4}$/, /^[^()]{0,500}\)\]\([^()\s]{0,2000}\)/],
	[/!?\[[^[\]]{0,500}\]\(\s{0,4}<?$/, /^[^()]{0,500}\)/],
];

/**
 * The links in a text that make an image, by markdown or HTML, or that lead to an image file; all of
 * a text that is nothing but addresses.
 */
export function findImageLinks(text: string): Mention[] {
	const start = text.slice(0, MAX_TEXT_CHARS);
	const find = (isWanted: (address: string, markup?: Markup) => boolean) =>
		findMentions(text, start.matchAll(URL_IN_TEXT), (match, markup) => {
			const address = markup ? match : match.replace(/[.,;:!?*_`]{1,8}$/, '');
			return isWanted(address, markup) ? address : undefined;
		});
	const all = find((_address, markup) => markup === undefined || markup.isImage);
	// Brackets, quotes and marks of lists are no words.
	const isAlone = all.length > 0 && !/[\p{L}\p{N}]/u.test(withoutMentions(text, all));
	if (!isAlone) return find((address, markup) => markup?.isImage || IMAGE_FILE.test(address));
	const ends = all.map(({ end }, index) => (index === all.length - 1 ? text.length : end));
	return all.map(({ address }, index) => ({
		address,
		start: ends[index - 1] ?? 0,
		end: ends[index] as number,
	}));
}

/**
 * What stands at the `matches` of a search in a text.
 *
 * @param addressOf what of a match is the address; undefined leaves it out
 */
export function findMentions(
	text: string,
	matches: Iterable<{ 0: string; index: number }>,
	addressOf: (match: string, markup?: Markup) => string | undefined = (match) => match,
): Mention[] {
	const mentions: Mention[] = [];
	let from = 0;
	for (const { 0: match, index } of matches) {
		if (index < from) continue;
		const behind = index + match.length;
		const before = text.slice(Math.max(from, index - MAX_AROUND), index);
		const markup = markupAround(before, text.slice(behind, behind + MAX_AROUND));
		const address = addressOf(match, markup);
		if (address === undefined) continue;
		from = markup ? behind + markup.after : index + address.length;
		mentions.push({ address, start: index - (markup?.before ?? 0), end: from });
	}
	return mentions;
}

/** What makes an image or a link of an address. */
interface Markup {
	/** How many characters it takes in front of the address, and behind it. */
	before: number;
	after: number;
	isImage: boolean;
}

/** The markdown or HTML around an address; undefined if there is none, or a part of it is missing. */
function markupAround(before: string, after: string): Markup | undefined {
	for (const [opens, closes] of MARKUP) {
		const open = opens.exec(before)?.[0];
		const close = open === undefined ? undefined : closes.exec(after)?.[0];
		if (open === undefined || close === undefined) continue;
		return { before: open.length, after: close.length, isImage: !/^\[(?!!)/.test(open) };
	}
	return undefined;
}

/** The text without some of what it mentions. */
export function withoutMentions(text: string, mentions: Mention[]): string {
	const ends = mentions.map(({ end }) => end);
	const kept = mentions.map(({ start }, index) => text.slice(ends[index - 1] ?? 0, start));
	return kept.join('') + text.slice(ends.at(-1) ?? 0);
}

/** The short names under which the images of one reply stand in its text; no model can guess them. */
export function createPlaceholders() {
	const mark = `image:${randomUUID()}:`;
	// In front of it may stand the head of a data URL; prose may hold the word before it.
	const head = String.raw`data:(?:(?!data:)[^,]){0,200},\s{0,4}`;
	const marks = new RegExp(`(?:${head})?${mark}(\\d+);`, 'gi');
	const whole = new RegExp(`^(?:data:[^,]{0,200},\\s{0,4})?${mark}\\d+;\\s{0,16}$`, 'i');

	return {
		of: (number: number) => `${mark}${number};`,

		/** Whether a URL or base64 field is such an image. */
		isImage: (url: string): boolean => whole.test(url),

		/** The numbers of the images that a text holds. */
		numbersIn: (text: string): number[] =>
			[...text.matchAll(marks)].map(([, number]) => Number(number)),

		/** Prose without the placeholders, and without the markdown or HTML around them. */
		strip(prose: string): string {
			// The search itself takes its time.
			if (!prose.includes(mark)) return prose;
			return withoutMentions(prose, findMentions(prose, prose.matchAll(marks)));
		},
	};
}

export type Placeholders = ReturnType<typeof createPlaceholders>;

/** What may be left of the head of a data URL. */
const EMPTY_DATA = String.raw`\s{0,8}(?:data:[^,()<>"']{0,200},)?\s{0,8}`;
/** What is left of markdown whose image came in a piece of its own, perhaps with a title. */
const EMPTY_IMAGE = new RegExp(
	String.raw`!\[[^[\]]{0,2000}\]\(${EMPTY_DATA}(?:["'][^()]{0,500})?\)`,
	'gi',
);
/** An image of HTML, and what is left of its address. */
const HTML_IMAGE = /<img\s[^<>]{0,1000}>/gi;
const EMPTY_SOURCE = new RegExp(
	String.raw`\ssrc\s{0,4}=(?:\s{0,4}(["'])${EMPTY_DATA}\1|${EMPTY_DATA}(?:\/?>|\s[\w-]{1,40}=))`,
	'i',
);
/** What may yet become one of these. */
const OPEN_IMAGE = /^!(?:\[[^[\]]{0,2000}(?:\](?:\([^()]{0,800})?)?)?$/;
const OPEN_HTML = /^<(?:i(?:m(?:g(?:\s[^<>]{0,1000})?)?)?)?$/i;
/** No such beginning is longer, in characters. */
const MAX_OPEN_CHARS = 2820;

/** A text without the markdown and HTML that is left of its images. */
export function withoutEmptyImages(text: string): string {
	return text
		.replace(EMPTY_IMAGE, '')
		.replace(HTML_IMAGE, (image) => (EMPTY_SOURCE.test(image) ? '' : image));
}

/** Where, at the end of a text, an image begins that may yet turn out empty: its end if nowhere. */
export function openImageAt(text: string): number {
	const tail = text.slice(-MAX_OPEN_CHARS);
	const markdown = tail.endsWith('!') ? tail.length - 1 : tail.lastIndexOf('![');
	const html = tail.lastIndexOf('<');
	const isMarkdown = markdown !== -1 && OPEN_IMAGE.test(tail.slice(markdown));
	const isHtml = html !== -1 && OPEN_HTML.test(tail.slice(html));
	const at = Math.min(isMarkdown ? markdown : Infinity, isHtml ? html : Infinity, tail.length);
	return text.length - tail.length + at;
}
