import { toReadable } from '../images/readable';
import { asArray, type JsonObject } from '../json';
import { InputImage } from './inputImage';
import type { Prompt } from './prompt';

type Readable = import('node:stream').Readable;

/** A JSON body; images in it are written as they are read, so that none is held whole. */
export interface RequestBody {
	/** Length in bytes. */
	bytes: number;
	/** A fresh stream, good for one attempt, which tells each piece that is taken from it. */
	stream(onPiece?: () => void): Readable;
}

/** Body of `POST /chat/completions`: nothing that the user did not set but model, messages, stream. */
export function chatBody(prompt: Prompt): JsonObject {
	const { model, options } = prompt;
	const system = options.systemMessage && { role: 'system', content: options.systemMessage };
	return {
		model,
		messages: [
			...(system ? [system] : []),
			...options.history.map(withContent),
			userMessage(prompt),
		],
		stream: options.stream,
		...imageFields(prompt),
		...withoutUndefined({
			max_tokens: options.maxTokens,
			reasoning_effort: options.reasoningEffort,
			safety_settings: options.safetySettings.length > 0 ? options.safetySettings : undefined,
		}),
		...options.extraBody,
	};
}

/** Body of `POST /images/generations` and, with images, `POST /images/edits`. */
export function imagesBody(prompt: Prompt): JsonObject {
	const { model, text, images, options } = prompt;
	return {
		model,
		prompt: text,
		...(images.length > 0 && { image: images.length === 1 ? images[0] : images }),
		...imageFields(prompt),
		...options.extraBody,
	};
}

/** The Options of the user that {@link imagesBody} has no place for, by their names in the form. */
export function optionsWithoutPlace({ options }: Prompt): string[] {
	const { systemMessage, maxTokens, reasoningEffort, safetySettings } = options;
	return [
		systemMessage !== undefined && 'System Message',
		maxTokens !== undefined && 'Max Tokens',
		reasoningEffort !== undefined && 'Reasoning Effort',
		safetySettings.length > 0 && 'Safety Settings',
	].filter((name) => name !== false);
}

/** Gemini refuses a message that is empty, such as the turn of a model that answered with an image alone. */
function withContent(message: JsonObject): JsonObject {
	const { content } = message;
	const isEmpty =
		typeof content === 'string' ? content.trim() === '' : asArray(content).length === 0;
	return isEmpty ? { ...message, content: '(no words)' } : message;
}

/** The turn of the user: plain text, or the text part and one part per image. */
function userMessage({ text, images }: Prompt): JsonObject {
	if (images.length === 0) return { role: 'user', content: text };
	const parts = images.map((url) => ({ type: 'image_url', image_url: { url } }));
	return { role: 'user', content: [{ type: 'text', text }, ...parts] };
}

function imageFields({ aspectRatio, imageSize, options }: Prompt): JsonObject {
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

/** Encodes `body`, in which those `images` that are not URLs stand in this order, if at all. */
export function encodeBody(body: object, images: Prompt['images']): RequestBody {
	const parts: Array<Buffer | InputImage> = [];
	let json = JSON.stringify(body);
	for (const image of images.filter((each) => each instanceof InputImage)) {
		const at = json.indexOf(image.json);
		// Extra Body may have put something else in its place.
		if (at === -1) continue;
		parts.push(Buffer.from(json.slice(0, at)), image);
		json = json.slice(at + image.json.length);
	}
	parts.push(Buffer.from(json));

	async function* chunks(onPiece: () => void) {
		for (const part of parts) {
			for await (const piece of Buffer.isBuffer(part) ? [part] : part.encode()) {
				onPiece();
				yield piece;
			}
		}
	}

	return {
		bytes: parts.reduce(
			(sum, part) => sum + (Buffer.isBuffer(part) ? part.length : part.encodedBytes),
			0,
		),
		stream: (onPiece = () => {}) => toReadable(chunks(onPiece)),
	};
}
