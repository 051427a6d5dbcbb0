/** Characters on each side of a URL that are looked at. */
export const MAX_AROUND = 2600;
/** What is left of markdown whose image came in a piece of its own. */
const EMPTY_IMAGE = /!\[[^[\]]{0,2000}\]\(\s{0,8}\)/g;
/** What may yet become that. */
const OPEN_IMAGE = /^!(?:\[[^[\]]{0,2000}(?:\](?:\(\s{0,8})?)?)?$/;
/** No such beginning is longer, in characters. */
const MAX_OPEN_CHARS = 2020;

/** What stands on both sides of the URL: HTML, markdown with a link, markdown. */
const MARKUP: Array<[before: RegExp, after: RegExp]> = [
	[/<img\s[^<>]{0,500}$/i, /^[^<>]{0,500}>/],
	[/\[!\[[^[\]]{0,500}\]\(\s{0,4}$/, /^[^()]{0,500}\)\]\([^()\s]{0,2000}\)/],
	[/!?\[[^[\]]{0,500}\]\(\s{0,4}$/, /^[^()]{0,500}\)/],
];

/**
 * The markdown or HTML that makes an image, or a link, of the URL between `before` and `after`: how
 * many characters of each it takes. Undefined if there is none, or if a part of it is missing.
 */
export function markupAround(before: string, after: string) {
	const [start, end] = [before.slice(-MAX_AROUND), after.slice(0, MAX_AROUND)];
	for (const [opens, closes] of MARKUP) {
		const open = opens.exec(start)?.[0];
		const close = open === undefined ? undefined : closes.exec(end)?.[0];
		if (open === undefined || close === undefined) continue;
		return { before: open.length, after: close.length, isImage: !/^\[(?!!)/.test(open) };
	}
	return undefined;
}

/** A text without the markdown that is left of its images. */
export function withoutEmptyImages(text: string): string {
	return text.replace(EMPTY_IMAGE, '');
}

/** Where, at the end of a text, markdown begins that may yet turn out empty: its end if nowhere. */
export function openImageAt(text: string): number {
	const tail = text.slice(-MAX_OPEN_CHARS);
	const at = tail.endsWith('!') ? tail.length - 1 : tail.lastIndexOf('![');
	const isOpen = at !== -1 && OPEN_IMAGE.test(tail.slice(at));
	return isOpen ? text.length - tail.length + at : text.length;
}
