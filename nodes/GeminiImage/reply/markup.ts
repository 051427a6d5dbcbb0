/** Characters on each side of a URL that are looked at. */
export const MAX_AROUND = 2600;
const BEFORE = /(?:<img\s[^<>]{0,500}|(?:\[?!)?\[[^[\]]{0,500}\]\(\s{0,4})$/i;
const AFTER_LINK = /^[^()]{0,500}\)(?:\]\([^()\s]{0,2000}\))?/;
const AFTER_TAG = /^[^<>]{0,500}>/;

/**
 * The markdown or HTML that makes an image, or a link, of the URL between `before` and `after`: how
 * many characters of each it takes. Undefined if there is none, or if a part of it is missing.
 */
export function markupAround(before: string, after: string) {
	const open = BEFORE.exec(before.slice(-MAX_AROUND))?.[0];
	if (open === undefined) return undefined;
	const close = (open.startsWith('<') ? AFTER_TAG : AFTER_LINK).exec(
		after.slice(0, MAX_AROUND),
	)?.[0];
	if (close === undefined) return undefined;
	return { before: open.length, after: close.length, isImage: /^(?:<|\[?!)/.test(open) };
}
