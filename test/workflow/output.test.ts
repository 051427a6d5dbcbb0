import type { StructuredChunk } from 'n8n-workflow';

import { imageFile, itemWith, startHarness, type Harness } from './harness';
import { completion, imagePart, json, startService } from './service';

const NODE = 'Gemini Image';
const model = { __rl: true, mode: 'id', value: 'gemini-3.1-flash-image' };

/** A small PNG whose header tells other sides, which nobody checks here. */
async function imageThatClaims(width: number, height: number): Promise<Buffer> {
	const png = await imageFile();
	png.writeUInt32BE(width, 16);
	png.writeUInt32BE(height, 20);
	return png;
}

describe('what the user is told', () => {
	let harness: Harness;

	beforeAll(async () => {
		harness = await startHarness();
	});
	afterAll(async () => await harness.close());

	test('An image that is smaller than the Image Size is told in a hint', async () => {
		const { hints, output } = await harness.run(
			{ model, prompt: 'Draw a fox', imageSize: '2K', aspectRatio: '1:1' },
			{ profile: 'smaller' },
		);
		expect(output(NODE)[0]?.json.image).toMatchObject({ width: 1024, height: 1024 });
		expect(hints(NODE)).toEqual([
			'The service sent an image of 1024 x 1024 pixels, smaller than the Image Size 2K',
		]);
	});

	test.each([
		['512', '21:9'],
		['1K', '8:1'],
		['1K', '4:5'],
	])(
		'An image of the size %s and the ratio %s that were asked for gives no hint',
		async (imageSize, aspectRatio) => {
			const { hints } = await harness.run({ model, prompt: 'Draw a fox', imageSize, aspectRatio });
			expect(hints(NODE)).toEqual([]);
		},
	);

	test('What a service says of itself is cut to 200 characters in the output', async () => {
		const long = 'name '.repeat(100_000);
		const image = imagePart(`data:image/png;base64,${(await imageFile()).toString('base64')}`);
		const choice = { message: { images: [image] }, finish_reason: long };
		const reply = { id: long, model: long, choices: [choice], usage: { a: long } };
		const service = await startService(json(() => reply));
		try {
			const credentials = { apiKey: 'x', baseUrl: service.baseUrl };
			const { output } = await harness.run({ prompt: 'Draw a fox' }, { credentials });
			const { id, model: name, finishReason, usage } = output(NODE)[0]!.json;
			for (const text of [id, name, finishReason]) {
				expect(text).toBe(`${long.slice(0, 199)}…`);
			}
			expect(JSON.stringify(usage).length).toBeLessThan(21_000);
		} finally {
			await service.close();
		}
	});

	// Of the pixels of the square, 0.7 are enough.
	test.each([
		['512', 429, 429, 'gives no hint'],
		['512', 428, 428, 'gives a hint'],
		['1K', 857, 857, 'gives no hint'],
		['1K', 856, 856, 'gives a hint'],
		['2K', 1714, 1714, 'gives no hint'],
		['2K', 1713, 1713, 'gives a hint'],
		['4K', 5504, 3072, 'gives no hint'],
		['4K', 4096, 4096, 'gives no hint'],
		['4K', 3427, 3427, 'gives no hint'],
		['4K', 3426, 3426, 'gives a hint'],
		['4K', 2048, 2048, 'gives a hint'],
	])(
		'For the Image Size %s, an image of %i x %i pixels %s',
		async (imageSize, width, height, what) => {
			const image = await imageThatClaims(width, height);
			const url = `data:image/png;base64,${image.toString('base64')}`;
			const service = await startService(json(() => completion({ images: [imagePart(url)] })));
			try {
				const credentials = { apiKey: 'x', baseUrl: service.baseUrl };
				const parameters = { model, prompt: 'Draw a fox', imageSize };
				const { hints, output } = await harness.run(parameters, { credentials });
				expect(output(NODE)[0]?.json.image).toMatchObject({ width, height });
				const pixels = `${width} x ${height} pixels`;
				const hint = `The service sent an image of ${pixels}, smaller than the Image Size ${imageSize}`;
				expect(hints(NODE)).toEqual(what === 'gives a hint' ? [hint] : []);
			} finally {
				await service.close();
			}
		},
	);

	test('The tokens of all replies are added to the counters of n8n', async () => {
		const { run, output } = await harness.run(
			{ model, prompt: 'Draw a fox', imageSize: '512', numberOfImages: 2 },
			{},
		);
		const sum = (field: string) =>
			output(NODE).reduce(
				(total, { json }) => total + Number((json.usage as Record<string, number>)[field]),
				0,
			);
		expect(run.data.resultData.runData[NODE]?.[0]?.metadata?.tokenUsage).toEqual({
			inputTokens: sum('prompt_tokens'),
			outputTokens: sum('completion_tokens'),
		});
	});

	test('The option Image Link gives a signed link to the image', async () => {
		const { output } = await harness.run({
			model,
			prompt: 'Draw a fox',
			imageSize: '512',
			options: { imageLink: true },
		});
		const { url } = output(NODE)[0]?.json.image as { url: string };
		expect(url).toMatch(/^http:\/\/127\.0\.0\.1\/rest\/binary-data\/signed\?token=[\w-]+\./);
	});

	test('The option Image Link gives a chat a signed link to each image', async () => {
		const { output } = await harness.run(
			{ operation: 'chat', model, prompt: 'Draw cats', options: { imageLink: true } },
			{ profile: 'two-images' },
		);
		const images = output(NODE)[0]?.json.images as Array<{ url: string }>;
		expect(images.map(({ url }) => url.includes('/binary-data/signed?token='))).toEqual([
			true,
			true,
		]);
	});
});

test('An image that n8n keeps in memory has no Image Link, and a hint says so', async () => {
	const harness = await startHarness('default');
	try {
		const { output, hints } = await harness.run({
			model,
			prompt: 'Draw a fox',
			imageSize: '512',
			options: { imageLink: true },
		});
		expect(output(NODE)[0]?.json.image).toMatchObject({ url: null });
		expect(hints(NODE)).toEqual([
			'No Image Link: n8n keeps binary data in memory here, and only stored files have links',
		]);
	} finally {
		await harness.close();
	}
});

describe('a chat in a streaming run', () => {
	let harness: Harness;

	beforeAll(async () => {
		harness = await startHarness();
	});
	afterAll(async () => await harness.close());

	async function chunksOf(
		prompt: string,
		options: object = {},
		profile?: string,
		onError?: 'continueRegularOutput',
	) {
		const chunks: StructuredChunk[] = [];
		const { output, error } = await harness.run(
			{ operation: 'chat', prompt, options: options as never },
			{ mode: 'webhook', profile, onError, onChunk: (chunk) => chunks.push(chunk) },
		);
		return { chunks, error, item: output(NODE)[0] };
	}

	test('A streamed chat sends one begin, its text in pieces and one end, without the reasoning', async () => {
		const { chunks, item } = await chunksOf('Hello, how are you?');
		const types = chunks.map(({ type }) => type);
		expect(types.at(0)).toBe('begin');
		expect(types.at(-1)).toBe('end');
		expect(types.slice(1, -1).every((type) => type === 'item')).toBe(true);
		expect(types.length).toBeGreaterThan(4);
		const text = chunks.map(({ content }) => content ?? '').join('');
		expect(text.trim()).toBe(item?.json.text);
		expect(text).not.toContain('**');
	});

	test('A streamed chat keeps markdown images out of its text', async () => {
		const { chunks, item } = await chunksOf('Draw a cat', {}, 'markdown');
		const text = chunks.map(({ content }) => content ?? '').join('');
		expect(text).not.toMatch(/base64|image:/);
		expect(item?.json.images).toHaveLength(1);
	});

	test('A streamed chat sends no begin if the service refuses', async () => {
		const { chunks, error } = await chunksOf('Hello', {}, 'status-500');
		expect(error?.message).toContain('(500)');
		expect(chunks.filter(({ type }) => type === 'begin')).toEqual([]);
	});

	test('A streamed chat that has begun ends, even if the item fails and the workflow goes on', async () => {
		const { chunks, item } = await chunksOf(
			'Hello',
			{},
			'typing-20+error-mid-stream',
			'continueRegularOutput',
		);
		expect(item?.json.error).toContain('The upstream model stopped working');
		expect(chunks.filter(({ type }) => type === 'begin')).toHaveLength(1);
		expect(chunks.at(-1)?.type).toBe('end');
	});

	test('A streamed chat whose request is retried begins once', async () => {
		const { chunks } = await chunksOf('Hello, how are you?', {}, 'busy-1-live');
		expect(chunks.filter(({ type }) => type === 'begin')).toHaveLength(1);
	});
});

test('The JSON of an edited image is small and holds a link to the image, but no base64', async () => {
	const harness = await startHarness();
	try {
		const { output } = await harness.run(
			{
				operation: 'imageToImage',
				model,
				prompt: '={{ $json.prompt }}',
				imageSize: '512',
				options: { imageLink: true },
			},
			{
				input: [
					await itemWith(harness.engine, { data: await imageFile() }, { prompt: 'Paint it' }),
				],
			},
		);
		const json = JSON.stringify(output(NODE).map((item) => item.json));
		expect(json.length).toBeLessThan(3000);
		expect(json).toContain('/binary-data/signed?token=');
		expect(json).not.toMatch(/[\w+/]{300,}/);
	} finally {
		await harness.close();
	}
});
