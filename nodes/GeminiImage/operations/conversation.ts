import { asArray, asObject, type JsonObject } from '../json';
import { findMentions, withoutMentions } from '../reply/prose';
import { NO_WORDS } from '../request/body';
import type { OwnLinks, SignedLink } from '../transport/signedLinks';
import type { Conversation } from './turn';

/**
 * Takes the links to images out of the messages: n8n's files are out of the model's reach, and
 * Gemini refuses a message of its own that holds an image without its signature.
 */
export function readConversation(
	earlier: JsonObject[],
	ownLinks: OwnLinks,
	hint: (message: string) => void,
): Conversation {
	const read = earlier.map((message) => readMessage(message, ownLinks, hint));
	// Images that a message sends itself are newer than what stands before it.
	const newest = read.reduce((last, { hasImages }, index) => (hasImages ? index : last), 0);
	return {
		earlier,
		messages: read.map(({ message }) => message),
		imageLinks: read
			.slice(newest)
			.map(({ links }) => links)
			.filter((links) => links.length > 0)
			.reverse(),
	};
}

function readMessage(message: JsonObject, ownLinks: OwnLinks, hint: (message: string) => void) {
	/** By token: the same link may be there in several spellings. */
	const links = new Map<string, SignedLink>();
	let hasImages = false;

	/** Whether `url` opens a file of an n8n: such a link is never sent. */
	function takeOut(url: string): boolean {
		const link = ownLinks.read(url);
		if (link?.url !== undefined) links.set(link.token, link);
		else if (link) hint(STRAY);
		return link !== undefined;
	}

	function withoutImages(text: string): string {
		const found = findMentions(text, ownLinks.find(text));
		for (const { address } of found) takeOut(address);
		return found.length > 0 ? withoutMentions(text, found).trim() : text;
	}

	function readPart(part: unknown): unknown[] {
		const { text = part, image_url: image } = asObject(part) ?? {};
		if (typeof text === 'string') return withText(part, withoutImages(text));
		const isTakenOut = takeOut(String(asObject(image)?.url ?? image));
		if (message.role === 'assistant' || isTakenOut) return [];
		hasImages ||= image !== undefined;
		return [part];
	}

	const { role, content } = message;
	const rest = role === 'assistant' ? { role } : message;
	const clean =
		typeof content === 'string' ? withoutImages(content) : asArray(content).flatMap(readPart);
	return { message: { ...rest, content: clean }, links: [...links.values()], hasImages };
}

/**
 * Takes such links out of what is asked: the prompt and the words to the model before it. Those of
 * the prompt may be its images.
 */
export function readRequest(
	prompt: string,
	systemMessage: string | undefined,
	ownLinks: OwnLinks,
	hint: (message: string) => void,
) {
	const read = (content: string) => readMessage({ role: 'user', content }, ownLinks, hint);
	const { message, links } = read(prompt);
	return {
		text: textOf(message.content) || NO_WORDS,
		links,
		systemMessage: systemMessage && (textOf(read(systemMessage).message.content) || undefined),
	};
}

const STRAY =
	'A link to a file of n8n was not sent, and no image was read from it: it leads to another address than that of this n8n, such as a former one, and would open the file to whoever gets it';

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
