import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';

import { startEmulator, type Emulator } from '../index';
import {
	chatBody,
	chatUrl,
	decode,
	deltas,
	finishes,
	FLASH_31,
	smallImage,
	talk,
	urls,
	words,
	type Talk,
} from '../testClient';

let emulator: Emulator;
beforeAll(async () => {
	emulator = await startEmulator();
});
afterAll(() => emulator.close());

const facts = (reply: Talk, index = 0) => sharp(decode(urls(reply)[index])).metadata();
const says = (images: number, text: RegExp, finish: string[]) => (reply: Talk) => {
	expect(urls(reply)).toHaveLength(images);
	expect(words(reply)).toMatch(text);
	expect(finishes(reply)).toEqual(finish);
	expect(reply.status).toBe(200);
};
const isFormat = (format: string, label: string) => async (reply: Talk) => {
	expect(urls(reply)[0]).toContain(`data:image/${label};base64,`);
	expect(await facts(reply)).toMatchObject({ format, width: 512, height: 512 });
};
const modelIds = async (profile: string) => {
	const { text } = await talk(`${emulator.baseUrl(profile)}/models`);
	return (JSON.parse(text) as { data: Array<{ id: string }> }).data.map(({ id }) => id);
};
const statusWith = async (profile: string, authorization: string) =>
	(await talk(chatUrl(emulator, profile), {}, { authorization })).status;

async function isNoise(reply: Talk, mebibytes: number): Promise<void> {
	const url = urls(reply)[0];
	expect(Math.abs(decode(url).length / 1048576 - mebibytes)).toBeLessThan(0.01 * mebibytes);
	expect(await facts(reply)).toMatchObject({ format: 'png', width: 1024 });
}

/**
 * Each case gets the reply to a streamed chat request for an image. What the outcomes in
 * `test/workflow` see through the node is not repeated here.
 */
const cases: Record<string, (reply: Talk, profile: string) => unknown> = {
	'two-images': (reply) => {
		const chunks = deltas(reply).flatMap(({ images }) => (images ? [images] : []));
		expect(chunks.map((images) => images.map(({ index }) => index))).toEqual([[0], [0]]);
		expect(new Set(urls(reply)).size).toBe(2);
	},
	'finish-empty': says(1, /^$/, ['']),
	'finish-null': says(1, /^$/, []),
	'images-null': (reply) => expect(deltas(reply).at(-1)?.images).toBeNull(),
	'images-empty': (reply) => expect(deltas(reply).at(-1)?.images).toEqual([]),
	jpeg: isFormat('jpeg', 'jpeg'),
	webp: isFormat('webp', 'webp'),
	'wrong-label': isFormat('jpeg', 'png'),
	tiny: async (reply, profile) => {
		expect(await facts(reply)).toMatchObject({ format: 'png', width: 8, height: 8 });
		const other = await talk(chatUrl(emulator, profile), chatBody('Draw a ship'));
		expect(urls(other)).not.toEqual(urls(reply));
	},
	placeholder: (reply) => {
		const bytes = decode(urls(reply)[0]);
		expect([bytes.length, bytes.toString('latin1', 1, 4)]).toEqual([45, 'PNG']);
	},
	'not-an-image': (reply) =>
		expect(decode(urls(reply)[0]).toString()).toMatch(/^This is a sentence/),
	'second-image-cut': async (reply) => {
		expect(await facts(reply)).toMatchObject({ width: 512 });
		await expect(sharp(decode(urls(reply)[1])).stats()).rejects.toThrow();
		expect(reply.text).toMatch(/data: \[DONE\]\n\n$/);
	},
	'second-image-damaged': (reply) => {
		const [whole, damaged] = urls(reply);
		expect(whole).not.toContain('!');
		expect(damaged).toMatch(/^data:image\/png;base64,[\w+/]{1000,}![\w+/]{1000,}=*$/);
	},
	'big-line': async (reply) => {
		await isNoise(reply, 8);
		const line = reply.text.split('\n').find(({ length }) => length > 10_000_000);
		expect(line).toContain('图像 🎨');
		expect(reply.chunkSizes.filter((size) => size <= 7).length).toBeGreaterThan(100);
		expect(reply.chunkSizes.length).toBeGreaterThan(500);
	},
	size: async (_reply, profile) => {
		const url = chatUrl(emulator, `${profile}-3`);
		await isNoise(await talk(url, smallImage(true)), 3);
		await isNoise(await talk(url, smallImage(false)), 3);
		const body = { model: FLASH_31, prompt: 'A lighthouse' };
		const reply = await talk(`${emulator.baseUrl('size-3')}/images/generations`, body);
		expect(reply.body.length).toBeGreaterThan(4_000_000);
	},
	agent: async (_reply, profile) => {
		const url = chatUrl(emulator, profile);
		const parameters = { type: 'object', properties: { prompt: { type: 'string' } } };
		const tools = [{ type: 'function', function: { name: 'draw', parameters } }];
		const user = { role: 'user', content: 'a fox' };
		const tool = { role: 'tool', tool_call_id: 'call_1', content: '[{"url":"http://x/?a=1"}]' };
		const messages = [user, { role: 'assistant', tool_calls: [] }, tool];
		const plain = await talk(url, { model: 'gpt', messages: [user], tools });
		expect(plain.text).toContain(JSON.stringify('{"prompt":"a fox"}'));
		expect(plain.text).toContain('"finish_reason":"tool_calls"');
		const streamed = await talk(url, { model: 'gpt', messages: [user], tools, stream: true });
		expect(streamed.text).toMatch(/^data: .*"name":"draw".*\n\n[^]*data: \[DONE\]\n\n$/);
		const answer = await talk(url, { model: 'gpt', messages, tools });
		expect(answer.text).toContain('"content":"Here is your image: http://x/?a=1"');
		const markdown = '![fox](http://x/?b=2)';
		const shown = { ...tool, content: JSON.stringify([{ url: 'http://x/?b=2', markdown }]) };
		const showing = await talk(url, { model: 'gpt', messages: [user, shown], tools });
		expect(showing.text).toContain(`"content":"Here is your image: ${markdown}"`);
		const both = {
			type: 'object',
			properties: { prompt: { type: 'string' }, image_url: { type: 'string' } },
		};
		const edit = { type: 'function', function: { name: 'edit', parameters: both } };
		const earlier = [user, { role: 'assistant', content: `Here: ${markdown}` }];
		const later = [...earlier, { role: 'user', content: 'at night' }];
		const edits = await talk(url, { model: 'gpt', messages: later, tools: [...tools, edit] });
		expect(edits.text).toContain('"name":"edit"');
		const values = { prompt: 'at night', image_url: 'http://x/?b=2' };
		expect(edits.text).toContain(JSON.stringify(JSON.stringify(values)));
		const fresh = await talk(url, { model: 'gpt', messages: [user], tools: [edit, ...tools] });
		expect(fresh.text).toContain('"name":"draw"');
	},
	'models-need-key': async (_reply, profile) => {
		const url = `${emulator.baseUrl(profile)}/models`;
		expect((await talk(url, undefined, { authorization: 'wrong' })).status).toBe(401);
		expect((await talk(url)).status).toBe(200);
	},
	'models-empty': async (_reply, profile) => expect(await modelIds(profile)).toEqual([]),
	'no-image-models': async (_reply, profile) => {
		const ids = await modelIds(profile);
		expect(ids).toContain('deepseek-v3');
		expect(ids.filter((id) => id.includes('image'))).toEqual([]);
	},
	'bearer-only': async (_reply, profile) => {
		expect(await statusWith(profile, 'emulator-key')).toBe(401);
		expect(await statusWith(profile, 'Bearer emulator-key')).toBe(400);
	},
};

test.each(Object.entries(cases))(
	'Profile %s sends the content that its case describes',
	async (profile, check) => {
		await check(await talk(chatUrl(emulator, profile), smallImage(true)), profile);
	},
);

test('A large image goes out at the speed of the client, and stops when the client leaves', async () => {
	const headers = { authorization: emulator.apiKey };
	const url = chatUrl(emulator, 'size-64');
	const req = request(url, { method: 'POST', headers, agent: false });
	req.end(JSON.stringify(smallImage(true)));
	const [response] = (await once(req, 'response')) as [IncomingMessage];
	await sleep(300);
	expect(response.socket.bytesRead).toBeLessThan(16 * 1024 * 1024);
	req.destroy();
	await sleep(100);
	expect(emulator.openSockets()).toBe(0);
});
