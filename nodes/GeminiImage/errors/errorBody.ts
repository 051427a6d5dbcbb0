import { asArray, asObject, asText, fieldsOf, parseJson, type JsonObject } from '../json';
import type { ErrorDetails } from './apiError';

/** What an error body of any of the known shapes says (reference: OpenAI, and gateways seen). */
export interface ErrorBody extends Pick<ErrorDetails, 'type' | 'code' | 'requestId'> {
	message?: string;
}

/** Where services put the words of an error, the most telling first. */
const WORDS = [
	'message',
	'msg',
	'errorMessage',
	'error_message',
	'error_msg',
	'detail',
	'error',
	'errors',
];
/** Codes and words of what went well, and what some languages write for nothing. */
const OK = /^(?:0|200|ok|success|none|null|<?nil>?|undefined|false)?$/i;
/** Each envelope takes two steps, and one that is passed on as text another. */
const MAX_DEPTH = 8;
/** Fields of an error beyond this are left alone. */
const MAX_ENTRIES = 100;
/** What is compared of two texts, in characters: to find one in the other may take their product. */
const MAX_COMPARED_CHARS = 1000;

/** Reads a parsed body that may be an error; undefined if it is none. */
export function errorOf(body: unknown): ErrorBody | undefined {
	const object = asObject(Array.isArray(body) ? body[0] : body);
	if (!object) return undefined;
	const isError = object.object === 'error' || isFlat(object);
	return isError ? describeError(object) : errorIn(object);
}

/** Reads the envelope of an error in an object whose other fields are none, such as a choice. */
export function errorIn(object: JsonObject): ErrorBody | undefined {
	const isError = tellsAny(object.error) || tellsAny(object.errors);
	return isError ? describeError(object) : undefined;
}

/** Gateways that always send an envelope leave it empty if nothing went wrong. */
function tellsAny(error: unknown, depth = MAX_DEPTH): boolean {
	const text = asText(error)?.trim();
	if (text !== undefined) return !OK.test(text);
	if (typeof error !== 'object' || error === null || depth === 0) return error === true;
	return fieldsOf(error, MAX_ENTRIES).some(([, value]) => tellsAny(value, depth - 1));
}

/** An error without an envelope has words, and nothing that a reply has. */
function isFlat(object: JsonObject): boolean {
	const { choices, data, b64_json: image, usage, code, success } = object;
	const only = asObject(data);
	const content = only ? (only.b64_json ?? only.url) : data;
	const isReply = [choices, content, image].some(holdsAny);
	// A gateway may put its "ok" beside whatever it passes on, such as a chunk without a choice.
	const isOk = OK.test(asText(code) ?? '') && Boolean(choices ?? usage ?? holdsAny(data));
	const words = wordsOf(object);
	if (success === false) return words !== undefined;
	return !(isReply || isOk) && words !== undefined && !OK.test(words);
}

/** Services that have nothing to give may send an empty list or object. */
function holdsAny(value: unknown): boolean {
	return typeof value === 'string' ? value !== '' : fieldsOf(value, 1).length > 0;
}

/** Reads the text of a reply with an error status: JSON of any shape, HTML, plain text or nothing. */
export function parseErrorBody(text: string): ErrorBody {
	const trimmed = text.trim();
	try {
		const body = parseJson(trimmed);
		const object = asObject(Array.isArray(body) ? body[0] : body);
		return object ? describeError(object) : { message: asText(body) };
	} catch {
		const isHtml = trimmed.startsWith('<');
		const title = /<(?:title|h1)[^<>]*>([^<]+)</i.exec(trimmed)?.[1]?.trim();
		return { message: isHtml ? title : trimmed || undefined };
	}
}

function describeError(body: JsonObject): ErrorBody {
	const inner = asObject(body.error) ?? asObject(asArray(body.errors)[0]) ?? asObject(body.detail);
	const fact = (name: string) => asText(inner?.[name]) ?? asText(body[name]);
	return {
		// What stands beside an envelope may say that the request as such went well.
		message: wordsOf(inner) ?? wordsOf(body) ?? asText(inner?.code) ?? asText(inner?.type),
		type: fact('type'),
		code: fact('code'),
		requestId: fact('request_id') ?? fact('requestId'),
	};
}

/** The words of an error, however deep they stand; what a provider said behind a gateway, too. */
function wordsOf(value: unknown, depth = MAX_DEPTH): string | undefined {
	if (depth === 0) return undefined;
	if (typeof value === 'string') return wordsOfText(value, depth);
	if (Array.isArray(value)) return wordsOf(value[0], depth - 1);
	const object = asObject(value);
	if (!object) return undefined;
	const said = WORDS.map((name) => wordsOf(object[name], depth - 1)).find(Boolean);
	const cause = wordsOf(asObject(object.metadata)?.raw, depth - 1);
	return said && cause && !includes(said, cause) ? `${said}: ${cause}` : (said ?? cause);
}

function includes(text: string, part: string): boolean {
	return text.slice(0, MAX_COMPARED_CHARS).includes(part.slice(0, MAX_COMPARED_CHARS));
}

/** A gateway may pass on the body of its provider's error as text. */
function wordsOfText(text: string, depth: number): string | undefined {
	const trimmed = text.trim();
	if (!/^[{[]/.test(trimmed)) return trimmed || undefined;
	try {
		return wordsOf(parseJson(trimmed), depth - 1) ?? trimmed;
	} catch {
		return trimmed;
	}
}
