import { markupAround, MAX_AROUND } from './markup';

/** An image that the words of a reply link. */
export interface Link {
	url: string;
	/** What of the text makes up the link, with its markdown or HTML. */
	start: number;
	end: number;
}

/** What is looked at for links, in characters. */
const MAX_TEXT_CHARS = 256 * 1024;
const URL_IN_TEXT = /https?:\/\/[^\s<>"'()[\]]{1,2000}/gi;
const IMAGE_FILE = /^[^?#]*\.(?:png|jpe?g|webp|gif|avif|heic|heif|bmp|tiff?)(?:[?#]|$)/i;

/** The links in a text that make an image, by markdown or HTML, or that lead to an image file. */
export function linksIn(text: string): Link[] {
	const urls = text.slice(0, MAX_TEXT_CHARS).matchAll(URL_IN_TEXT);
	return findLinks(text, urls, (url, isImage) => isImage || IMAGE_FILE.test(url));
}

/** The links that `urls` of a text are, as far as they are wanted, with their markdown or HTML. */
export function findLinks(
	text: string,
	urls: Iterable<RegExpExecArray>,
	isWanted: (url: string, isImage: boolean) => boolean = () => true,
): Link[] {
	const links: Link[] = [];
	let from = 0;
	for (const { 0: match, index } of urls) {
		if (index < from) continue;
		const behind = index + match.length;
		const before = text.slice(Math.max(from, index - MAX_AROUND), index);
		const markup = markupAround(before, text.slice(behind, behind + MAX_AROUND));
		const url = markup ? match : match.replace(/[.,;:!?]{1,8}$/, '');
		if (!isWanted(url, markup?.isImage ?? false)) continue;
		from = markup ? behind + markup.after : index + url.length;
		links.push({ url, start: index - (markup?.before ?? 0), end: from });
	}
	return links;
}

/** The text without some of its links. */
export function withoutLinks(text: string, links: Link[]): string {
	const kept = links.reduceRight(
		(rest, { start, end }) => rest.slice(0, start) + rest.slice(end),
		text,
	);
	return kept.trim();
}
