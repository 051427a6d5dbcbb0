import { invalidInput } from '../errors/apiError';
import { textOption } from './options';
import { imageTypeOf, SIGNATURE_BYTES } from '../images/imageType';
import { inlineFile } from './inlineFile';
import { InputImage } from './inputImage';
import { damaged } from './fileFields';
import { peek } from '../images/peek';
import { isWhole } from '../images/wholeness';

const FIELD = 'Image URLs';

/** The images that `parameter` lists: http(s) URLs as they are, data URLs read and checked. */
export async function imagesFromUrls(parameter: unknown): Promise<Array<InputImage | string>> {
	// An entry of the list may be an expression that gives a list.
	const entries = [parameter].flat(Infinity);
	const urls = entries.flatMap((entry) => urlsOf(textOption(FIELD, entry) ?? ''));
	if (urls.length === 0) {
		throw invalidInput(FIELD, `'${FIELD}' is empty`, 'Add at least one http(s) or data URL.');
	}
	return await Promise.all(
		urls.map(async (url) => (isDataUrl(url) ? await imageFromDataUrl(url) : checkUrl(url))),
	);
}

/** The URLs of a text, one per line, where the base64 of a data URL may be wrapped in lines. */
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

async function imageFromDataUrl(url: string): Promise<InputImage> {
	const { bytes, open } = inlineFile(base64Of(url));
	const { head, all } = await peek(await open(), SIGNATURE_BYTES);
	const type = imageTypeOf(head);
	if (!type) {
		throw invalidInput(
			FIELD,
			`'${FIELD}' has a data URL that holds no image`,
			'It takes data:image/png;base64,… and the like.',
		);
	}
	if (!(await isWhole(type.mimeType, all))) throw damaged(FIELD, `'${FIELD}'`, 'it ends too early');
	return new InputImage(`'${FIELD}'`, type, bytes, open);
}

/** What stands behind the comma, or nothing where that is no base64. */
function base64Of(url: string): string {
	const comma = url.indexOf(',');
	if (!/;\s*base64\s*$/i.test(url.slice(0, comma))) return '';
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
		`'${FIELD}' has '${url.slice(0, 200)}', which is not an http(s) or data URL`,
		'Give a full URL that the service can reach, such as https://example.com/photo.jpg.',
	);
}
