import { provokeScavenges, toReadable } from '../bytes/stream';
import { asArray, asText, type JsonObject } from '../json';
import type { RequestBody } from '../transport/client';
import type { SentImage } from './imageSources';
import { InputImage } from './inputImage';
import type { Options } from './options';
import type { Prompt } from './prompt';
import { excerpt } from './values';

/** What is posted, and where to. */
interface Post {
	path: string;
	body: RequestBody;
}

/** @param messages earlier ones, as the model gets them */
export function postOf(
	prompt: Prompt,
	messages: JsonObject[],
	images: SentImage[],
	options: Options,
): Post {
	if (options.endpoint === 'chatCompletions') {
		const body = chatBody(prompt, messages, images, options);
		return { path: '/chat/completions', body: encodeBody(body, images) };
	}
	const path = images.length > 0 ? '/images/edits' : '/images/generations';
	return { path, body: encodeBody(imagesBody(prompt, images, options), images) };
}

/** Body of `POST /chat/completions`: nothing that the user did not set but model, messages, stream. */
export function chatBody(
	prompt: Prompt,
	messages: JsonObject[],
	images: SentImage[],
	options: Options,
): JsonObject {
	const system = options.systemMessage && { role: 'system', content: options.systemMessage };
	return {
		model: prompt.modelId,
		messages: [
			...(system ? [system] : []),
			...messages.map(withContent),
			userMessage(prompt.text, images, options),
		],
		stream: options.stream,
		...imageFields(prompt, options),
		...withoutUndefined({
			max_tokens: options.maxTokens,
			reasoning_effort: options.reasoningEffort,
			safety_settings: options.safetySettings.length > 0 ? options.safetySettings : undefined,
		}),
		...options.extraBody,
	};
}

/** Body of `POST /images/generations` and, with images, `POST /images/edits`. */
export function imagesBody(prompt: Prompt, images: SentImage[], options: Options): JsonObject {
	return {
		model: prompt.modelId,
		prompt: prompt.text,
		...(images.length > 0 && { image: images.length === 1 ? images[0] : images }),
		...imageFields(prompt, options),
		...options.extraBody,
	};
}

/** The Options of the user that are not sent, by their names in the form. */
export function optionsNotSent(options: Options): string[] {
	if (options.endpoint === 'chatCompletions') return [];
	const { labelImages, systemMessage, maxTokens, reasoningEffort, safetySettings } = options;
	return [
		labelImages && 'Label Images',
		systemMessage !== undefined && 'System Message',
		maxTokens !== undefined && 'Max Tokens',
		reasoningEffort !== undefined && 'Reasoning Effort',
		safetySettings.length > 0 && 'Safety Settings',
	].filter((name) => name !== false);
}

/** What is said of input images that are not sent; undefined if they are. */
export function imagesNotSent(
	images: SentImage[],
	{ endpoint, extraBody = {} }: Options,
): string | undefined {
	const holder = endpoint === 'chatCompletions' ? 'messages' : 'image';
	if (images.length === 0 || !Object.hasOwn(extraBody, holder)) return undefined;
	const what = images.length === 1 ? 'input image is' : `${images.length} input images are`;
	return `The ${what} not sent, as Extra Body replaces '${holder}'`;
}

/** The most that Nexconn names for the files in a request, in bytes. */
const NAMED_LIMIT_BYTES = 15_000_000;

/** What is said of a request before its answer is known, if it may be too large; undefined if not. */
export function sizeHint({ bytes }: RequestBody): string | undefined {
	if (bytes <= NAMED_LIMIT_BYTES) return undefined;
	const size = (bytes / 1e6).toFixed(1);
	return `The request has ${size} MB, more than the ${NAMED_LIMIT_BYTES / 1e6} MB that Nexconn names as the limit for files in a request`;
}

/** What is sent in the place of words that are missing. */
export const NO_WORDS = '(no words)';

/** Gemini refuses a message that is empty, such as the turn of a model that answered with an image alone. */
function withContent(message: JsonObject): JsonObject {
	const { content } = message;
	const isEmpty =
		typeof content === 'string' ? content.trim() === '' : asArray(content).length === 0;
	return isEmpty ? { ...message, content: NO_WORDS } : message;
}

/** The turn of the user: plain text, or the text part and one part per image, perhaps with its label. */
function userMessage(text: string, images: SentImage[], { labelImages }: Options): JsonObject {
	if (images.length === 0) return { role: 'user', content: text };
	const parts = images.flatMap((image, index) => {
		const part = { type: 'image_url', image_url: { url: image } };
		return labelImages ? [{ type: 'text', text: labelOf(image, index) }, part] : [part];
	});
	return { role: 'user', content: [{ type: 'text', text }, ...parts] };
}

/** Blanks, and what nobody sees, but for what joins the parts of an emoji. */
const UNSEEN = /(?:(?![\u200c\u200d])[\p{C}\p{Z}])+/gu;

/** `Image 1 (logo.png):`, by the name of the file or the end of the address. */
function labelOf(image: SentImage, index: number): string {
	const name = image instanceof InputImage ? asText(image.binary?.fileName) : endOf(image);
	const line = excerpt((name ?? '').replace(UNSEEN, ' ').trim());
	return `Image ${index + 1}${line === '' ? '' : ` (${line})`}:`;
}

function endOf(url: string): string {
	const end = new URL(url).pathname.split('/').at(-1) ?? '';
	try {
		return decodeURIComponent(end);
	} catch {
		return end;
	}
}

function imageFields({ aspectRatio, imageSize }: Prompt, options: Options): JsonObject {
	const imageConfig = withoutUndefined({ aspect_ratio: aspectRatio, image_size: imageSize });
	return withoutUndefined({
		image_config: aspectRatio || imageSize ? imageConfig : undefined,
		temperature: options.temperature,
		top_p: options.topP,
		top_k: options.topK,
	});
}

function withoutUndefined(object: JsonObject): JsonObject {
	return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** Encodes `body`. Images that are not URLs stand in it in the order of `images`; some may be missing. */
export function encodeBody(body: object, images: SentImage[]): RequestBody {
	const parts: Array<Buffer | InputImage> = [];
	let json = wellFormed(JSON.stringify(body));
	for (const image of images.filter((each) => each instanceof InputImage)) {
		const at = json.indexOf(image.json);
		// Extra Body may have put something else in its place.
		if (at === -1) continue;
		parts.push(Buffer.from(json.slice(0, at)), image);
		json = json.slice(at + image.json.length);
	}
	parts.push(Buffer.from(json));

	async function* chunks(onPiece: () => void, onEnd: () => void) {
		for (const part of parts) {
			for await (const piece of Buffer.isBuffer(part) ? [part] : part.encode()) {
				onPiece();
				provokeScavenges(piece.length);
				yield piece;
			}
		}
		onEnd();
	}

	return {
		bytes: parts.reduce(
			(sum, part) => sum + (Buffer.isBuffer(part) ? part.length : part.encodedBytes),
			0,
		),
		stream: (onPiece = () => {}, onEnd = () => {}) => toReadable(chunks(onPiece, onEnd)),
	};
}

/** Half an emoji, as a cut may leave it, becomes U+FFFD: services refuse what is no Unicode. */
function wellFormed(json: string): string {
	if (!json.includes('\\ud')) return json;
	// JSON escapes the halves of a pair only if the other one is missing.
	return json.replace(/\\(?:u(d[89a-f][\da-f]{2})|.)/g, (escape, half?: string) =>
		half ? '\ufffd' : escape,
	);
}
