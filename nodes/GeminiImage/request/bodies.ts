import type { InputImage } from './inputImage';
import type { Options } from './options';
import { asArray, type JsonObject } from '../json';

/** What the user asked for, as far as it goes into a request. */
export interface Prompt {
	model: string;
	text: string;
	/** In this order; http(s) URLs are passed on as they are. */
	images: Array<InputImage | string>;
	aspectRatio?: string;
	imageSize?: string;
	options: Options;
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
		...pictureFields(prompt),
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
		...pictureFields(prompt),
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

/** Gemini refuses a message that is empty, such as the turn of a model that answered with a picture alone. */
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

function pictureFields({ aspectRatio, imageSize, options }: Prompt): JsonObject {
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
