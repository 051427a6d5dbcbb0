import { createHash } from 'node:crypto';
import { request } from 'node:https';
import sharp from 'sharp';

import { startEmulator, type Emulator } from './index';
import { profiles } from './profiles';
import { busy } from './profiles/busy';
import { contents } from './profiles/contents';
import { endings } from './profiles/endings';
import { errors } from './profiles/errors';
import { faults } from './profiles/faults';
import { gateway } from './profiles/gateway';
import { judge } from './profiles/judge';
import { recorded } from './profiles/recorded';
import { shapes } from './profiles/shapes';
import {
	chatBody,
	chatUrl,
	decode,
	deltas,
	finishes,
	FLASH,
	FLASH_31,
	PRO,
	readChunks,
	reasoning,
	smallImage,
	talk,
	urls,
	usages,
	words,
} from './testClient';

let emulator: Emulator;
beforeAll(async () => {
	emulator = await startEmulator();
});
afterAll(() => emulator.close());

const chat = (body: unknown, profile?: string) => talk(chatUrl(emulator, profile), body);
const dataUrl = (bytes: Buffer) => `data:image/png;base64,${bytes.toString('base64')}`;

test('Every profile of every group is in the registry, under a name of its own', () => {
	const groups = [
		shapes,
		contents,
		errors,
		busy,
		faults,
		endings,
		gateway,
		judge,
		recorded,
	].flatMap((group) => Object.keys(group));
	expect(Object.keys(profiles).sort()).toEqual([...new Set(groups)].sort());
	expect(groups).toHaveLength(new Set(groups).size);
	for (const { description } of Object.values(profiles)) expect(description).toMatch(/^\S.{9,90}$/);
});

test('A prompt that shows JSON is answered with the same fields', async () => {
	const image_url = { url: dataUrl(Buffer.from('pixels')) };
	const text = 'Look at it. Answer as JSON: {"ok": false, "why": "…"}';
	const content = [
		{ type: 'text', text },
		{ type: 'image_url', image_url },
	];
	const reply = await chat({ ...chatBody(''), messages: [{ role: 'user', content }] });
	expect(urls(reply)).toEqual([]);
	const hash = createHash('sha256').update('pixels').digest('hex').slice(0, 12);
	expect(JSON.parse(words(reply))).toEqual({ ok: true, why: `The why of image ${hash}` });
});

describe('routes and keys', () => {
	test('The models list of the emulator is open and holds more than image models', async () => {
		const reply = await talk(`${emulator.baseUrl()}/models`, undefined, { authorization: '' });
		const { object, data } = JSON.parse(reply.text) as { object: string; data: { id: string }[] };
		expect([reply.status, object]).toEqual([200, 'list']);
		const ids = data.map(({ id }) => id);
		expect(ids).toEqual(expect.arrayContaining([FLASH, PRO, FLASH_31, 'kling-v2', 'deepseek-v3']));
	});

	test('The emulator accepts both forms of the key, and answers any other with a 401', async () => {
		const send = (authorization: string, profile = '') =>
			talk(chatUrl(emulator, profile), {}, { authorization });
		expect((await send('emulator-key')).status).toBe(400);
		expect((await send('Bearer emulator-key')).status).toBe(400);
		const wrong = await send('Bearer wrong');
		expect(wrong.status).toBe(401);
		expect(JSON.parse(wrong.text)).toEqual({
			error: {
				message: 'Invalid API key provided',
				type: 'invalid_request_error',
				code: 'invalid_api_key',
			},
		});
	});

	test('The emulator answers unknown routes and profiles with a 404 in JSON', async () => {
		const route = await talk(`${emulator.baseUrl()}/videos`, {});
		const profile = await talk(chatUrl(emulator, 'nonsense'), {});
		const outside = await talk(`${emulator.origin}/`, undefined);
		expect([route.status, profile.status, outside.status]).toEqual([404, 404, 404]);
		expect(route.text).toContain('No such route: POST /videos');
		expect(profile.text).toContain('Unknown profile: nonsense');
	});

	test('The emulator gives out files without a key, and records that they were asked for', async () => {
		const reply = await talk(`${emulator.origin}/files/cat.webp`, undefined, { authorization: '' });
		expect(reply.headers['content-type']).toBe('image/webp');
		expect(await sharp(reply.body).metadata()).toMatchObject({ format: 'webp', width: 320 });
		expect(emulator.requests.at(-1)).toMatchObject({ path: '/files/cat.webp', method: 'GET' });
	});

	test('The emulator speaks https with a certificate that nobody trusts', async () => {
		const secure = await startEmulator({ tls: true });
		const outcome = await new Promise((resolve) => {
			request(`${secure.origin}/v1/models`, (res) => resolve(res.statusCode))
				.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
				.end();
		});
		expect(outcome).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
		await secure.close();
	});
});

describe('chat', () => {
	test('A JSON reply of the emulator has the documented shape, with usage that adds up', async () => {
		const [reply] = readChunks(await chat(smallImage(false)));
		expect(reply).toMatchObject({ object: 'chat.completion', model: FLASH_31 });
		const choice = reply?.choices?.[0];
		expect(choice).toMatchObject({ index: 0, finish_reason: 'stop', message: { content: '' } });
		expect(choice?.message?.images).toHaveLength(1);
		const usage = reply?.usage;
		const details = Object.values(usage?.completion_tokens_details ?? {});
		expect(details.reduce((a, b) => a + b)).toBe(usage?.completion_tokens);
		expect(usage?.total_tokens).toBe(usage!.prompt_tokens + usage!.completion_tokens);
		expect(usage?.completion_tokens_details.image_tokens).toBe(747);
	});

	test('A streamed reply of the emulator is reasoning, image with finish_reason, usage and [DONE]', async () => {
		const reply = await chat(smallImage(true));
		const chunks = readChunks(reply);
		expect(reply.headers['content-type']).toBe('text/event-stream');
		expect(reasoning(reply)).toContain('Draw a lighthouse');
		expect(chunks.at(-2)?.choices?.[0]).toMatchObject({ finish_reason: 'stop' });
		expect(chunks.at(-2)?.choices?.[0]?.delta?.images).toHaveLength(1);
		expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 5 } });
		expect(reply.text.endsWith('data: [DONE]\n\n')).toBe(true);
		expect(await sharp(decode(urls(reply)[0])).metadata()).toMatchObject({ width: 512 });
	});

	test('The emulator answers small talk with text that knows system message and history', async () => {
		const roles: Array<[string, string]> = [
			['system', 'Be brief'],
			['user', 'Hello'],
			['assistant', 'Hi'],
			['user', 'How are you?'],
		];
		const messages = roles.map(([role, content]) => ({ role, content }));
		const reply = await chat({ model: PRO, stream: true, messages });
		expect(urls(reply)).toEqual([]);
		expect(words(reply)).toMatch(/^\[Be brief\] .*1 earlier turn\./);
		expect(finishes(reply)).toEqual(['stop']);
		expect(usages(reply)).toHaveLength(1);
	});
});

test('The emulator records requests with their images shortened', async () => {
	const bytes = (await talk(`${emulator.origin}/files/dog.png`)).body;
	const content = [
		{ type: 'text', text: 'Edit it' },
		{ type: 'image_url', image_url: { url: dataUrl(bytes) } },
	];
	await chat(chatBody(content), 'refusal-stop');
	const hash = createHash('sha256').update(bytes).digest('hex');
	const url = `data:image/png;base64,<${bytes.length} bytes sha256=${hash}>`;
	expect(emulator.requests.at(-1)).toMatchObject({
		profile: 'refusal-stop',
		path: '/refusal-stop/v1/chat/completions',
		bytes: JSON.stringify(chatBody(content)).length,
		body: { messages: [{ content: [{}, { image_url: { url } }] }] },
	});
});

test('Profile tiny-text sends one character per delta', async () => {
	const messages = [{ role: 'user', content: 'Hello, words only' }];
	const reply = await talk(chatUrl(emulator, 'tiny-text'), {
		model: FLASH_31,
		messages,
		stream: true,
	});
	expect(words(reply)).toContain('You wrote "Hello, words only"');
	expect(deltas(reply).filter(({ content }) => String(content ?? '').length > 1)).toEqual([]);
});

test('Profiles of the emulator can be joined', async () => {
	const reply = await talk(
		chatUrl(emulator, 'usage-last-chunk+no-done+two-choices'),
		smallImage(true),
	);
	expect(usages(reply)).toHaveLength(1);
	expect(urls(reply)).toHaveLength(2);
	expect(reply.text).not.toContain('[DONE]');
});
