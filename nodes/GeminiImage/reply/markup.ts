/** Characters on each side of a URL that are looked at. */
export const MAX_AROUND = 2600;

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
