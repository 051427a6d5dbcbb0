import { startEmulator, type Emulator } from '../index';
import { chatUrl, smallImage, talk, type Talk } from '../testClient';

let emulator: Emulator;
beforeAll(async () => {
	emulator = await startEmulator();
});
afterAll(() => emulator.close());

const chat = (profile: string) => talk(chatUrl(emulator, profile), smallImage(true));
const statuses = async (profile: string, count: number) => {
	const replies: Talk[] = [];
	for (let i = 0; i < count; i++) replies.push(await chat(profile));
	return replies.map(({ status }) => status);
};

const invalid = 'Invalid request parameters';
const server = { message: 'Internal server error', type: 'server_error', code: 'internal_error' };

/**
 * Status, then the body: exactly that JSON, or text that it holds. What the outcomes in
 * `test/workflow` see through the node is not repeated here.
 */
const cases: Record<string, [status: number, body: object | RegExp, headers?: object]> = {
	'status-500': [500, { error: server }],
	'flat-error': [400, { code: 'invalid_parameters', message: invalid, request_id: 'req-flat-1' }],
	'string-error': [400, { error: invalid }],
	'message-error': [400, { message: invalid }],
	'html-error': [502, /<h1>502 Bad Gateway<\/h1>/, { 'content-type': 'text/html' }],
	'text-error': [403, /^error code: 1010$/, { 'content-type': 'text/plain' }],
	'empty-error': [500, /^$/, { 'content-length': '0' }],
	'key-echo': [401, /Invalid API key provided: Bearer emulator-key"/],
	'base64-echo': [400, /Cannot read data:image\/png;base64,[\w+/=]{40000} as an image/],
	'big-error': [500, /^<html>/],
	'request-id': [500, { error: server }, { 'x-request-id': 'req-emulator-1' }],
	'qiniu-request-id': [500, { error: server }, { 'x-qiniu-request-id': 'req-qiniu-1' }],
	'error-200-string': [200, { error: 'Something went wrong upstream' }],
	'key-echo-200': [200, /Invalid API key provided: Bearer emulator-key"/],
	redirect: [
		307,
		/^$/,
		{ location: expect.stringMatching(/:\d+\/v1\/chat\/completions$/) as string },
	],
};

test.each(Object.entries(cases))(
	'Profile %s answers with the status, body and headers of its row',
	async (profile, [status, body, headers = {}]) => {
		const reply = await chat(profile);
		expect([reply.status, reply.end]).toEqual([status, 'clean']);
		if (body instanceof RegExp) expect(body.test(reply.text)).toBe(true);
		else expect(JSON.parse(reply.text)).toEqual(body);
		expect(reply.headers).toMatchObject(headers);
	},
);

test('Profile big-error answers with more than five million characters', async () => {
	expect((await chat('big-error')).text.length).toBeGreaterThan(5_000_000);
});

test.each([400, 401, 403, 404, 413, 418, 422, 429, 502, 503, 524, 599])(
	'Profile status-%d answers with that status and an error of three texts',
	async (code) => {
		const reply = await chat(`status-${code}`);
		const { error } = JSON.parse(reply.text) as { error: Record<string, string> };
		expect(reply.status).toBe(code);
		expect(error).toEqual({
			message: expect.stringMatching(/\w{3}/) as string,
			type: expect.stringMatching(/_error$/) as string,
			code: expect.stringMatching(/\w/) as string,
		});
	},
);

test('A status outside 400-599 is an unknown profile', async () => {
	expect((await chat('status-200')).text).toContain('Unknown profile');
});

test('A client that follows the redirect of profile redirect gets a reply', async () => {
	const { headers } = await chat('redirect');
	expect((await talk(headers.location ?? '', smallImage(true))).status).toBe(200);
});

const busyCases: Record<string, () => Promise<void>> = {
	busy: async () => {
		expect(await statuses('busy-2', 3)).toEqual([429, 429, 200]);
		expect(await statuses('busy-2-abc', 3)).toEqual([429, 429, 200]);
		expect(await statuses('busy-2', 1)).toEqual([200]);
	},
	'busy-after': async () => {
		expect((await chat('busy-after-3')).headers['retry-after']).toBe('3');
		expect(await statuses('busy-after-3', 1)).toEqual([200]);
	},
	'busy-date': async () => {
		const { status, headers } = await chat('busy-date-abc');
		const ahead = Date.parse(headers['retry-after'] ?? '') - Date.now();
		expect(status).toBe(429);
		expect(ahead > 0 && ahead <= 1500).toBe(true);
		expect(await statuses('busy-date-abc', 1)).toEqual([200]);
	},
	'busy-ms': async () => {
		expect((await chat('busy-ms-250')).headers['retry-after-ms']).toBe('250');
		expect(await statuses('busy-ms-250', 1)).toEqual([200]);
	},
	'busy-delay': async () => {
		const { status, text, headers } = await chat('busy-delay-6');
		const { details } = (JSON.parse(text) as { error: { details: object[] } }).error;
		expect(status).toBe(429);
		expect(details.at(-1)).toMatchObject({ retryDelay: '6s' });
		expect(headers['retry-after']).toBeUndefined();
		expect(await statuses('busy-delay-6', 1)).toEqual([200]);
	},
	'busy-words': async () => {
		const { status, text, headers } = await chat('busy-words-6');
		expect(status).toBe(429);
		expect(text).toContain('Please retry in 6.0s.');
		expect(headers['retry-after']).toBeUndefined();
		expect(await statuses('busy-words-6', 1)).toEqual([200]);
	},
	'daily-quota': async () => {
		expect((await chat('daily-quota')).text).toMatch(/PerDay.*"retryDelay":"1s"/);
		expect(await statuses('daily-quota', 2)).toEqual([429, 429]);
	},
	'insufficient-quota': async () => {
		expect((await chat('insufficient-quota')).text).toContain('"code":"insufficient_quota"');
		expect(await statuses('insufficient-quota', 2)).toEqual([429, 429]);
	},
	'busy-forever': async () => {
		expect(await statuses('busy-forever', 4)).toEqual([429, 429, 429, 429]);
	},
	'busy-hour': async () => {
		expect((await chat('busy-hour')).headers['retry-after']).toBe('3600');
		expect(await statuses('busy-hour', 2)).toEqual([429, 429]);
	},
	overloaded: async () => {
		expect(await statuses('overloaded-1', 2)).toEqual([503, 200]);
	},
	quota: async () => {
		expect(await statuses('quota-2', 3)).toEqual([200, 200, 429]);
		const { headers } = await chat('quota-2');
		expect(Number(headers['retry-after-ms'])).toBeGreaterThan(29_000);
		expect(Number(headers['retry-after-ms'])).toBeLessThanOrEqual(30_000);
	},
	'quota-untold': async () => {
		expect(await statuses('quota-untold-2', 3)).toEqual([200, 200, 429]);
		expect((await chat('quota-untold-2')).headers['retry-after-ms']).toBeUndefined();
	},
	spent: async () => {
		expect(await statuses('spent-1', 3)).toEqual([200, 402, 402]);
	},
};

test.each(Object.entries(busyCases))(
	'Profile %s refuses requests in the order that its case describes',
	async (_name, check) => {
		await check();
	},
);

test('A request for the models list does not use up the refusals of a busy profile', async () => {
	const models = await talk(`${emulator.baseUrl('busy-1-models')}/models`);
	expect(models.status).toBe(200);
	expect(await statuses('busy-1-models', 2)).toEqual([429, 200]);
});
