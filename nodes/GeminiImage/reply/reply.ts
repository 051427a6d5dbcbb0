import { ApiError } from '../errors/apiError';
import { asArray, asNumber, asObject, asText, type JsonObject } from '../json';
import { cleanError, describeError, errorOf } from '../errors/errorBody';

/** What the API answered, whatever the wire shape: JSON, SSE, chat or images endpoint. */
export interface Reply {
	id: string | null;
	model: string | null;
	/** Unix time in seconds. */
	created: number | null;
	text: string;
	reasoning: string | null;
	finishReason: string | null;
	nativeFinishReason: string | null;
	/** As the API sent it. */
	usage: JsonObject | null;
	/** http(s) URLs of images that the reply does not carry itself. */
	imageUrls: string[];
}

/** Knows the splitter's placeholders, which stand for the images that the reply carried. */
export interface Placeholders {
	/** Whether a URL or base64 field is such an image. */
	isImage(url: string): boolean;
	/** Prose without the placeholders, and the markdown around them. */
	strip(prose: string): string;
}

/** What is left of markdown whose image came in a piece of its own. */
const EMPTY_LINK = /!\[[^[\]]*\]\(\s*\)/g;

/**
 * Puts the JSON values of one reply together: a chat completion, its chunks, or an images reply.
 * Tolerates what gateways add and leave out; see `docs/architecture.md` for the shapes. `clean` makes
 * what the reply says of a failure fit to be shown.
 *
 * @throws ApiError where the reply says that the call failed
 */
export function createReplyReducer(
	placeholders: Placeholders,
	clean: (text: string) => string,
	onText?: (text: string) => void,
) {
	const reply: Reply = {
		id: null,
		model: null,
		created: null,
		text: '',
		reasoning: null,
		finishReason: null,
		nativeFinishReason: null,
		usage: null,
		imageUrls: [],
	};
	/** Text by choice: the pieces of several choices arrive mixed. */
	const texts = new Map<number, string>();
	let isReply = false;

	function add(value: unknown): void {
		const object = asObject(value);
		if (!object) throw unexpected('The service answered with JSON that is no reply');
		failOnError(object, clean);
		reply.id ??= asText(object.id) ?? null;
		reply.model ??= asText(object.model) ?? null;
		reply.created ??= asNumber(object.created) ?? null;
		reply.usage = asObject(object.usage) ?? reply.usage;
		isReply ||= object.choices !== undefined || object.data !== undefined;
		asArray(object.choices).forEach((choice, position) => addChoice(asObject(choice), position));
		asArray(object.data).forEach((image) => addImage(image));
	}

	function addChoice(choice: JsonObject | undefined, position: number): void {
		if (!choice) return;
		failOnError(choice, clean);
		const message = asObject(choice.delta) ?? asObject(choice.message);
		const index = asNumber(choice.index) ?? position;
		addContent(message?.content ?? choice.text, index);
		const reasoning = asText(message?.reasoning_content) ?? asText(message?.reasoning);
		if (reasoning) reply.reasoning = (reply.reasoning ?? '') + placeholders.strip(reasoning);
		asArray(message?.images).forEach((image) => addImage(image));
		reply.finishReason = asText(choice.finish_reason) ?? reply.finishReason;
		reply.nativeFinishReason = asText(choice.native_finish_reason) ?? reply.nativeFinishReason;
	}

	function addContent(content: unknown, choice: number): void {
		if (typeof content === 'string') {
			const text = placeholders.strip(content);
			texts.set(choice, (texts.get(choice) ?? '') + text);
			if (text !== '') onText?.(text);
			return;
		}
		for (const part of asArray(content)) {
			const { text, image_url: image } = asObject(part) ?? {};
			if (typeof text === 'string') addContent(text, choice);
			else if (image !== undefined) addImage(part);
		}
	}

	function addImage(value: unknown): void {
		const image = asObject(value);
		const nested = asObject(image?.image_url)?.url ?? image?.image_url;
		const url = [nested, image?.b64_json, image?.url, value].map(asText).find(Boolean);
		if (url === undefined) return;
		if (placeholders.isImage(url)) return;
		if (!/^https?:\/\//i.test(url)) {
			throw unexpected('The service sent something that is not an image in the place of one');
		}
		if (!reply.imageUrls.includes(url)) reply.imageUrls.push(url);
	}

	function end(): Reply {
		if (!isReply) throw unexpected('The service answered with something that is not a reply');
		reply.text = [...texts.values()]
			.filter((text) => text !== '')
			.join('\n\n')
			.replace(EMPTY_LINK, '')
			.trim();
		return reply;
	}

	return { add, end };
}

function failOnError(object: JsonObject, clean: (text: string) => string): void {
	const isFlat = asText(object.message) && !object.choices && !object.data && !object.usage;
	const error = isFlat ? describeError(object) : errorOf(object);
	if (error) {
		const { message, ...details } = cleanError(error, clean);
		throw new ApiError(
			`The service reported an error in its reply: ${message ?? 'no reason given'}`,
			'The call may have been billed. If the message names a parameter, change it; otherwise try again.',
			{ ...details, httpCode: '200' },
		);
	}
	if (object.task_id !== undefined && asArray(object.data).length === 0) {
		throw unexpected(
			'The service started a task instead of answering with an image',
			'Models that work in tasks, such as Kling, are not supported. Choose a Gemini image model.',
		);
	}
}

function unexpected(
	message: string,
	description = 'The call may have been billed. Try again; if it happens again, check the model and the Base URL of the credential.',
): ApiError {
	return new ApiError(message, description);
}
