import { asArray, asObject, type JsonObject } from '../json';
import { withoutLinks } from '../reply/links';
import type { SignedFiles } from './signedFiles';

/** The messages before a turn. */
export interface Conversation {
	/** As they are, with links to their images. */
	earlier: JsonObject[];
	/** As the model gets them: without these links, and without images of its own. */
	messages: JsonObject[];
	/** The links, one list per message that has some, newest message first. */
	imageLinks: string[][];
}

/**
 * Takes the links to images out of the messages: n8n's files are out of the model's reach, and
 * Gemini refuses a message of its own that holds an image without its signature.
 */
export function readConversation(earlier: JsonObject[], files: SignedFiles): Conversation {
	const read = earlier.map((message) => readMessage(message, files));
	return {
		earlier,
		messages: read.map(({ message }) => message),
		imageLinks: read
			.map(({ links }) => links)
			.filter((links) => links.length > 0)
			.reverse(),
	};
}

function readMessage(message: JsonObject, files: SignedFiles) {
	const links = new Set<string>();

	function withoutImages(text: string): string {
		const found = files.linksIn(text);
		for (const { url } of found) links.add(url);
		return found.length > 0 ? withoutLinks(text, found) : text;
	}

	function readPart(part: unknown): unknown[] {
		const { text, image_url: image } = asObject(part) ?? {};
		if (typeof text === 'string') return withText(part, withoutImages(text));
		const url = String(asObject(image)?.url ?? image);
		if (files.isLink(url)) links.add(url);
		return message.role === 'assistant' || files.isLink(url) ? [] : [part];
	}

	const { role, content } = message;
	const rest = role === 'assistant' ? { role } : message;
	const clean =
		typeof content === 'string' ? withoutImages(content) : asArray(content).flatMap(readPart);
	return { message: { ...rest, content: clean }, links: [...links] };
}

/** Gemini refuses a part without words, such as one that held a link alone. */
function withText(part: unknown, text: string): JsonObject[] {
	return text === '' ? [] : [{ ...asObject(part), text }];
}

/** The words of a message: its text, or that of its parts. */
export function textOf(content: unknown): string {
	const parts = typeof content === 'string' ? [content] : asArray(content);
	return parts
		.map((part) => (typeof part === 'string' ? part : asObject(part)?.text))
		.filter((text) => typeof text === 'string')
		.join('\n\n');
}
