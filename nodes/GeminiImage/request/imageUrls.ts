import { inlineContent } from '../bytes/base64';
import type { Content } from '../bytes/stream';
import { invalidInput, type ApiError } from '../errors/apiError';
import type { Model } from '../form/models';
import { asObject, fieldsOf, isDeeperThan, parseJson, type JsonObject } from '../json';
import type { OwnLinks, SignedLink, Unread } from '../transport/signedLinks';
import { InputImage, openImage } from './inputImage';
import { excerpt, LOST_OBJECT, textValue, tooDeep } from './values';

const FIELD = 'Image URLs';
const LINK = 'a link';
/** Fields that a message lists. */
const MAX_FIELDS = 20;

/**
 * The images that `parameter` lists: http(s) URLs as they are, but for own links, which most services
 * cannot reach; these and data URLs are read and checked.
 *
 * @param seen what this turn has already, which is sent once, whatever its spelling
 */
export async function* imagesOfUrls(
	parameter: unknown,
	ownLinks: OwnLinks,
	seen = new Set<string>(),
): AsyncGenerator<InputImage | string> {
	const urls = urlsOf(parameter);
	if (urls.length === 0) {
		throw invalidInput(
			FIELD,
			`'${FIELD}' is empty`,
			'Add at least one http(s) or data URL. If an expression stands there, it gave nothing.',
		);
	}
	for (const url of urls) {
		if (isDataUrl(url)) {
			yield await imageOfDataUrl(url);
			continue;
		}
		const link = ownLinks.read(url);
		const key = link?.token ?? new URL(checkUrl(url)).href;
		if (seen.has(key)) continue;
		seen.add(key);
		yield link ? await imageOfLink(link, ownLinks) : url;
	}
}

/** Where objects of other nodes have their addresses: Airtable, OpenAI's parts, and Notion. */
const HOLDERS = ['url', 'image_url', 'files', 'file', 'external'];
/** How deep lists and objects may be nested. */
const MAX_LEVELS = 10;

/**
 * The addresses that `parameter` lists: texts with one or several, lists, objects that hold some, as
 * they are or as JSON.
 *
 * @throws ApiError for what holds none
 */
export function urlsOf(parameter: unknown): string[] {
	if (isDeeperThan(MAX_LEVELS, parameter)) throw tooDeep(FIELD);
	return urlsOfEntry(parameter);
}

function urlsOfEntry(entry: unknown): string[] {
	if (Array.isArray(entry)) return entry.flatMap(urlsOfEntry);
	const object = asObject(entry);
	if (object) return urlsOfObject(object);
	const text = textValue(FIELD, entry) ?? '';
	const json = /^\s*[[{]/.test(text) ? readJson(text) : undefined;
	return json === undefined ? urlsIn(text) : urlsOf(json);
}

function urlsOfObject(object: JsonObject): string[] {
	const holder = HOLDERS.find((name) => object[name]);
	if (holder !== undefined) return urlsOfEntry(object[holder]);
	const isFile = typeof object.mimeType === 'string' && object.data !== undefined;
	const fields = fieldsOf(object, MAX_FIELDS).map(([name]) => excerpt(name));
	throw invalidInput(
		FIELD,
		`'${FIELD}' has ${isFile ? 'a file' : "an object without 'url'"}, not an address`,
		isFile
			? "To send files of the item, set 'Image Source' to Binary Field."
			: `It takes addresses, and objects with 'url'. The fields of this one are: ${fields.join(', ')}.`,
	);
}

function readJson(text: string): unknown {
	try {
		return parseJson(text);
	} catch {
		return undefined;
	}
}

/** What parts addresses: blanks, lines, and commas or semicolons that are neither in an address nor in a data URL. */
const BETWEEN = /\s+|(?<!;base64)[,;，；、](?=[,;，；、]{0,9}(?:\s|$|https?:|data:))/i;

/** The addresses of a text; the base64 of a data URL may go on behind blanks and in further lines. */
function urlsIn(text: string): string[] {
	if (text.includes(LOST_OBJECT)) {
		throw invalidInput(
			FIELD,
			`'${FIELD}' has an object in the middle of text, where its addresses are lost`,
			'Let the expression stand alone, or add .url to it.',
		);
	}
	const urls: string[] = [];
	let isInData = false;
	for (const word of text.split(BETWEEN).filter((each) => each !== '')) {
		if (isInData && !/[^\w+/=%-]/.test(word)) {
			urls[urls.length - 1] += word;
		} else {
			urls.push(word);
			isInData = isDataUrl(word);
		}
	}
	return urls;
}

function isDataUrl(url: string): boolean {
	return /^data:/i.test(url);
}

async function imageOfDataUrl(url: string): Promise<InputImage> {
	const content = inlineContent(base64Of(url));
	const image = await openImage({ field: FIELD, name: `'${FIELD}'`, ...content });
	if (image instanceof InputImage) return image;
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

const NOT_READ: Record<Unread, string> = {
	gone: 'leads to a file that n8n does not hand out any more',
	forged: 'was not signed by this n8n',
	broken: 'leads to a file that does not come whole',
};

/** The image behind an own link that the user chose. */
async function imageOfLink(link: SignedLink, ownLinks: OwnLinks): Promise<InputImage> {
	if (link.url === undefined) throw strayLink();
	const content = await ownLinks.open(link);
	const isRead = typeof content !== 'string';
	const image = isRead ? await openImage({ field: FIELD, name: LINK, ...content }) : undefined;
	if (image instanceof InputImage) return image;
	throw invalidInput(
		FIELD,
		`A link in '${FIELD}' ${isRead ? 'leads to a file that is no image' : NOT_READ[content]}`,
		content === 'broken' ? CUT : EXPIRED,
	);
}

const EXPIRED =
	'Links expire, and n8n deletes the files of old executions. Make the image again, or set Image Link Hours higher.';
const CUT =
	'The connection broke or stalled, or the file had another length than was told. Look for a proxy in front of n8n that compresses or cuts its answers.';

function strayLink(): ApiError {
	return invalidInput(
		FIELD,
		`A link in '${FIELD}' leads to a file of n8n, but at another address than that of this n8n`,
		'It was not sent, as it would open the file to whoever gets it. Put the present address of this n8n into it, or download the file with the HTTP Request node and give it as a binary file.',
	);
}

/** Links of a conversation that are tried, so that nobody's typing keeps the node busy. */
const MAX_TRIES = 32;

/**
 * The newest images of a conversation: all of the last message that has some, as many as the model
 * takes. Those that cannot be read any more, or that it does not take, are left out with a hint, and
 * the chat goes on.
 *
 * @param linkLists own links, one list per message that has some, newest message first
 */
export async function* imagesOfConversation(
	linkLists: SignedLink[][],
	ownLinks: OwnLinks,
	model: Model | undefined,
	hint: (message: string) => void,
): AsyncGenerator<InputImage> {
	const most = model?.maxInputImages ?? Infinity;
	let tries = 0;
	for (const links of linkLists) {
		let found = 0;
		let hasImages = false;
		for (let at = 0; at < links.length && found < most && tries < MAX_TRIES; ) {
			// At once, so that those which do not answer keep no other from being read in time.
			const some = links.slice(at, at + Math.min(most - found, MAX_TRIES - tries));
			at += some.length;
			tries += some.length;
			for (const content of await Promise.all(some.map(ownLinks.open))) {
				if (content === 'forged') hint(FORGED);
				// What somebody typed is text, and the images before it are still the newest.
				if (content === 'forged') continue;
				hasImages = true;
				const image = typeof content === 'string' ? undefined : await openIfReadable(content);
				if (!image) hint(MISSING);
				else if (model && !model.inputTypes.includes(image.type.mimeType)) {
					image.close();
					hint(notTaken(image, model));
				} else {
					found++;
					yield image;
				}
			}
			if (found === most && at < links.length) hint(leftOut(most));
		}
		if (hasImages) return;
	}
}

async function openIfReadable(content: Content): Promise<InputImage | undefined> {
	const opening = openImage({ field: 'Image Source', name: LINK, ...content });
	const image = await opening.catch(() => undefined);
	return image instanceof InputImage ? image : undefined;
}

function notTaken({ type }: InputImage, { name }: Model): string {
	return `An image of the conversation is ${type.mimeType}, which ${name} does not take. The model does not see it`;
}

const MISSING =
	'An image of the conversation is missing: its link has expired, or n8n does not hand out the file any more, or not whole. The model does not see it';

const FORGED =
	'A link in the conversation was not signed by this n8n, so no image was read from it';

function leftOut(most: number): string {
	return `The model takes ${most} images at most: the first ${most} of the newest message of the conversation go along`;
}
