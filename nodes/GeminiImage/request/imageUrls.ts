import { invalidInput } from '../errors/apiError';
import { inlineFile } from './inlineFile';
import { openImage, type InputImage, type Reading } from './inputImage';
import { imageFromLink, type LinkedFiles } from './linkedFiles';
import { excerpt, textOption } from './values';

const FIELD = 'Image URLs';

/**
 * The images that `parameter` lists: http(s) URLs as they are, but for links to files of this n8n,
 * which most services cannot reach; these and data URLs are read and checked.
 */
export async function imagesFromUrls(
	parameter: unknown,
	files: LinkedFiles,
	reading: Reading,
): Promise<Array<InputImage | string>> {
	// An entry of the list may be an expression that gives a list.
	const entries = [parameter].flat(Infinity);
	const urls = entries.flatMap((entry) => urlsOf(textOption(FIELD, entry) ?? ''));
	if (urls.length === 0) {
		throw invalidInput(FIELD, `'${FIELD}' is empty`, 'Add at least one http(s) or data URL.');
	}
	const images: Array<InputImage | string> = [];
	for (const url of urls) {
		if (isDataUrl(url)) images.push(await imageFromDataUrl(url, reading));
		else if (files.isLink(url)) images.push(await imageFromLink(url, FIELD, files, reading));
		else images.push(checkUrl(url));
	}
	return images;
}

/** The URLs of a text, one per line; the base64 of a data URL may go on in further lines. */
function urlsOf(text: string): string[] {
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

async function imageFromDataUrl(url: string, reading: Reading): Promise<InputImage> {
	const file = { field: FIELD, source: `'${FIELD}'`, ...inlineFile(base64Of(url)) };
	const image = await openImage(file, reading);
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
