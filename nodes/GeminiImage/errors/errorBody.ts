import type { ErrorDetails } from './apiError';
import { asObject, asText, type JsonObject } from '../json';

const EXCERPT_CHARS = 300;
/** Perhaps in lines, of which the last may be short, and with slashes as JSON escapes them. */
const LONG = String.raw`[\w+/\\-]{60,}(?:\r?\n[\w+/\\-]+)*={0,2}`;
/** A path of that length has no capital letter, base64 has many. */
const BASE64 = new RegExp(String.raw`(?=[a-z\d_+/\\-]*[A-Z])${LONG}`, 'g');
const DATA_URL = new RegExp(`data:[\\w/.+;=\\\\-]{0,200};base64,(?:${LONG}|[\\w+/=\\\\-]*)`, 'g');

/** What an error body of any of the known shapes says (reference: OpenAI, and gateways seen). */
export interface ErrorBody extends Pick<ErrorDetails, 'type' | 'code' | 'requestId'> {
	message?: string;
}

/** Reads a parsed body that may be an error; undefined where it is none. */
export function errorOf(body: unknown): ErrorBody | undefined {
	const object = asObject(body);
	if (!object) return undefined;
	const { error } = object;
	if (typeof error === 'string' && error !== '') return { message: error };
	const nested = asObject(error);
	if (nested) return describeError(nested);
	return object.object === 'error' ? describeError(object) : undefined;
}

/** Reads the text of a reply with an error status: JSON of any shape, HTML, plain text or nothing. */
export function parseErrorBody(text: string): ErrorBody {
	const trimmed = text.trim();
	try {
		const body: unknown = JSON.parse(trimmed);
		const object = asObject(Array.isArray(body) ? body[0] : body);
		return errorOf(object) ?? (object ? describeError(object) : { message: asText(body) });
	} catch {
		const isHtml = trimmed.startsWith('<');
		const title = /<(title|h1)[^<>]*>([^<]+)</i.exec(trimmed)?.[2]?.trim();
		return { message: isHtml ? title : trimmed || undefined };
	}
}

/** The fields of an error object. */
export function describeError(object: JsonObject): ErrorBody {
	return {
		message: asText(object.message) ?? asText(object.detail),
		type: asText(object.type),
		code: asText(object.code),
		requestId: asText(object.request_id),
	};
}

/** An error whose every field is fit to be shown. */
export function cleanError(error: ErrorBody, clean: (text: string) => string): ErrorBody {
	const fields = Object.entries(error).map(([name, text]) => [name, text && clean(text)]);
	return Object.fromEntries(fields) as ErrorBody;
}

/** Text with the data of data URLs left out. */
export function withoutDataUrls(text: string): string {
	return text.replace(DATA_URL, '[base64]');
}

/** Foreign text fit for a message: no key, no base64, one line, short. */
export function cleanText(text: string, secrets: string[] = []): string {
	let clean = text;
	for (const secret of secrets) if (secret) clean = clean.replaceAll(secret, '***');
	clean = withoutDataUrls(clean).replace(BASE64, '[base64]').replace(/\s+/g, ' ').trim();
	return clean.length > EXCERPT_CHARS ? `${clean.slice(0, EXCERPT_CHARS)}…` : clean;
}
