/** Characters on each side of a URL that are looked at. */
export const MAX_AROUND = 2600;
const BEFORE = /(?:<img\s[^<>]{0,500}|(?:!|\[!)\[[^[\]]{0,500}\]\(\s{0,4})$/i;
const AFTER_LINK = /^[^()]{0,500}\)(?:\]\([^()\s]{0,2000}\))?/;
const AFTER_TAG = /^[^<>]{0,500}>/;
/** What is left of markdown whose image came in a piece of its own. */
const EMPTY_IMAGE = /!\[[^[\]]{0,2000}\]\(\s{0,8}\)/g;
/** What may yet become that. */
const OPEN_IMAGE = /^!(?:\[[^[\]]{0,2000}(?:\](?:\(\s{0,8})?)?)?$/;
/** No such beginning is longer, in characters. */
const MAX_OPEN_CHARS = 2020;

/**
 * The markdown or HTML that makes an image of the URL between `before` and `after`: how many
 * characters of each it takes. Undefined if there is none, or if a part of it is missing.
 */
export function markupAround(before: string, after: string) {
	const open = BEFORE.exec(before.slice(-MAX_AROUND))?.[0];
	if (open === undefined) return undefined;
	const close = (open.startsWith('<') ? AFTER_TAG : AFTER_LINK).exec(
		after.slice(0, MAX_AROUND),
	)?.[0];
	return close === undefined ? undefined : { before: open.length, after: close.length };
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
