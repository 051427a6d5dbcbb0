import { STATUS_CODES } from 'node:http';

import { ApiError, badRequest, unauthorized } from '../server/apiError';
import { reply, replyError, replyJson } from '../server/reply';
import type { Exchange, Profile } from '../types';

const known: Record<number, ApiError> = {
	400: badRequest('Invalid request parameters'),
	401: unauthorized(),
	403: new ApiError(403, 'You do not have access', 'access_denied_error', 'access_denied'),
	404: new ApiError(404, 'The model does not exist', 'invalid_request_error', 'model_not_found'),
	413: new ApiError(413, 'Request body is too large', 'invalid_request_error', 'body_too_large'),
	429: new ApiError(429, 'Rate limit reached', 'rate_limit_error', 'rate_limit_exceeded'),
	500: new ApiError(500, 'Internal server error', 'server_error', 'internal_error'),
	502: new ApiError(502, 'Upstream request failed', 'upstream_error', 'bad_gateway'),
	503: new ApiError(503, 'The service is overloaded', 'server_error', 'service_unavailable'),
	524: new ApiError(524, 'The origin did not answer in time', 'server_error', 'timeout'),
};

export function errorFor(status: number): ApiError {
	const fallback = status < 500 ? 'invalid_request_error' : 'server_error';
	const text = STATUS_CODES[status] ?? `Unexpected status ${status}`;
	return known[status] ?? new ApiError(status, text, fallback, `status_${status}`);
}

const html = { 'Content-Type': 'text/html' };
const page = (text: string) =>
	`<html><head><title>${text}</title></head><body><h1>${text}</h1></body></html>`;

const echoKey = ({ req }: Exchange) =>
	unauthorized(`Invalid API key provided: ${req.headers.authorization ?? ''}`);

function withHeader(name: string, value: string) {
	return (exchange: Exchange) => replyError(exchange, errorFor(500), { [name]: value });
}

const answerJson = (status: number, body: unknown) => (exchange: Exchange) =>
	replyJson(exchange, status, body);

/** Every request that gets so far is answered with this error. */
export const errors: Record<string, Profile> = {
	status: {
		description: 'status-<code>: that status with the usual error body',
		number: [400, 599],
		answer: (exchange, code) => replyError(exchange, errorFor(code)),
	},
	'flat-error': {
		description: '400 {code, message, request_id}',
		answer: answerJson(400, {
			code: 'invalid_parameters',
			message: 'Invalid request parameters',
			request_id: 'req-flat-1',
		}),
	},
	'string-error': {
		description: '400 {error: "..."}',
		answer: answerJson(400, { error: 'Invalid request parameters' }),
	},
	'message-error': {
		description: '400 {message}',
		answer: answerJson(400, { message: 'Invalid request parameters' }),
	},
	'html-error': {
		description: '502 with an HTML page',
		answer: (exchange) => reply(exchange, 502, page('502 Bad Gateway'), html),
	},
	'text-error': {
		description: '403 "error code: 1010" as plain text',
		answer: (exchange) =>
			reply(exchange, 403, 'error code: 1010', { 'Content-Type': 'text/plain' }),
	},
	'empty-error': {
		description: '500 without a body',
		answer: (exchange) => reply(exchange, 500, ''),
	},
	'access-denied': {
		description: '403 access_denied_error',
		answer: (exchange) => replyError(exchange, errorFor(403)),
	},
	'upstream-502': {
		description: '502 upstream_error',
		answer: (exchange) => replyError(exchange, errorFor(502)),
	},
	'key-echo': {
		description: '401 whose message repeats the Authorization header',
		early: (exchange) => replyError(exchange, echoKey(exchange)),
	},
	'base64-echo': {
		description: '400 whose message holds a long base64 image',
		answer: (exchange) => {
			const base64 = Buffer.alloc(30_000, 'image').toString('base64');
			const message = `Cannot read data:image/png;base64,${base64} as an image`;
			return replyError(exchange, badRequest(message));
		},
	},
	'big-error': {
		description: '500 with 5 MB of HTML',
		answer: (exchange) => {
			const filler = '<p>Something went wrong.</p>\n'.repeat(180_000);
			return reply(exchange, 500, page('500 Internal Server Error') + filler, html);
		},
	},
	'request-id': {
		description: '500 with an X-Request-Id header',
		answer: withHeader('X-Request-Id', 'req-emulator-1'),
	},
	'qiniu-request-id': {
		description: '500 with an X-Qiniu-Request-Id header',
		answer: withHeader('X-Qiniu-Request-Id', 'req-qiniu-1'),
	},
	'error-200': {
		description: '200 with an error body',
		answer: (exchange) => replyJson(exchange, 200, errorFor(500).body),
	},
	'error-200-string': {
		description: '200 {error: "..."}',
		answer: answerJson(200, { error: 'Something went wrong upstream' }),
	},
	'key-echo-200': {
		description: '200 with an error body whose message repeats the Authorization header',
		answer: (exchange) => replyJson(exchange, 200, echoKey(exchange).body),
	},
	redirect: {
		description: '307 to the same route without a profile',
		answer: (exchange) => {
			const Location = `${exchange.host.origin}/v1${exchange.path}`;
			return reply(exchange, 307, '', { Location });
		},
	},
	'redirect-away': {
		description: '302 to a host where nobody listens',
		answer: (exchange) => reply(exchange, 302, '', { Location: 'http://127.0.0.1:1/' }),
	},
};
