import { asArray, asObject, type JsonObject } from '../json';
import { findMentions, withoutMentions } from '../reply/prose';
import type { OwnLinks } from '../transport/signedLinks';
import type { Conversation } from './turn';

/**
 * Takes the links to images out of the messages: n8n's files are out of the model's reach, and
 * Gemini refuses a message of its own that holds an image without its signature.
 */
export function readConversation(earlier: JsonObject[], ownLinks: OwnLinks): Conversation {
	const read = earlier.map((message) => readMessage(message, ownLinks));
	return {
		earlier,
		messages: read.map(({ message }) => message),
		imageLinks: read
			.map(({ links }) => links)
			.filter((links) => links.length > 0)
			.reverse(),
	};
}

function readMessage(message: JsonObject, ownLinks: OwnLinks) {
	const links = new Set<string>();

	function withoutImages(text: string): string {
		const found = findMentions(text, text.matchAll(ownLinks.pattern));
		for (const { address } of found) links.add(address);
		return found.length > 0 ? withoutMentions(text, found).trim() : text;
	}

	function readPart(part: unknown): unknown[] {
		const { text = part, image_url: image } = asObject(part) ?? {};
		if (typeof text === 'string') return withText(part, withoutImages(text));
		const url = String(asObject(image)?.url ?? image);
		if (ownLinks.isOwn(url)) links.add(url);
		return message.role === 'assistant' || ownLinks.isOwn(url) ? [] : [part];
	}

	const { role, content } = message;
	const rest = role === 'assistant' ? { role } : message;
	const clean =
		typeof content === 'string' ? withoutImages(content) : asArray(content).flatMap(readPart);
	return { message: { ...rest, content: clean }, links: [...links] };
}

/** Gemini refuses a part without words, such as one that held a link alone. */
function withText(part: unknown, text: string): JsonObject[] {
	return text === '' ? [] : [{ type: 'text', ...asObject(part), text }];
}

/** The words of a message: its text, or that of its parts. */
export function textOf(content: unknown): string {
	const parts = typeof content === 'string' ? [content] : asArray(content);
	return parts
		.map((part) => (typeof part === 'string' ? part : asObject(part)?.text))
		.filter((text) => typeof text === 'string')
		.join('\n\n');
}
