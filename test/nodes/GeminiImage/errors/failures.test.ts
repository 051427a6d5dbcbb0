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
		[
			418,
			'teapot',
			'The service, or a proxy in front of it, refused the request (418): teapot',
			'firewall',
		],
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
		['30s', 30_000],
		['1m30s', 90_000],
		['5 seconds', 5_000],
	])('A 429 or 503 with a Retry-After of %p may be repeated after %i ms', (header, wait) => {
		for (const status of [429, 503]) {
			expect(failure(status, '', { 'retry-after': header }).retryAfterMs).toBe(wait);
		}
	});

	const details = (...entries: object[]) => body('Slow down', { details: entries });
	const retryDelay = (delay: unknown) => ({
		'@type': 'type.googleapis.com/google.rpc.RetryInfo',
		retryDelay: delay,
	});
	const quotaId = (id: string) => ({
		'@type': 'type.googleapis.com/google.rpc.QuotaFailure',
		violations: [{ quotaMetric: 'generate_content_requests', quotaId: id, quotaValue: '15' }],
	});
	const PER_DAY = quotaId('GenerateRequestsPerDayPerProjectPerModel-FreeTier');
	const PER_MINUTE = quotaId('GenerateRequestsPerMinutePerProjectPerModel-FreeTier');

	test.each<[unknown, number]>([
		['0', 0],
		['1500', 1_500],
		[' 250 ', 250],
		[30, 30],
		['-5', 0],
		['soon', 0],
	])('A 429 or 503 with a retry-after-ms of %p may be repeated after %i ms', (header, wait) => {
		for (const status of [429, 503]) {
			expect(failure(status, '', { 'retry-after-ms': header }).retryAfterMs).toBe(wait);
		}
	});

	test.each<[string, string, number]>([
		['a retryDelay', details(retryDelay('6s')), 6_000],
		['a retryDelay of a fraction', details(retryDelay('6.5s')), 6_500],
		['a retryDelay behind other details', details({}, PER_MINUTE, retryDelay('6s')), 6_000],
		['a retryDelay in the list of Google', `[${details(retryDelay('6s'))}]`, 6_000],
		['a retryDelay that is none', details(retryDelay('soon')), 0],
		['a retryDelay that is a list', details(retryDelay(['6s'])), 0],
		['details that are no list', body('Slow down', { details: 'retryDelay: 6s' }), 0],
		['the words of Google', body('Quota exceeded. Please retry in 6.2s.'), 6_200],
		['the words of OpenAI', body('Limit 500000, used 490000. Please try again in 250ms.'), 250],
		['words of minutes', body('Rate limit reached. Please retry in 1m20s'), 80_000],
		['words of seconds', body('Too many requests, please try again in 20 seconds.'), 20_000],
		['words without an envelope', '{"code":429,"msg":"Busy, retry in 3s"}', 3_000],
		['words as plain text', 'Busy, retry in 3s', 3_000],
		['a retryDelay as a number', details(retryDelay(6)), 6_000],
		['a retryDelay in parts', details(retryDelay({ seconds: '6', nanos: 0 })), 6_000],
		[
			'the error of a client in Python',
			body(`429 RESOURCE_EXHAUSTED. {'error': {'details': [{'retryDelay': '6s'}]}}`),
			6_000,
		],
		['Protocol Buffers as text', body('429 Quota [retry_delay {\n  seconds: 6\n}\n]'), 6_000],
		['a field of seconds', '{"message":"Slow down","retry_after":6.5}', 6_500],
		['a field of seconds in its envelope', body('Slow down', { retryAfter: '6' }), 6_000],
		['a field of milliseconds', body('Slow down', { retry_after_ms: 250 }), 250],
		['a field that tells a point in time', body('Slow down', { retry_after: 1_795_662_352 }), 0],
		['words of a wait', body('Please wait 12 seconds before the next request.'), 12_000],
		['words about a wait', body('Retry your request in about 5 seconds'), 5_000],
		['words in two lines', 'Please retry in\n6s', 6_000],
		['words of days', body('Try again in 3 days'), 259_200_000],
		['words in Chinese', body('请求过于频繁，请在 20 秒后重试'), 20_000],
		['words that ask for no wait', body('Too many requests, please retry'), 0],
	])('A 429 or 503 with %s may be repeated after the time that it tells', (_what, text, wait) => {
		for (const status of [429, 503]) expect(failure(status, text).retryAfterMs).toBe(wait);
	});

	const all = body('Please retry in 4s', { details: [retryDelay('3s')] });
	test.each<[string, object, string, number]>([
		[
			'retry-after-ms before all others',
			{ 'retry-after-ms': '1000', 'retry-after': '2' },
			all,
			1_000,
		],
		['Retry-After before the body', { 'retry-after': '2' }, all, 2_000],
		['retryDelay before the words', {}, all, 3_000],
		['a header that says nothing after those that do', { 'retry-after-ms': '' }, all, 3_000],
	])('The wait that counts is that of %s', (_what, headers, text, wait) => {
		expect(failure(429, text, { ...headers }).retryAfterMs).toBe(wait);
	});

	test.each<[string, string]>([
		['a quota of the day in its details', details(PER_DAY, retryDelay('6s'))],
		['the words "daily limit"', body('You have reached your daily limit. Please retry in 6s')],
		['the words "per day"', body('Limit of 100 requests per day exceeded, try again in 250ms')],
		['the code insufficient_quota', body('Check your plan', { code: 'insufficient_quota' })],
		['the type insufficient_quota', body('Check your plan', { type: 'insufficient_quota' })],
		['the code insufficient_user_quota', body('No', { code: 'insufficient_user_quota' })],
		['the type insufficient_user_quota', body('No', { type: 'insufficient_user_quota' })],
		['the words "monthly quota"', body('Your monthly token quota is used. Please retry in 6s')],
		['the words "weekly limit"', body('Weekly limit reached')],
		['the code insufficient_balance', body('No', { code: 'insufficient_balance' })],
		['the words "insufficient credits"', body('Insufficient credits. Please retry in 6s')],
		['a balance that is used up, in Chinese', body('账户余额不足，请充值')],
		['a quota that is used up, in Chinese', body('用户额度不足')],
	])('A 429 with %s is not repeated, and says that waiting does not help', (_what, text) => {
		for (const headers of [{}, { 'retry-after': '1' }, { 'retry-after-ms': '100' }]) {
			const { retryAfterMs, description } = failure(429, text, headers);
			expect(retryAfterMs).toBeUndefined();
			expect(description).toMatch(/\bwait/i);
			expect(description).not.toMatch(/Lower Max Concurrency|Run again then/);
		}
	});

	test('A 429 for a quota of the minute is repeated', () => {
		expect(failure(429, details(PER_MINUTE)).retryAfterMs).toBe(0);
		const advice = 'Limit of 10 requests per minute reached. Upgrade for $20 per month.';
		expect(failure(429, body(advice)).retryAfterMs).toBe(0);
	});

	test.each([302, 400, 408, 409, 500, 502, 504, 524])(
		'A %i is not repeated, in whatever way it asks to wait',
		(status) => {
			for (const name of ['retry-after', 'retry-after-ms']) {
				expect(failure(status, '', { [name]: '1' }).retryAfterMs).toBeUndefined();
			}
			for (const text of [details(retryDelay('1s')), body('Please retry in 1s')]) {
				expect(failure(status, text).retryAfterMs).toBeUndefined();
			}
		},
	);

	test('A 503 for a model that the service does not have is not repeated, even with a Retry-After', () => {
		const text = body('the price of the model is not set (model: gemini-9)');
		expect(failure(503, text, { 'retry-after': '1' }).retryAfterMs).toBeUndefined();
	});
});

describe('no answer at all', () => {
	const withCode = (code: string, syscall?: string) =>
		Object.assign(new Error(`${syscall ?? 'connect'} ${code} 127.0.0.1:9`), { code, syscall });
	const wrapped = (error: Error) => [error, new Error('failed', { cause: error })];
	const BASE_URL = 'Check the Base URL';
	const MAY_BE_BILLED = 'may have been billed';

	test.each<[string, string, boolean]>([
		['ECONNREFUSED', 'nothing listens at the Base URL', true],
		['EAI_AGAIN', 'the host name could not be looked up', true],
		['ENOTFOUND', 'the host of the Base URL is unknown', false],
		['CERT_HAS_EXPIRED', 'its certificate is not trusted', false],
		['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate is not trusted', false],
	])(
		'A connection that is never made, by %s, says why, and is repeated only if its row says so',
		(code, reason, isRepeated) => {
			for (const error of wrapped(withCode(code))) {
				for (const isSent of [false, true]) {
					const { message, description, retryAfterMs, details } = connectionError(error, isSent);
					expect(message).toBe(`The service could not be reached: ${reason}`);
					expect(description).toContain(BASE_URL);
					expect(retryAfterMs).toBe(isRepeated ? 0 : undefined);
					expect(details.httpCode).toBeUndefined();
				}
			}
		},
	);

	test.each(['EINVAL', 'ENAMETOOLONG', 'EAI_FAIL'])(
		'A host name that cannot be looked up, by %s, sends nothing, and nothing of it may have been billed',
		(code) => {
			for (const error of wrapped(withCode(code, 'getaddrinfo'))) {
				const { message, description, retryAfterMs } = connectionError(error, true);
				expect(message).toBe(
					'The service could not be reached: the host name could not be looked up',
				);
				expect(description).toContain(BASE_URL);
				expect(description).not.toContain(MAY_BE_BILLED);
				expect(retryAfterMs).toBeUndefined();
			}
		},
	);

	test.each<[string, string]>([
		['ECONNRESET', 'the connection was closed before an answer came'],
		['EPIPE', 'the connection was closed while the request was sent'],
		['ETIMEDOUT', 'the host did not answer'],
	])(
		'A request that was sent whole and fails with %s may have been billed, and is not repeated',
		(code, reason) => {
			for (const error of wrapped(withCode(code))) {
				const { message, description, retryAfterMs, details } = connectionError(error, true);
				expect(message).toBe(`The service could not be reached: ${reason}`);
				expect(description).toContain(MAY_BE_BILLED);
				expect(retryAfterMs).toBeUndefined();
				expect(details.httpCode).toBeUndefined();
			}
		},
	);

	test.each<[string, Error]>([
		['ECONNRESET', withCode('ECONNRESET', 'read')],
		['EPIPE', withCode('EPIPE', 'write')],
		['EHOSTUNREACH while it reads', withCode('EHOSTUNREACH', 'read')],
		['EHOSTUNREACH while it writes', withCode('EHOSTUNREACH', 'write')],
		['EHOSTUNREACH at an unknown moment', withCode('EHOSTUNREACH')],
		['ENETUNREACH at an unknown moment', withCode('ENETUNREACH')],
		['a socket that hangs up', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })],
		['a socket that hangs up without a code', new Error('socket hang up')],
	])(
		'A connection that breaks by %s is repeated only if the request had not been taken whole',
		(_what, broken) => {
			for (const error of wrapped(broken)) {
				const unsent = connectionError(error, false);
				expect(unsent.retryAfterMs).toBe(0);
				expect(unsent.description).toContain('billed');
				expect(unsent.description).not.toContain(MAY_BE_BILLED);
				const sent = connectionError(error, true);
				expect(sent.retryAfterMs).toBeUndefined();
				expect(sent.description).toContain(MAY_BE_BILLED);
			}
		},
	);

	const aggregate = (code: string) => new AggregateError([withCode(code, 'connect')], '');
	test.each<[string, string, Error]>([
		['EHOSTUNREACH', 'host', withCode('EHOSTUNREACH', 'connect')],
		['ENETUNREACH', 'network', withCode('ENETUNREACH', 'connect')],
		['EHOSTUNREACH at each address', 'host', aggregate('EHOSTUNREACH')],
		// As Node does it, with the code of the first of them.
		[
			'ENETUNREACH at each address',
			'network',
			Object.assign(aggregate('ENETUNREACH'), { code: 'ENETUNREACH' }),
		],
	])('A connection that cannot be made, by %s, is repeated', (_what, target, error) => {
		for (const each of wrapped(error)) {
			for (const isSent of [false, true]) {
				const { message, description, retryAfterMs } = connectionError(each, isSent);
				expect(message).toBe(
					`The service could not be reached: there is no route to the ${target}`,
				);
				expect(description).toContain(BASE_URL);
				expect(retryAfterMs).toBe(0);
			}
		}
	});

	test.each<[unknown, string]>([
		[new Error('Bad header X'), 'Bad header X'],
		[withCode('E_STRANGE'), 'connect E_STRANGE 127.0.0.1:9'],
		['some text', 'some text'],
	])('A connection that fails with %p quotes it, and is not repeated', (error, reason) => {
		const { message, retryAfterMs } = connectionError(error, true);
		expect(message).toBe(`The service could not be reached: ${reason}`);
		expect(retryAfterMs).toBeUndefined();
	});

	test('A request that fails because of the file to send keeps that failure', () => {
		const changed = new ApiError('The file changed', '');
		for (const isSent of [false, true]) {
			expect(connectionError(changed, isSent)).toBe(changed);
			expect(connectionError(new Error('aborted', { cause: changed }), isSent)).toBe(changed);
		}
	});
});

test('A silence while the request is sent says that nothing can have been billed, and one behind it that it may', () => {
	const silent = timedOut(1000);
	const unsent = connectionError(silent, false);
	expect(unsent.message).toBe(silent.message);
	expect(unsent.description).toMatch(/nothing can have been billed/);
	expect(unsent.retryAfterMs).toBeUndefined();
	expect(connectionError(silent, true)).toBe(silent);
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

	test.each<[string, object, string]>([
		['retry-after-ms', { 'retry-after-ms': '3600000' }, body('Slow down')],
		['retryDelay', {}, body('Slow down', { details: [{ retryDelay: '3600s' }] })],
		['words', {}, body('Slow down, and retry in 60m0s')],
	])('A 429 that asks for an hour by %s tells of the wait', (_what, headers, text) => {
		const limited = failure(429, text, { ...headers });
		expect(limited.advice).toBe('It asks to wait 60 minutes');
		expect(limited.retryAfterMs).toBe(3_600_000);
	});
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
