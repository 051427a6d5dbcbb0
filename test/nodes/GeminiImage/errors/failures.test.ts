import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import {
	badBaseUrl,
	connectionError,
	connectionLost,
	linkError,
	statusError,
	timedOut,
} from '../../../../nodes/GeminiImage/errors/failures';

const failure = (status: number, text = '', headers: Record<string, unknown> = {}) =>
	statusError(status, headers, text, 'gemini-9');
const body = (message: string, fields: object = {}) =>
	JSON.stringify({ error: { message, ...fields } });

describe('an answer with an error status', () => {
	test.each<[number, string, string, string]>([
		[302, '', 'The service answered with a redirect (302)', 'Base URL'],
		[403, 'error code: 1010', 'Nexconn denied access (403): error code: 1010', 'firewall'],
		[404, '{}', 'The service does not know this address or model (404)', '/v1'],
		// Those of a class without a row of their own.
		[418, 'teapot', 'The service did not accept the request (418): teapot', 'parameter'],
		[522, '', 'The service failed (522)', 'billed'],
		[700, 'what?', 'The service answered unexpectedly (700): what?', 'billed'],
	])(
		'An answer with the status %i is an error that says what happened and what to do',
		(status, text, message, description) => {
			const error = failure(status, text);
			expect(error).toBeInstanceOf(ApiError);
			expect(error.message).toBe(message);
			expect(error.description).toContain(description);
			expect(error.details.httpCode).toBe(String(status));
		},
	);

	test('The details of an error status hold the type, the code and the request id of the answer', () => {
		const text = body('No', { type: 'server_error', code: 'internal_error' });
		expect(failure(500, text, { 'x-request-id': 'r-1' }).details).toMatchObject({
			httpCode: '500',
			type: 'server_error',
			code: 'internal_error',
			requestId: 'r-1',
		});
	});

	test.each([
		[{ 'x-request-id': 'a', 'x-qiniu-request-id': 'b' }, '{}', 'a'],
		[{ 'x-qiniu-request-id': 'b', 'cf-ray': 'c' }, '{}', 'b'],
		[{ 'cf-ray': 'c' }, '{}', 'c'],
		[{ 'x-request-id': 'a' }, '{"message":"No","request_id":"d"}', 'd'],
		[{}, '{}', undefined],
	])(
		'The request id of an answer with the headers %j and the body %s is %s',
		(headers, text, requestId) => {
			expect(failure(500, text, headers).details.requestId).toBe(requestId);
		},
	);

	test('The message of an answer with a redirect names the target', () => {
		expect(failure(308, '', { location: 'https://api.example/v1/' }).message).toBe(
			'The service answered with a redirect (308): to https://api.example/v1/',
		);
	});
});

describe('the wait that the service asks for', () => {
	const now = Date.parse('2026-11-20T10:00:00Z');
	beforeEach(() => jest.useFakeTimers({ now }));
	afterEach(() => jest.useRealTimers());

	test.each<[unknown, number]>([
		[undefined, 0],
		['', 0],
		['0', 0],
		['7', 7_000],
		[' 1.5 ', 1_500],
		[30, 30_000],
		['3600', 3_600_000],
		['Fri, 20 Nov 2026 10:00:20 GMT', 20_000],
		['Fri, 20 Nov 2026 09:00:00 GMT', 0],
		['-5', 0],
		['soon', 0],
	])('A 429 or 503 with a Retry-After of %p may be repeated after %i ms', (header, wait) => {
		for (const status of [429, 503]) {
			expect(failure(status, '', { 'retry-after': header }).retryAfterMs).toBe(wait);
		}
	});

	test.each([302, 400, 408, 409, 500, 502, 504, 524])(
		'A %i is not repeated, even with a Retry-After',
		(status) => {
			expect(failure(status, '', { 'retry-after': '1' }).retryAfterMs).toBeUndefined();
		},
	);

	test('A 503 for a model that the service does not have is not repeated, even with a Retry-After', () => {
		const text = body('the price of the model is not set (model: gemini-9)');
		expect(failure(503, text, { 'retry-after': '1' }).retryAfterMs).toBeUndefined();
	});
});

describe('no answer at all', () => {
	const withCode = (code: string) =>
		Object.assign(new Error(`connect ${code} 127.0.0.1:9`), { code });
	const BASE_URL = 'Check the Base URL';

	test.each<[string, string, string, boolean]>([
		['ECONNREFUSED', 'nothing listens at the Base URL', BASE_URL, true],
		['EAI_AGAIN', 'the host name could not be looked up', BASE_URL, true],
		['ENOTFOUND', 'the host of the Base URL is unknown', BASE_URL, false],
		['CERT_HAS_EXPIRED', 'its certificate is not trusted', BASE_URL, false],
		['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate is not trusted', BASE_URL, false],
		['ECONNRESET', 'the connection was closed before an answer came', 'billed', false],
		['EPIPE', 'the connection was closed while the request was sent', 'billed', false],
		['ETIMEDOUT', 'the host did not answer', 'billed', false],
	])(
		'A connection that fails with %s says why, and is repeated only if its row says so',
		(code, reason, description, isRepeated) => {
			for (const error of [withCode(code), new Error('failed', { cause: withCode(code) })]) {
				const { message, description: help, retryAfterMs, details } = connectionError(error);
				expect(message).toBe(`The service could not be reached: ${reason}`);
				expect(help).toContain(description);
				expect(retryAfterMs).toBe(isRepeated ? 0 : undefined);
				expect(details.httpCode).toBeUndefined();
			}
		},
	);

	test.each<[unknown, string]>([
		[new Error('Bad header X'), 'Bad header X'],
		[withCode('E_STRANGE'), 'connect E_STRANGE 127.0.0.1:9'],
		['some text', 'some text'],
	])('A connection that fails with %p quotes it, and is not repeated', (error, reason) => {
		const { message, retryAfterMs } = connectionError(error);
		expect(message).toBe(`The service could not be reached: ${reason}`);
		expect(retryAfterMs).toBeUndefined();
	});

	test('A request that fails because of the file to send keeps that failure', () => {
		const changed = new ApiError('The file changed', '');
		expect(connectionError(changed)).toBe(changed);
		expect(connectionError(new Error('aborted', { cause: changed }))).toBe(changed);
	});
});

test('A reply that breaks off warns of the bill, and one that falls silent names the Timeout', () => {
	expect(connectionLost(new Error('aborted'))).toMatchObject({
		message: 'The connection was lost in the middle of the reply',
		description: expect.stringContaining('billed') as string,
		retryAfterMs: undefined,
	});
	expect(timedOut(90_000)).toMatchObject({
		message: 'The service sent nothing for 90 seconds',
		description: expect.stringContaining('Timeout') as string,
		retryAfterMs: undefined,
	});
	expect(connectionLost(timedOut(1000)).message).toBe('The service sent nothing for 1 seconds');
});

test('The error of a linked image that cannot be loaded tells nothing of why', () => {
	expect(linkError()).toMatchObject({
		message: 'The reply links to an image that cannot be loaded',
		details: {},
		retryAfterMs: undefined,
	});
});

describe('a long wait that the service asks for', () => {
	test.each([
		['60', undefined],
		['61', 'It asks to wait 2 minutes'],
		['3600', 'It asks to wait 60 minutes'],
		['7200', 'It asks to wait 2 hours'],
	])(
		'A 429 with a Retry-After of %s seconds tells of the wait only if it is more than a minute',
		(header, advice) => {
			const limited = failure(429, body('Slow down'), { 'retry-after': header });
			expect(limited.message).toBe('The service limits the rate of requests (429): Slow down');
			expect(limited.advice).toBe(advice);
			expect(failure(500, '', { 'retry-after': header }).advice).toBeUndefined();
		},
	);
});

test('The error of a model that is gone names the ids that follow it, and is not repeated', () => {
	const text = body('The model `gemini-3-pro-image-preview` does not exist');
	const error = statusError(404, { 'retry-after': '1' }, text, 'gemini-3-pro-image-preview');
	expect(error.advice).toContain("'gemini-3-pro-image' or 'google/gemini-3-pro-image'");
	expect(error.retryAfterMs).toBeUndefined();
});

test.each([
	['', 'The Base URL of the credential is empty'],
	[' ', 'The Base URL of the credential is empty'],
	['file:///etc', "The Base URL of the credential 'file:///etc' is no http(s) address"],
	['x'.repeat(500), `The Base URL of the credential '${'x'.repeat(100)}' is no http(s) address`],
])(
	'The error of the Base URL %j says what is wrong with it, and that nothing was sent',
	(baseUrl, message) => {
		const error = badBaseUrl(baseUrl);
		expect(error.message).toBe(message);
		expect(error.description).toContain('Nothing was sent');
		expect(error.details).toEqual({ field: 'Base URL' });
	},
);
