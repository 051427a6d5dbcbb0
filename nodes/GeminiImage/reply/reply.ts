import { ApiError } from '../errors/apiError';
import { errorOf } from '../errors/errorBody';
import { asArray, asNumber, asObject, asText, type JsonObject } from '../json';
import type { StoredImage } from './imageStore';
import type { Placeholders } from './prose';

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
	images: StoredImage[];
}

/** A reply that has been read, with what it says of its images. */
export interface ReadReply extends Omit<Reply, 'images'> {
	/** Where images are that the reply does not carry itself: http(s) URLs in the places of images. */
	addresses: string[];
	/** Numbers of the images that the model made on its way to the last. */
	drafts: Set<number>;
}

/** Addresses of a reply beyond this are left alone. */
export const MAX_ADDRESSES = 16;

/** Entries of a list beyond this are left alone: each takes its time, and no service sends as many. */
const MAX_ENTRIES = 10_000;

/** How some gateways tell, in a reply that looks good, that the call failed. */
const ERROR_TEXT = /^\[Error\] \S.{0,500}$/i;

/**
 * Puts the JSON values of one reply together: a chat completion, its chunks, or an images reply.
 * Tolerates what gateways add and leave out; `test/fixtures/replies` has the shapes.
 *
 * @throws ApiError if the reply says that the call failed
 */
export function createReplyReducer(
	placeholders: Placeholders,
	onText: (text: string) => void = () => {},
) {
	const reply: ReadReply = {
		id: null,
		model: null,
		created: null,
		text: '',
		reasoning: null,
		finishReason: null,
		nativeFinishReason: null,
		usage: null,
		addresses: [],
		drafts: new Set(),
	};
	/** Text by choice: the pieces of several choices arrive mixed. */
	const texts = new Map<number, string>();
	let thoughts = '';
	let isReply = false;
	let isComplete = false;

	function add(value: unknown): void {
		failOnError(value);
		const object = asObject(value);
		if (!object) throw unexpected('The service answered with JSON that is no reply');
		failOnTask(object);
		reply.id ??= asText(object.id) ?? null;
		reply.model ??= asText(object.model) ?? null;
		reply.created ??= asNumber(object.created) ?? null;
		reply.usage = asObject(object.usage) ?? reply.usage;
		isReply ||= [object.choices, object.data, object.b64_json].some((field) => field !== undefined);
		entriesOf(object.choices).forEach((choice, position) => addChoice(asObject(choice), position));
		entriesOf([object.data].flat()).forEach(addImage);
		// An event of the images endpoint is an image itself.
		if (object.b64_json !== undefined) addImage(object);
		const type = asText(object.type) ?? '';
		if (type.endsWith('.partial_image')) addDrafts(object);
		isComplete ||= type.endsWith('.completed');
	}

	function addChoice(choice: JsonObject | undefined, position: number): void {
		if (!choice) return;
		failOnError(choice);
		const message = asObject(choice.delta) ?? asObject(choice.message) ?? {};
		const index = asNumber(choice.index) ?? position;
		addContent(message.content ?? choice.text, index);
		addContent(message.refusal, index);
		addReasoning(asText(message.reasoning_content) ?? asText(message.reasoning));
		entriesOf(message.images).forEach(addImage);
		Object.values(message).flatMap(entriesOf).filter(isThought).forEach(addDrafts);
		reply.finishReason = asText(choice.finish_reason) ?? reply.finishReason;
		reply.nativeFinishReason = asText(choice.native_finish_reason) ?? reply.nativeFinishReason;
		isComplete ||= reply.finishReason !== null;
	}

	function addReasoning(reasoning: string | undefined): void {
		if (reasoning === undefined) return;
		addDrafts(reasoning);
		thoughts += reasoning;
	}

	function addContent(content: unknown, choice: number): void {
		if (typeof content === 'string') {
			texts.set(choice, (texts.get(choice) ?? '') + content);
			const text = placeholders.strip(content);
			if (text !== '') onText(text);
			return;
		}
		for (const part of entriesOf(content)) {
			const { text, image_url: image } = asObject(part) ?? {};
			if (typeof text === 'string' && isThought(part)) addReasoning(text);
			else if (typeof text === 'string') addContent(text, choice);
			else if (image !== undefined) addImage(part);
		}
	}

	function addDrafts(value: unknown): void {
		for (const number of placeholders.numbersIn(jsonOf(value))) reply.drafts.add(number);
	}

	function addImage(value: unknown): void {
		const image = asObject(value);
		const nested = asObject(image?.image_url)?.url ?? image?.image_url;
		const url = [nested, image?.b64_json, image?.url, value].map(asText).find(Boolean);
		if (url === undefined || placeholders.isImage(url)) return;
		if (!/^https?:\/\//i.test(url)) {
			throw unexpected('The service sent something that is not an image in the place of one');
		}
		const { addresses } = reply;
		if (addresses.length < MAX_ADDRESSES && !addresses.includes(url)) addresses.push(url);
	}

	/** The whole reply. @throws ApiError */
	function end(): ReadReply {
		if (!isReply) throw unexpected('The service answered with something that is not a reply');
		// Only the whole text shows the markup of an image, as its parts may come in pieces.
		const all = [...texts.values()].map((text) => placeholders.strip(text));
		const text = all
			.filter((each) => each !== '')
			.join('\n\n')
			.trim();
		if (ERROR_TEXT.test(text) && !reply.usage) throw reported(text.slice('[Error] '.length));
		return { ...reply, text, reasoning: placeholders.strip(thoughts) || null };
	}

	/** Whether the reply has said that nothing is to come. */
	return { add, end, isComplete: () => isComplete };
}

function entriesOf(value: unknown): unknown[] {
	return asArray(value).slice(0, MAX_ENTRIES);
}

/** Nothing for what is nested so deep that it cannot be written. */
function jsonOf(value: unknown): string {
	try {
		return JSON.stringify(value);
	} catch {
		return '';
	}
}

/** A part that a model marks as one of its thoughts. */
function isThought(part: unknown): boolean {
	return asObject(part)?.thought === true;
}

function failOnError(value: unknown): void {
	const error = errorOf(value);
	if (!error) return;
	const { message, ...details } = error;
	throw reported(message ?? 'no reason given', details);
}

function failOnTask(object: JsonObject): void {
	if (object.task_id !== undefined && asArray(object.data).length === 0) {
		throw unexpected(
			'The service started a task instead of answering with an image',
			'Models that work in tasks, such as Kling, are not supported. Choose a Gemini image model.',
		);
	}
}

function reported(message: string, details: object = {}): ApiError {
	return new ApiError(
		`The service reported an error in its reply: ${message}`,
		'The call may have been billed. If the message names a parameter, change it; otherwise try again.',
		{ ...details, httpCode: '200' },
	);
}

function unexpected(
	message: string,
	description = 'The call may have been billed. Try again; if it happens again, check the model and the Base URL of the credential.',
): ApiError {
	return new ApiError(message, description);
}
