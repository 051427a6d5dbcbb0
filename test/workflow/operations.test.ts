import { createHash } from 'node:crypto';
import type { INodeExecutionData } from 'n8n-workflow';
import { request } from 'undici';

import { operations } from '../../nodes/GeminiImage/operations';
import type { Emulator } from '../emulator';
import type { BinaryMode } from '../engine';
import { DESCRIBE } from '../nodes/helpers';
import { itemWith, imageFile, startHarness, type Harness } from './harness';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** What the emulator draws for a body, fetched without n8n and without the node. */
async function drawnBy(emulator: Emulator, body: object): Promise<Buffer> {
	const response = await request(`${emulator.baseUrl()}/chat/completions`, {
		method: 'POST',
		headers: { authorization: emulator.apiKey, 'content-type': 'application/json' },
		body: JSON.stringify({ ...body, stream: false }),
	});
	const reply = (await response.body.json()) as {
		choices: Array<{ message: { images: Array<{ image_url: { url: string } }> } }>;
	};
	const url = reply.choices[0]?.message.images[0]?.image_url.url ?? '';
	return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
}

describe.each<BinaryMode>(['filesystem', 'database', 'default'])(
	'the operations with %s binary data',
	(binaryMode) => {
		let harness: Harness;

		beforeAll(async () => {
			harness = await startHarness(binaryMode);
		});
		afterAll(async () => await harness.close());

		test.each([true, false])(
			`Text to image sends the form and stores what was drawn, with ${binaryMode} binary data and stream %s`,
			async (stream) => {
				const { engine, emulator, run, lastBody } = harness;
				const { error, output } = await run({
					operation: 'textToImage',
					model: 'gemini-3-pro-image',
					prompt: 'A red fox in the snow',
					aspectRatio: '16:9',
					imageSize: '1K',
					options: { stream },
				});
				expect(error).toBeUndefined();
				const body = {
					model: 'gemini-3-pro-image',
					messages: [{ role: 'user', content: 'A red fox in the snow' }],
					stream,
					image_config: { aspect_ratio: '16:9', image_size: '1K' },
				};
				expect(lastBody()).toEqual(body);
				const [item, ...others] = output('Gemini Image');
				expect(others).toEqual([]);
				const file = item?.binary?.data;
				const stored = await engine.read(file!);
				expect(sha256(stored)).toBe(sha256(await drawnBy(emulator, body)));
				expect(file).toMatchObject({
					fileName: 'image.png',
					mimeType: 'image/png',
					fileType: 'image',
				});
				expect(item?.pairedItem).toEqual({ item: 0 });
				expect(item?.json).toEqual({
					id: expect.stringMatching(/^chatcmpl-/),
					model: 'gemini-3-pro-image',
					created: expect.any(Number),
					text: '',
					fileName: 'image.png',
					fileExtension: 'png',
					mimeType: 'image/png',
					reasoning: expect.stringContaining('A red fox'),
					finishReason: 'stop',
					usage: expect.objectContaining({ total_tokens: expect.any(Number) }),
					image: {
						index: 0,
						fileName: 'image.png',
						mimeType: 'image/png',
						width: 1376,
						height: 768,
						bytes: stored.length,
					},
					prompt: 'A red fox in the snow',
				});
			},
		);

		test(`Image to image sends the text part first, then each image with its type, with ${binaryMode} binary data`, async () => {
			const { engine, run, lastBody } = harness;
			const files = { data: await imageFile('png'), other: await imageFile('webp', '#2040c0') };
			const { error, output } = await run(
				{
					operation: 'imageToImage',
					prompt: 'Merge them',
					imageSource: 'binary',
					binaryPropertyName: 'other, data',
				},
				{ input: [await itemWith(engine, files)] },
			);
			expect(error).toBeUndefined();
			expect(lastBody().messages).toEqual([
				{
					role: 'user',
					content: [
						{ type: 'text', text: 'Merge them' },
						{
							type: 'image_url',
							image_url: {
								url: `data:image/webp;base64,<${files.other.length} bytes sha256=${sha256(files.other)}>`,
							},
						},
						{
							type: 'image_url',
							image_url: {
								url: `data:image/png;base64,<${files.data.length} bytes sha256=${sha256(files.data)}>`,
							},
						},
					],
				},
			]);
			expect(output('Gemini Image')[0]?.json.image).toMatchObject({ mimeType: 'image/png' });
		});

		test(`Image to image sends a file of an earlier node from an expression, with ${binaryMode} binary data`, async () => {
			const { engine, run, lastBody } = harness;
			const bytes = await imageFile('jpeg');
			const { error } = await run(
				{
					operation: 'imageToImage',
					prompt: 'Paint it blue',
					binaryPropertyName: "={{ $('Start').item.binary.photo }}",
				},
				{ input: [await itemWith(engine, { photo: bytes })] },
			);
			expect(error).toBeUndefined();
			expect(JSON.stringify(lastBody())).toContain(`image/jpeg;base64,<${bytes.length} bytes`);
		});

		test(`Several items keep their order and pairing, with ${binaryMode} binary data`, async () => {
			const { run } = harness;
			const names = ['one', 'two', 'three', 'four', 'five', 'six'];
			const { output } = await run(
				{ operation: 'textToImage', prompt: '=Draw {{ $json.name }}' },
				{ input: names.map((name) => ({ json: { name } })) },
			);
			const items = output('Gemini Image');
			expect(items.map((item) => item.pairedItem)).toEqual(names.map((_name, item) => ({ item })));
			for (const [index, name] of names.entries()) {
				expect(items[index]?.json.reasoning).toContain(`Draw ${name}`);
			}
		});
	},
);

describe('chat', () => {
	let harness: Harness;

	beforeAll(async () => {
		harness = await startHarness();
	});
	afterAll(async () => await harness.close());

	test('A chat answer of text alone is a normal output', async () => {
		const { run, lastBody } = harness;
		const { error, output } = await run({
			operation: 'chat',
			prompt: 'Hello, how are you?',
			options: { systemMessage: 'Be brief' },
		});
		expect(error).toBeUndefined();
		expect(lastBody()).toEqual({
			model: 'gemini-2.5-flash-image',
			messages: [
				{ role: 'system', content: 'Be brief' },
				{ role: 'user', content: 'Hello, how are you?' },
			],
			stream: true,
		});
		const [item] = output('Gemini Image');
		expect(item?.binary).toBeUndefined();
		expect(item?.json).toMatchObject({
			images: [],
			text: expect.stringContaining('Be brief'),
			messages: [
				{ role: 'user', content: 'Hello, how are you?' },
				{ role: 'assistant', content: item?.json.text },
			],
		});
	});

	test('The messages of one chat turn work as the Chat History of the next', async () => {
		const { run, lastBody } = harness;
		const first = await run({ operation: 'chat', prompt: 'I like foxes, words only' });
		const { messages } = first.output('Gemini Image')[0]?.json ?? {};
		const { error, output } = await run(
			{
				operation: 'chat',
				prompt: 'Draw one',
				options: { history: '={{ $json.messages }}' },
			},
			{ input: [{ json: { messages } }] },
		);
		expect(error).toBeUndefined();
		expect(lastBody().messages).toEqual([
			...(messages as object[]),
			{ role: 'user', content: 'Draw one' },
		]);
		const [item] = output('Gemini Image');
		expect(item?.json.images).toEqual([
			expect.objectContaining({ field: 'data', index: 0, mimeType: 'image/png' }),
		]);
		expect(item?.json.messages).toHaveLength(4);
		expect((await harness.engine.read(item!.binary!.data!)).length).toBeGreaterThan(1000);
	});

	test('The messages of a chat turn that gave an image without words work as Chat History, too', async () => {
		const { run, lastBody } = harness;
		const first = await run({ operation: 'chat', prompt: 'Draw a fox' });
		const { messages, text } = first.output('Gemini Image')[0]?.json ?? {};
		expect(text).toBe('');
		const { error } = await run(
			{ operation: 'chat', prompt: 'Make it night', options: { history: '={{ $json.messages }}' } },
			{ input: [{ json: { messages } }] },
		);
		expect(error).toBeUndefined();
		expect(lastBody().messages).toEqual([
			{ role: 'user', content: 'Draw a fox' },
			{ role: 'assistant', content: '(no words)' },
			{ role: 'user', content: 'Make it night' },
		]);
	});

	test('The messages of a chat hold words only, whatever Chat History held', async () => {
		const url = `data:image/png;base64,${Buffer.alloc(300, 7).toString('base64')}`;
		const images = [{ type: 'image_url', image_url: { url } }];
		const history = [
			{ role: 'user', content: [{ type: 'text', text: 'Hi' }, ...images] },
			{ role: 'assistant', content: `Look: ![](${url})`, images },
		];
		const { error, output } = await harness.run({
			operation: 'chat',
			prompt: 'Say it again in words',
			options: { history: JSON.stringify(history) },
		});
		expect(error).toBeUndefined();
		expect((output('Gemini Image')[0]?.json.messages as object[]).slice(0, 2)).toEqual([
			{ role: 'user', content: 'Hi' },
			{ role: 'assistant', content: 'Look: ![]([base64])' },
		]);
	});

	test('The images of one chat answer get binary fields of their own', async () => {
		const { output } = await harness.run(
			{ operation: 'chat', prompt: 'Draw two cats' },
			{ profile: 'two-images' },
		);
		const [item] = output('Gemini Image');
		expect(Object.keys(item?.binary ?? {})).toEqual(['data', 'data_1']);
		expect(item?.json.images).toMatchObject([
			{ field: 'data', fileName: 'image.png' },
			{ field: 'data_1', fileName: 'image_1.png' },
		]);
	});

	test('A chat sends images of a binary field and of a URL along with the prompt', async () => {
		const { engine, run, lastBody } = harness;
		const { error } = await run(
			{
				operation: 'chat',
				prompt: 'What is this?',
				imageSource: 'binaryAndUrl',
				imageUrls: ['https://example.com/a.jpg'],
			},
			{ input: [await itemWith(engine, { data: await imageFile() })] },
		);
		expect(error).toBeUndefined();
		const [message] = lastBody().messages as Array<{ content: object[] }>;
		expect(message?.content.slice(1)).toEqual([
			{ type: 'image_url', image_url: { url: expect.stringMatching(/^data:image\/png/) } },
			{ type: 'image_url', image_url: { url: 'https://example.com/a.jpg' } },
		]);
	});
});

describe('an operation that gives words alone', () => {
	let harness: Harness;

	beforeAll(async () => {
		operations.push(DESCRIBE);
		harness = await startHarness();
	});
	afterAll(async () => {
		operations.pop();
		await harness.close();
	});

	test('An operation of words alone sends its images, and keeps the words of a reply but no image', async () => {
		const { engine, run, lastBody } = harness;
		const photo = await imageFile();
		const input = [await itemWith(engine, { data: photo })];
		const before = engine.files();
		const { error, output, hints } = await run(
			{ operation: 'describe', prompt: 'Draw it', aspectRatio: '16:9', imageSize: '1K' },
			{ input, profile: 'markdown' },
		);
		expect(error).toBeUndefined();
		expect(lastBody()).not.toHaveProperty('image_config');
		expect(JSON.stringify(lastBody())).toContain(sha256(photo));
		const [{ json, ...item }, ...others] = output('Gemini Image') as [INodeExecutionData];
		expect(json.text).toMatch(/\w/);
		expect(item).toEqual({ pairedItem: { item: 0 } });
		expect(others).toEqual([]);
		expect(JSON.stringify(output('Gemini Image'))).not.toMatch(/base64|image:/);
		expect(hints('Gemini Image')).toEqual([]);
		expect(engine.files()).toEqual(before);
	});

	test('An operation of words alone fails if the model answers with an image alone', async () => {
		const { engine, run } = harness;
		const before = engine.files();
		const { error } = await run(
			{ operation: 'describe', prompt: 'Draw it' },
			{ input: [await itemWith(engine, { data: await imageFile() })] },
		);
		expect(error?.message).toMatch(/^The model answered without words \(finish reason: stop\)/);
		expect(engine.files()).toHaveLength(before.length + 1);
	});
});
