import { inlineContent } from '../bytes/base64';
import type { Content } from '../bytes/stream';
import { invalidInput } from '../errors/apiError';
import type { OwnLinks } from '../transport/signedLinks';
import { openImage, type InputImage } from './inputImage';
import { excerpt, textValue } from './values';

const FIELD = 'Image URLs';
const LINK = 'a link';

/**
 * The images that `parameter` lists: http(s) URLs as they are, but for own links, which most services
 * cannot reach; these and data URLs are read and checked.
 */
export async function* imagesOfUrls(
	parameter: unknown,
	ownLinks: OwnLinks,
): AsyncGenerator<InputImage | string> {
	// An entry of the list may be an expression that gives a list.
	const entries = [parameter].flat(Infinity);
	const urls = entries.flatMap((entry) => urlsIn(textValue(FIELD, entry) ?? ''));
	if (urls.length === 0) {
		throw invalidInput(FIELD, `'${FIELD}' is empty`, 'Add at least one http(s) or data URL.');
	}
	for (const url of urls) {
		if (isDataUrl(url)) yield await imageOfDataUrl(url);
		else if (ownLinks.isOwn(url)) yield await imageOfOwnLink(url, ownLinks);
		else yield checkUrl(url);
	}
}

/** The URLs of a text, one per line; the base64 of a data URL may go on in further lines. */
function urlsIn(text: string): string[] {
	const urls: string[] = [];
	let isInData = false;
	for (const line of text.split(/\r\n?|\n/).map((each) => each.trim())) {
		if (isInData && line !== '' && !/[^\w+/=%-]/.test(line)) {
			urls[urls.length - 1] += line;
		} else {
			urls.push(line);
			isInData = isDataUrl(line);
		}
	}
	return urls.filter((url) => url !== '');
}

function isDataUrl(url: string): boolean {
	return /^data:/i.test(url);
}

async function imageOfDataUrl(url: string): Promise<InputImage> {
	const content = inlineContent(base64Of(url));
	const image = await openImage({ field: FIELD, name: `'${FIELD}'`, ...content });
	if (image) return image;
	throw invalidInput(
		FIELD,
		`'${FIELD}' has a data URL that holds no image`,
		'It takes data:image/png;base64,… and the like.',
	);
}

/** What stands behind the comma, or nothing if that is no base64. */
function base64Of(url: string): string {
	const comma = url.indexOf(',');
	if (!/;\s*base64\s*$/i.test(url.slice(Math.max(0, comma - 40), Math.max(0, comma)))) return '';
	return url
		.slice(comma + 1)
		.replace(/%([\da-f]{2})/gi, (_escape, code: string) => String.fromCharCode(parseInt(code, 16)));
}

function checkUrl(url: string): string {
	try {
		if (/^https?:$/.test(new URL(url).protocol)) return url;
	} catch {}
	throw invalidInput(
		FIELD,
		`'${FIELD}' has '${excerpt(url)}', which is not an http(s) or data URL`,
		'Give a full URL that the service can reach, such as https://example.com/photo.jpg.',
	);
}

const NOT_READ = {
	gone: 'leads to a file that n8n does not hand out any more',
	forged: 'was not signed by this n8n',
};

/** The image behind an own link that the user chose. */
async function imageOfOwnLink(url: string, ownLinks: OwnLinks): Promise<InputImage> {
	const content = await ownLinks.open(url);
	const isRead = typeof content !== 'string';
	const image = isRead ? await openImage({ field: FIELD, name: LINK, ...content }) : undefined;
	if (image) return image;
	throw invalidInput(
		FIELD,
		`A link in '${FIELD}' ${isRead ? 'leads to a file that is no image' : NOT_READ[content]}`,
		'Links expire, and n8n deletes the files of old executions. Make the image again, or set Image Link Hours higher.',
	);
}

/** Links of a conversation that are tried, so that nobody's typing keeps the node busy. */
const MAX_TRIES = 32;

/**
 * The newest images of a conversation: all of the last message that has some, `most` at most. Those
 * that cannot be read any more are left out, and the chat goes on.
 *
 * @param links own links, one list per message that has some, newest message first
 */
export async function* imagesOfConversation(
	links: string[][],
	ownLinks: OwnLinks,
	most: number,
	hint: (message: string) => void,
): AsyncGenerator<InputImage> {
	let tries = 0;
	for (const linksOfMessage of links) {
		let found = 0;
		let isMissing = false;
		for (const link of linksOfMessage) {
			if (found === most) hint(leftOut(most));
			if (found === most || ++tries > MAX_TRIES) break;
			const content = await ownLinks.open(link);
			if (content === 'forged') hint(FORGED);
			// What somebody typed is text, and the images before it are still the newest.
			if (content === 'forged') continue;
			const image = content === 'gone' ? undefined : await openIfReadable(content);
			if (image) yield image;
			if (image) found++;
			else isMissing = true;
		}
		if (isMissing) hint(MISSING);
		if (found > 0 || isMissing) return;
	}
}

async function openIfReadable(content: Content): Promise<InputImage | undefined> {
	return await openImage({ field: 'Image Source', name: LINK, ...content }).catch(() => undefined);
}

const MISSING =
	'An image of the conversation is missing: its link has expired, or n8n does not hand out the file any more. The model does not see it';

const FORGED =
	'A link in the conversation was not signed by this n8n, so no image was read from it';

function leftOut(most: number): string {
	return `The model takes ${most} images at most: the first ${most} of the newest message of the conversation go along`;
}
