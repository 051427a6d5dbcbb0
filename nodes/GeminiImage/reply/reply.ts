import { ApiError } from '../errors/apiError';
import { errorIn, errorOf } from '../errors/errorBody';
import { asArray, asNumber, asObject, asText, fieldsOf, type JsonObject } from '../json';
import type { StoredImage } from './imageStore';
import { createProgress } from './progress';
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
export interface ReadReply {
	said: Omit<Reply, 'images'>;
	/** Where images are that the reply does not carry itself: http(s) URLs in the places of images. */
	addresses: string[];
	/** Numbers of the images that the model made on its way to the last. */
	drafts: Set<number>;
	/** How many entries in the places of images are neither images nor addresses that are followed. */
	unusable: number;
	/** What to say if nothing of the reply can be used. */
	failure?: ApiError;
	/** What the service says of why it ended, besides the words of the model. */
	explanation: string | null;
}

/** Addresses of a reply beyond this are left alone. */
export const MAX_ADDRESSES = 16;

/** Entries of a list beyond this are left alone: each takes its time, and no service sends as many. */
const MAX_ENTRIES = 10_000;

/** Fields of a message beyond this are left alone. */
const MAX_FIELDS = 100;

/** What is kept of an unusable entry to tell it from others, in characters. */
const MAX_KEPT_CHARS = 1000;

/** What says nothing, zero-width spaces too: gateways send it as a heartbeat. */
const BLANK = /^[\s\u200b]*$/;

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
	const said: ReadReply['said'] = {
		id: null,
		model: null,
		created: null,
		text: '',
		reasoning: null,
		finishReason: null,
		nativeFinishReason: null,
		usage: null,
	};
	let explanation: string | null = null;
	const addresses = new Set<string>();
	const drafts = new Set<number>();
	/** Text by choice: the pieces of several choices arrive mixed. */
	const texts = new Map<number, string>();
	/** The last two characters of each: to look at the end of a long text copies all of it. */
	const ends = new Map<number, string>();
	/** The choices whose text goes on behind an image. */
	const interrupted = new Set<number>();
	/** What stands in the places of images and is none, as JSON. */
	const unusable = new Set<string>();
	let thoughts = '';
	let isReply = false;
	let isTask = false;
	/** Something in the place of an image holds something else. */
	let isForeign = false;
	const progress = createProgress();

	function add(value: unknown): void {
		const wasComplete = progress.isComplete();
		const object = asObject(value);
		let error = errorOf(value);
		for (const choice of object ? addObject(object) : []) error ??= errorIn(choice);
		if (object && !error) return;
		if (!wasComplete) progress.fail();
		if (!error) throw unexpected('The service answered with JSON that is no reply');
		const { message, ...details } = error;
		throw reported(message ?? 'no reason given', details);
	}

	/** @returns the choices in it */
	function addObject(object: JsonObject): JsonObject[] {
		said.id ??= asText(object.id) ?? null;
		said.model ??= asText(object.model) ?? null;
		said.created ??= asNumber(object.created) ?? null;
		isReply ||= [object.choices, object.data, object.b64_json].some((field) => field !== undefined);
		const entries = entriesOf(Array.isArray(object.data) ? object.data : [object.data]);
		isTask ||= [object, ...entries].some((entry) => asObject(entry)?.task_id !== undefined);
		const choices = entriesOf(object.choices);
		choices.forEach((choice, position) => addChoice(asObject(choice), position));
		const isList = Array.isArray(object.data);
		for (const entry of entries) addImage(entry, isList);
		// An event of the images endpoint is an image itself.
		if (object.b64_json !== undefined) addImage(object);
		const type = asText(object.type) ?? '';
		if (type.endsWith('.partial_image')) addDrafts(object);
		// An event may hold the whole reply of the Images endpoint.
		const isWhole = isList && entries.length > 0 && asObject(object.usage) !== undefined;
		if (type.endsWith('.completed') || isWhole) progress.complete();
		addFeedback(asObject(object.promptFeedback) ?? asObject(object.prompt_feedback));
		addUsage(asObject(object.usage));
		return choices.map((choice) => asObject(choice)).filter((choice) => choice !== undefined);
	}

	function addUsage(usage: JsonObject | undefined): void {
		if (!usage) return;
		said.usage = usage;
		progress.usage();
	}

	/** Why Gemini did not even begin to answer. */
	function addFeedback(feedback: JsonObject | undefined): void {
		const reason = asText(feedback?.block_reason) ?? asText(feedback?.blockReason);
		said.nativeFinishReason = reason ?? said.nativeFinishReason;
		const message = asText(feedback?.block_reason_message) ?? asText(feedback?.blockReasonMessage);
		explanation = message ?? explanation;
	}

	function addChoice(choice: JsonObject | undefined, position: number): void {
		if (!choice) return;
		const { delta, message: whole } = choice;
		// Some gateways give the words alone.
		const message = asObject(delta) ?? asObject(whole) ?? { content: delta ?? whole };
		const index = asNumber(choice.index) ?? position;
		addContent(message.content ?? choice.text, index);
		addContent(message.refusal, index);
		addReasoning(asText(message.reasoning_content) ?? asText(message.reasoning));
		for (const entry of entriesOf(message.images)) addImage(entry, true);
		for (const [, list] of fieldsOf(message, MAX_FIELDS)) {
			entriesOf(list).filter(isThought).forEach(addDrafts);
		}
		const finishReason = asText(choice.finish_reason);
		if (finishReason !== undefined) progress.finish();
		said.finishReason = finishReason ?? said.finishReason;
		said.nativeFinishReason = asText(choice.native_finish_reason) ?? said.nativeFinishReason;
		explanation = asText(choice.finish_message) ?? asText(choice.finishMessage) ?? explanation;
	}

	function addReasoning(reasoning: string | undefined): void {
		if (reasoning === undefined) return;
		progress.content();
		addDrafts(reasoning);
		thoughts += reasoning;
	}

	function addContent(content: unknown, choice: number): void {
		if (typeof content === 'string') return addPart(content, choice);
		for (const part of entriesOf(content)) {
			const { text = part, image_url: image } = asObject(part) ?? {};
			if (typeof text === 'string' && isThought(part)) addReasoning(text);
			else if (typeof text === 'string') addPart(text, choice);
			else {
				interrupted.add(choice);
				if (image !== undefined) addImage(part);
			}
		}
	}

	/** A part of a text, which is a paragraph of its own behind an image. */
	function addPart(text: string, choice: number): void {
		const before = ends.get(choice) ?? '';
		if (interrupted.has(choice) && BLANK.test(text)) return;
		const isBehindImage = interrupted.delete(choice) && before !== '';
		const [end = ''] = /\n{0,2}$/.exec(before) ?? [];
		const [start = ''] = /^\n{0,2}/.exec(text) ?? [];
		const missing = isBehindImage ? '\n\n'.slice(end.length + start.length) : '';
		addText(missing + text, choice);
	}

	function addText(content: string, choice: number): void {
		texts.set(choice, (texts.get(choice) ?? '') + content);
		ends.set(choice, ((ends.get(choice) ?? '') + content.slice(-2)).slice(-2));
		if (content === '') return;
		if (!BLANK.test(content)) progress.content();
		const text = placeholders.strip(content);
		if (text !== '') onText(text);
	}

	function addDrafts(value: unknown): void {
		for (const number of placeholders.numbersIn(jsonOf(value))) drafts.add(number);
	}

	/** @param isEntry it stands in a list of images, so that it should be one */
	function addImage(value: unknown, isEntry = false): void {
		const image = asObject(value);
		const nested = asObject(image?.image_url)?.url ?? image?.image_url;
		const url = [nested, image?.b64_json, image?.url, value].map(asText).find(Boolean);
		if (url !== undefined && placeholders.isImage(url)) return;
		const isAddress = url !== undefined && /^https?:\/\//i.test(url);
		if (isAddress && (addresses.size < MAX_ADDRESSES || addresses.has(url))) {
			addresses.add(url);
		} else if (isEntry || url !== undefined) {
			const json = jsonOf(value);
			if (placeholders.numbersIn(json).length > 0) return;
			isForeign ||= url !== undefined && !isAddress;
			// Gateways repeat an entry across chunks.
			unusable.add(json.slice(0, MAX_KEPT_CHARS));
		}
	}

	/**
	 * The whole reply.
	 *
	 * @param hasImage it carries an image, so that nothing in its words makes a failure of it
	 * @throws ApiError
	 */
	function end(hasImage = false): ReadReply {
		const failure = isTask ? taskStarted() : isForeign ? notAnImage() : undefined;
		if (!isReply && !hasImage) {
			throw failure ?? unexpected('The service answered with something that is not a reply');
		}
		// Only the whole text shows the markup of an image, as its parts may come in pieces.
		const all = [...texts.values()].map((text) => placeholders.strip(text));
		const text = all
			.filter((each) => !BLANK.test(each))
			.join('\n\n')
			.trim();
		const isError = !hasImage && !said.usage && ERROR_TEXT.test(text);
		if (isError) throw reported(text.slice('[Error] '.length));
		return {
			said: { ...said, text, reasoning: placeholders.strip(thoughts) || null },
			addresses: [...addresses],
			drafts,
			explanation,
			unusable: unusable.size,
			failure,
		};
	}

	return { add, end, progress, addresses, drafts };
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

function taskStarted(): ApiError {
	return unexpected(
		'The service started a task instead of answering with an image',
		'Models that work in tasks, such as Kling, are not supported. Choose a Gemini image model.',
	);
}

function notAnImage(): ApiError {
	return unexpected('The service sent something that is not an image in the place of one');
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
