import type { InputImage } from '../images/inputImage';
import type { Options } from '../options';
import type { JsonObject } from './json';

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
		messages: [...(system ? [system] : []), ...options.history, userMessage(prompt)],
		stream: options.stream,
		...common(prompt),
	};
}

/** The turn of the user: plain text, or the text part and one part per image. */
function userMessage({ text, images }: Prompt): JsonObject {
	if (images.length === 0) return { role: 'user', content: text };
	const parts = images.map((url) => ({ type: 'image_url', image_url: { url } }));
	return { role: 'user', content: [{ type: 'text', text }, ...parts] };
}

function common({ aspectRatio, imageSize }: Prompt): JsonObject {
	const imageConfig = { aspect_ratio: aspectRatio, image_size: imageSize };
	return aspectRatio || imageSize ? { image_config: imageConfig } : {};
}
