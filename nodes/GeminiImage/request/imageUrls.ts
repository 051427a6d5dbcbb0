import { inlineContent } from '../bytes/base64';
import type { Content } from '../bytes/stream';
import { invalidInput, type ApiError } from '../errors/apiError';
import type { Model } from '../form/models';
import { asArray, asObject, asText, fieldsOf, parseJson, type JsonObject } from '../json';
import type { OwnLinks, SignedLink, Unread } from '../transport/signedLinks';
import { InputImage, openImage } from './inputImage';
import {
	excerpt,
	isTool,
	LOST_OBJECT,
	rawValue,
	readJson,
	textValue,
	tooDeep,
	type Form,
} from './values';

const FIELD = 'Image URLs';
const LINK = 'a link';
/** Fields that a message lists. */
const MAX_FIELDS = 20;

/** An image at an address, which is passed on as it is. */
export class ImageAddress {
	constructor(
		readonly url: string,
		/** What other nodes call its file. */
		readonly fileName?: string,
	) {}

	toJSON(): string {
		return this.url;
	}

	/** The same in all spellings. */
	get key(): string {
		return isHttp(this.url) ? new URL(this.url).href : this.url;
	}
}

/**
 * The images at addresses: http(s) URLs as they are, but for own links, which most services cannot
 * reach; these and data URLs are read and checked.
 *
 * @param seen what this turn has already, which is sent once, whatever its spelling
 */
export async function* imagesAt(
	addresses: ImageAddress[],
	ownLinks: OwnLinks,
	seen = new Set<string>(),
): AsyncGenerator<InputImage | ImageAddress> {
	for (const address of addresses) {
		const { url } = address;
		if (isDataUrl(url)) {
			yield await imageOfDataUrl(url);
			continue;
		}
		const link = ownLinks.read(url);
		if (!link) checkUrl(url);
		const key = link?.token ?? address.key;
		if (seen.has(key)) continue;
		seen.add(key);
		yield link ? await imageOfLink(link, ownLinks) : address;
	}
}

/** Where objects of other nodes have their addresses: Airtable, OpenAI's parts, Notion, and shops. */
const HOLDERS = ['url', 'image_url', 'files', 'file', 'external', 'src'];
/** How deep lists and objects may be nested. */
const MAX_LEVELS = 10;

/** The addresses in Image URLs, at least one. @throws ApiError */
export function readAddresses(form: Form, hint: (message: string) => void): ImageAddress[] {
	const value = rawValue(form, 'imageUrls', FIELD);
	const addresses = addressesOf(value);
	if (addresses.length > 0) {
		if (hasEmptyEntry(value)) hint(EMPTY_ENTRY);
		return addresses;
	}
	// An agent sees the message alone.
	const forAgent = isTool(form.context) ? ': let the model fill it in' : '';
	throw invalidInput(
		FIELD,
		`'${FIELD}' is empty${forAgent}`,
		'Add at least one http(s) or data URL. If an expression stands there, it gave nothing.',
	);
}

/** Whether a list that an expression gives has an entry without anything. */
function hasEmptyEntry(value: unknown): boolean {
	const lists = asArray(value).length > 0 ? [value, ...asArray(value)] : [];
	return lists.flatMap(asArray).some((entry) => (entry ?? '') === '');
}

const EMPTY_ENTRY = 'An entry of Image URLs is empty, so no image was sent for it';

/**
 * The addresses that `parameter` lists, none or several: in texts, lists, and objects that hold some,
 * as they are or as JSON.
 *
 * @param depth the level at which `parameter` stands
 * @param fileName what the object around it calls its file
 * @throws ApiError for what holds none
 */
export function addressesOf(parameter: unknown, depth = 0, fileName?: string): ImageAddress[] {
	if (depth > MAX_LEVELS) throw tooDeep(FIELD);
	if (Array.isArray(parameter)) {
		return parameter.flatMap((each) => addressesOf(each, depth + 1, fileName));
	}
	const object = asObject(parameter);
	if (object) return addressesInObject(object, depth + 1);
	const text = (textValue(FIELD, parameter) ?? '').trim();
	if (text.includes(LOST_OBJECT)) throw lostObject();
	if (/^[[{]/.test(text)) return addressesOf(readJson(FIELD, text, parseJson), depth + 1);
	return urlsIn(text).map((url) => new ImageAddress(url, fileName));
}

function addressesInObject(object: JsonObject, depth: number): ImageAddress[] {
	const holder = HOLDERS.find((name) => object[name]);
	const { filename, fileName, name } = object;
	const called = [filename, fileName, name].map(asText).find((each) => each !== undefined);
	if (holder !== undefined) return addressesOf(object[holder], depth, called);
	const [what, advice] = describeObject(object);
	throw invalidInput(FIELD, `'${FIELD}' has ${what}, not an address`, advice);
}

const SEND_FILES = "set 'Image Source' to Binary Field.";

/** What an object without an address is, and what to do about it. */
function describeObject(object: JsonObject): [what: string, advice: string] {
	if ('url' in object) return ["an object whose 'url' is empty", 'Look at the node that gives it.'];
	if (typeof object.mimeType === 'string') return ['a file', `To send it, ${SEND_FILES}`];
	if ('url_private' in object) {
		return ['a file of Slack', `It opens with a login only: download it first, and ${SEND_FILES}`];
	}
	const fields = fieldsOf(object, MAX_FIELDS).map(([name]) => excerpt(name));
	const list = fields.length > 0 ? `The fields of this one are: ${fields.join(', ')}.` : '';
	return ["an object without 'url'", `It takes addresses, and objects with 'url'. ${list}`.trim()];
}

function lostObject(): ApiError {
	return invalidInput(
		FIELD,
		`'${FIELD}' has an object in the middle of text, where its addresses are lost`,
		'Let the expression stand alone, or add .url to it.',
	);
}

/** What parts addresses: blanks, lines, and commas or semicolons that are neither in an address nor in a data URL. */
const BETWEEN = /\s+|(?<!;base64)[,;，；、](?=[,;，；、]{0,9}(?:\s|$|https?:|data:))/i;

/** The addresses of a text; the base64 of a data URL may go on behind blanks and in further lines. */
function urlsIn(text: string): string[] {
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

function isHttp(url: string): boolean {
	return /^https?:/i.test(url) && URL.canParse(url);
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
		'It takes data:image/png;base64, and behind it the image in base64.',
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

function checkUrl(url: string): void {
	if (isHttp(url)) return;
	if (/^[\w+/-]{100,}={0,2}$/.test(url)) {
		throw invalidInput(
			FIELD,
			`'${FIELD}' has base64, not an address`,
			`Delete the node that makes base64 of the file, and ${SEND_FILES} A data URL begins with data:image/png;base64, and the like.`,
		);
	}
	const shown = excerpt(url).replace(/\p{C}/gu, '');
	const isHidden = shown.length < excerpt(url).length;
	throw invalidInput(
		FIELD,
		`'${FIELD}' has '${shown}'${isHidden ? ' with characters that nobody sees' : ''}, which is not an http(s) or data URL`,
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
				if (content === 'forged') {
					// What somebody typed is text, and the images before it are still the newest.
					hint(FORGED);
					continue;
				}
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
