import { ApiError, type ErrorDetails } from '../errors/apiError';
import { asObject } from '../json';
import { cleanError, parseErrorBody } from '../errors/errorBody';

type Clean = (text: string) => string;
type Headers = Record<string, unknown>;

const BILLED = 'The call may have been billed, so it was not repeated.';

/** What a status means and how to get unstuck; statuses without a row follow the row of their class. */
const STATUSES: Record<number, [message: string, description: string]> = {
	300: [
		'The service answered with a redirect',
		'Set the Base URL of the credential to the address that the service redirects to.',
	],
	400: ['The service did not accept the request', 'Change the parameter that the message names.'],
	401: [
		'Nexconn refused the API key',
		'Check the key of the credential, or try its other Authorization Format.',
	],
	402: ['The balance of the Nexconn account is used up', 'Top up the account, then run again.'],
	403: [
		'Nexconn denied access',
		'The key may not use this model, or a firewall in between refused the request.',
	],
	404: [
		'The service does not know this address or model',
		'Check the Model, and the Base URL of the credential: it usually ends in /v1.',
	],
	413: ['The request is too large for the service', 'Send fewer or smaller input images.'],
	422: ['The service could not process the request', 'Change the prompt or the input images.'],
	429: [
		'The service limits the rate of requests',
		'Lower Max Concurrency, raise Max Retries, or run again later.',
	],
	500: ['The service failed', `${BILLED} Try again later.`],
	502: ['The service could not reach the model', `${BILLED} Check the Model, or try again later.`],
	503: [
		'The service is overloaded or does not offer this model',
		'Check the Model, or run again later.',
	],
	504: ['The service took too long', `${BILLED} Try a smaller Image Size, or try again later.`],
	524: ['The service took too long', `${BILLED} Try a smaller Image Size, or try again later.`],
};

const RETRYABLE_STATUSES = [429, 503];
const REQUEST_ID_HEADERS = ['x-request-id', 'x-qiniu-request-id', 'cf-ray'];

/** The failure that an answer with a status other than 2xx stands for. */
export function statusError(
	status: number,
	headers: Headers,
	text: string,
	clean: Clean,
): ApiError {
	const { message, ...body } = parseErrorBody(text);
	const { requestId, ...facts } = cleanError(body, clean);
	const row = STATUSES[status] ?? STATUSES[Math.floor(status / 100) * 100];
	const [meaning, description] = row ?? ['The service answered unexpectedly', BILLED];
	const redirect = status < 400 && headers.location ? `to ${String(headers.location)}` : undefined;
	const said = clean(redirect ?? message ?? '');
	const header = REQUEST_ID_HEADERS.map((name) => headers[name]).find(
		(id) => typeof id === 'string',
	);
	const details: ErrorDetails = {
		httpCode: String(status),
		...facts,
		requestId: requestId ?? (header === undefined ? undefined : clean(header)),
	};
	return new ApiError(
		`${meaning} (${status})${said ? `: ${said}` : ''}`,
		description,
		details,
		isRepeatable(status, message) ? retryAfterMs(headers['retry-after']) : undefined,
	);
}

/** A model without a price is reported as 503 (Qiniu FAQ 13462), and no wait will change that. */
function isRepeatable(status: number, message = ''): boolean {
	return RETRYABLE_STATUSES.includes(status) && !message.includes('price of the model');
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); 0 where there is none. */
function retryAfterMs(header: unknown): number {
	const value = String(header ?? '').trim();
	if (value === '') return 0;
	const seconds = Number(value);
	const wait = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
	return Number.isNaN(wait) ? 0 : Math.max(0, wait);
}

/** Nothing was answered, so nothing was billed: these are safe to repeat. */
const REFUSED_CODES = ['ECONNREFUSED', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

/** Node's codes put into words; n8n replaces messages that contain a code by canned ones. */
const connectionFaults = (address: string): Record<string, string> => ({
	ECONNREFUSED: `nothing listens at ${address}`,
	ENOTFOUND: `the host of ${address} is unknown`,
	EAI_AGAIN: 'the host name could not be looked up',
	EHOSTUNREACH: 'there is no route to the host',
	ENETUNREACH: 'there is no route to the network',
	ECONNRESET: 'the connection was closed before an answer came',
	EPIPE: 'the connection was closed while the request was sent',
	ETIMEDOUT: 'the host did not answer',
	ECONNABORTED: 'no answer came within the Timeout',
	ERR_INVALID_URL: `${address} is not a valid URL`,
});

/** The failure that a request without any answer stands for. */
export function connectionError(error: unknown, clean: Clean, timeoutMs: number): ApiError {
	if (error instanceof ApiError) return error;
	const cause = causes(error).find((candidate) => candidate instanceof ApiError);
	if (cause instanceof ApiError) return cause;
	const code = codeOf(error);
	if (code === 'ECONNABORTED') return timedOut(timeoutMs);
	const isRefused = REFUSED_CODES.includes(code ?? '');
	return new ApiError(
		`The service could not be reached: ${reasonOf(error, 'the Base URL', clean)}`,
		isRefused || isCertificateFault(code) || code === 'ENOTFOUND'
			? 'Check the Base URL of the credential, and proxy and firewall of the n8n server.'
			: 'The call may have been billed, so it was not repeated. Try again.',
		{},
		isRefused ? 0 : undefined,
	);
}

/** The failure that an image which is linked but not to be had stands for. */
export function linkError(status: number): ApiError {
	return new ApiError(`${BROKEN_LINK} (${status})`, BILLED, { httpCode: String(status) });
}

/** The failure that a link without any answer stands for. */
export function linkConnectionError(error: unknown, clean: Clean): ApiError {
	return new ApiError(`${BROKEN_LINK}: ${reasonOf(error, 'its address', clean)}`, BILLED);
}

const BROKEN_LINK = 'The reply links to an image that cannot be loaded';

/** The failure that a reply which breaks off stands for. */
export function connectionLost(error: unknown): ApiError {
	if (error instanceof ApiError) return error;
	return new ApiError(
		'The connection was lost in the middle of the reply',
		`${BILLED} Try again; if it happens again, look for a proxy with a time limit.`,
	);
}

/** The failure that silence stands for. */
export function timedOut(timeoutMs: number): ApiError {
	return new ApiError(
		`The service sent nothing for ${timeoutMs / 1000} seconds`,
		`${BILLED} Raise the Timeout, or try a smaller Image Size.`,
	);
}

/** The error and what caused it, outermost first. */
function causes(error: unknown): unknown[] {
	const chain: unknown[] = [];
	for (let next = error; next && chain.length < 5; next = asObject(next)?.cause) chain.push(next);
	return chain;
}

/** Node's code for the failure, wherever in the chain it stands. */
function codeOf(error: unknown): string | undefined {
	return causes(error)
		.map((candidate) => asObject(candidate)?.code)
		.find((candidate): candidate is string => typeof candidate === 'string');
}

function isCertificateFault(code: string | undefined): boolean {
	return code !== undefined && /CERT|SIGNATURE|SSL|TLS/.test(code);
}

function reasonOf(error: unknown, address: string, clean: Clean): string {
	const code = codeOf(error);
	const known = connectionFaults(address)[code ?? ''];
	if (known) return known;
	return isCertificateFault(code) ? 'its certificate is not trusted' : clean(messageOf(error));
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
