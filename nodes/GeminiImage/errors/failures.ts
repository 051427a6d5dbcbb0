import { describeBadBaseUrl } from '../../../credentials/NexconnApi.credentials';
import { asArray, asObject } from '../json';
import { ApiError, type ErrorDetails, type Guidance } from './apiError';
import { parseErrorBody } from './errorBody';
import { goneAdvice, isModelGone, notOffered, slipAdvice } from './goneModel';
import { isQuotaUsedUp, MAX_WAIT_MS, waitAskedFor } from './waits';

type Headers = Record<string, unknown>;

const BILLED = 'The call may have been billed, so it was not repeated.';
const COME_BACK = 'Run again when that time is over: the node itself waits for a minute at most.';
const USED_UP =
	'A quota is used up, and to wait a little does not refill it: raise it, or run again when it is refilled. The request was not repeated.';
const NOT_SENT =
	'The request was not sent whole, so nothing can have been billed. Try again; if it happens again, send smaller input images.';
const CHECK_URL =
	'Check the Base URL of the credential, and proxy and firewall of the n8n server. Nothing was sent.';

/** What a status means, and how to get unstuck. */
type Meaning = [message: string, description: string];

const UNKNOWN_ADDRESS: Meaning = [
	'The service does not know this address or model',
	'Check the Model, and the Base URL of the credential: it usually ends in /v1.',
];
const TOOK_TOO_LONG: Meaning = [
	'The service took too long',
	`${BILLED} Try a smaller Image Size, or try again later.`,
];
const UNEXPECTED: Meaning = ['The service answered unexpectedly', BILLED];

const BY_STATUS: Record<number, Meaning> = {
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
	404: UNKNOWN_ADDRESS,
	405: UNKNOWN_ADDRESS,
	407: [
		'A proxy wants n8n to sign in',
		'Check the proxy settings of the n8n server. Nothing reached the service.',
	],
	408: TOOK_TOO_LONG,
	410: UNKNOWN_ADDRESS,
	413: ['The request is too large for the service', 'Send fewer or smaller input images.'],
	422: ['The service could not process the request', 'Change the prompt or the input images.'],
	429: [
		'The service limits the rate of requests',
		'Lower Max Concurrency, raise Max Retries, or run again later.',
	],
	499: TOOK_TOO_LONG,
	502: ['The service could not reach the model', `${BILLED} Check the Model, or try again later.`],
	503: [
		'The service is overloaded or does not offer this model',
		'Check the Model, or run again later.',
	],
	504: TOOK_TOO_LONG,
	511: [
		'The network wants n8n to sign in',
		'Check network and proxy of the n8n server. Nothing reached the service.',
	],
	524: TOOK_TOO_LONG,
};

/** What all other statuses mean, by their first digit. */
const BY_CLASS: Record<number, Meaning> = {
	3: [
		'The service answered with a redirect',
		'Set the Base URL of the credential to the address that the service redirects to.',
	],
	4: [
		'The service, or a proxy in front of it, refused the request',
		'Check the Base URL of the credential, proxy and firewall of the n8n server, and Extra Body.',
	],
	5: ['The service failed', `${BILLED} Try again later.`],
};

const CHOOSE_ANOTHER =
	'Choose a model from the list of the field, which shows what the account offers.';
const RETRYABLE_STATUSES = [429, 503];
const REQUEST_ID_HEADERS = ['x-request-id', 'x-qiniu-request-id', 'cf-ray'];

/** The error for an answer with a status other than 2xx, of which `text` is the body or its start. */
export function statusError(
	status: number,
	headers: Headers,
	text: string,
	model?: string,
): ApiError {
	const { message, requestId, ...facts } = parseErrorBody(text);
	const isGone = model !== undefined && isModelGone(status, `${facts.code ?? ''} ${message ?? ''}`);
	const row = BY_STATUS[status] ?? BY_CLASS[Math.floor(status / 100)] ?? UNEXPECTED;
	const [meaning, usual] = isGone ? [notOffered(model), CHOOSE_ANOTHER] : row;
	const redirect = status < 400 && headers.location ? `to ${String(headers.location)}` : undefined;
	const said = redirect ?? message;
	const ids = [requestId, ...REQUEST_ID_HEADERS.map((name) => headers[name])];
	const isBusy = RETRYABLE_STATUSES.includes(status) && !isGone;
	const { description = usual, retryAfterMs, advice } = isBusy ? whatToWaitFor(headers, text) : {};
	return new ApiError(
		`${meaning} (${status})${said ? `: ${said}` : ''}`,
		description,
		{
			httpCode: String(status),
			...facts,
			requestId: ids.find((id) => typeof id === 'string'),
		},
		{
			retryAfterMs,
			advice: isGone ? goneAdvice(model) : (advice ?? slipAdvice(status, model ?? '')),
		},
	);
}

/** What a busy service asks for, and what to do about it where that is more than to wait a little. */
function whatToWaitFor(headers: Headers, text: string): Guidance & { description?: string } {
	if (isQuotaUsedUp(text)) return { description: USED_UP };
	const retryAfterMs = waitAskedFor(headers, text);
	if (retryAfterMs <= MAX_WAIT_MS) return { retryAfterMs };
	return { description: COME_BACK, retryAfterMs, advice: waitAdvice(retryAfterMs) };
}

/** A longer wait than the node's own is told, so that the user can plan. */
function waitAdvice(waitMs: number): string {
	const minutes = Math.ceil(waitMs / 60_000);
	return `It asks to wait ${minutes < 120 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`}`;
}

/** What came of a request without an answer. */
interface Fault {
	/** In words, as n8n replaces messages that contain a code of Node by canned ones. */
	reason: string;
	/** There was no connection, so nothing can have been billed. */
	isUnsent?: boolean;
	/** It may be over in a moment: the request is worth repeating, unless it may have been billed. */
	isPassing?: boolean;
}

const NO_LOOK_UP: Fault = { reason: 'the host name could not be looked up', isUnsent: true };

/** By Node's code. */
const FAULTS: Record<string, Fault> = {
	ECONNREFUSED: { reason: 'nothing listens at the Base URL', isUnsent: true, isPassing: true },
	EAI_AGAIN: { ...NO_LOOK_UP, isPassing: true },
	EHOSTUNREACH: { reason: 'there is no route to the host', isPassing: true },
	ENETUNREACH: { reason: 'there is no route to the network', isPassing: true },
	ENOTFOUND: { reason: 'the host of the Base URL is unknown', isUnsent: true },
	EPROTO: {
		reason: 'the Base URL begins with https, but the server there does not speak it',
		isUnsent: true,
	},
	ECONNRESET: { reason: 'the connection was closed before an answer came', isPassing: true },
	EPIPE: { reason: 'the connection was closed while the request was sent', isPassing: true },
	ETIMEDOUT: { reason: 'the host did not answer' },
};

const UNTRUSTED: Fault = { reason: 'its certificate is not trusted', isUnsent: true };

/**
 * The error for a request without any answer.
 *
 * @param isSentWhole whether all of its body had been taken
 */
export function connectionError(error: unknown, isSentWhole: boolean): ApiError {
	const own = causes(error).find((candidate) => candidate instanceof ApiError);
	if (own instanceof Silence && !isSentWhole) return new ApiError(own.message, NOT_SENT);
	if (own instanceof ApiError) return own;
	const { reason, isUnsent, isPassing } = faultOf(error);
	const isBillable = isSentWhole && !isUnsent;
	const unbilled = isUnsent ? CHECK_URL : NOT_SENT;
	return new ApiError(
		`The service could not be reached: ${reason}`,
		isBillable ? `${BILLED} Try again.` : unbilled,
		{},
		{ retryAfterMs: isPassing && !isBillable ? 0 : undefined },
	);
}

function faultOf(error: unknown): Fault {
	const codes = causes(error).map((candidate) => asObject(candidate)?.code);
	const code = codes.find((candidate) => typeof candidate === 'string');
	const known = FAULTS[isHangUp(error) ? 'ECONNRESET' : (code ?? '')];
	if (known) return { ...known, isUnsent: known.isUnsent ?? isIn('connect', error) };
	if (code && /WRONG_VERSION|PACKET_LENGTH/.test(code)) return FAULTS.EPROTO as Fault;
	if (code && /CERT|SIGNATURE|SSL|TLS/.test(code)) return UNTRUSTED;
	// Such as that of a name that is longer than a host's may be.
	if (isIn('getaddrinfo', error)) return NO_LOOK_UP;
	return { reason: error instanceof Error ? error.message : String(error) };
}

/** Whether a call of the system failed: to look up a host, or to connect to it. */
function isIn(syscall: 'getaddrinfo' | 'connect', error: unknown): boolean {
	return causes(error).some((cause) => asObject(cause)?.syscall === syscall);
}

/** Node's words for a connection that was closed, which not every layer passes on with a code. */
function isHangUp(error: unknown): boolean {
	return causes(error).some((cause) => asObject(cause)?.message === 'socket hang up');
}

/** The error and what caused it, outermost first; if a host has several addresses, each failed. */
function causes(error: unknown): unknown[] {
	const chain: unknown[] = [];
	for (let next = error; next && chain.length < 5; next = asObject(next)?.cause) chain.push(next);
	return chain.flatMap((each) => [each, ...asArray(asObject(each)?.errors)]);
}

/** The error for a Base URL that is none. */
export function badBaseUrl(baseUrl: string): ApiError {
	return new ApiError(
		describeBadBaseUrl(baseUrl),
		'It takes an address such as https://api-xmodel.nexconn.ai/v1. Nothing was sent.',
		{ field: 'Base URL' },
	);
}

/** The error for a reply that breaks off. */
export function connectionLost(error: unknown): ApiError {
	if (error instanceof ApiError) return error;
	return new ApiError(
		'The connection was lost in the middle of the reply',
		`${BILLED} Try again; if it happens again, look for a proxy with a time limit.`,
	);
}

/** The other side said nothing, perhaps before it had the whole request. */
class Silence extends ApiError {}

/** The error for a silence of that length. */
export function timedOut(timeoutMs: number): ApiError {
	return new Silence(
		`The service sent nothing for ${timeoutMs / 1000} seconds`,
		`${BILLED} Raise the Timeout, or try a smaller Image Size.`,
	);
}

/**
 * The error for a link of a reply, the same whatever became of it: closed ports and open ones,
 * refused addresses and unknown ones must not differ.
 *
 * @param said what the model said besides
 */
export function linkError(said = '', details: ErrorDetails = {}): ApiError {
	return new ApiError(
		`The reply links to an image that cannot be loaded${said ? `: ${said}` : ''}`,
		'The call may have been billed. Try again; links into the network of n8n are followed to the host of the Base URL alone.',
		details,
	);
}
