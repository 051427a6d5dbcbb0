import { isDeepStrictEqual } from 'node:util';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import sharp from 'sharp';

import { itemWith, imageFile, startHarness, type Harness } from './harness';

const NODE = 'Gemini Image';
const CHEAP: INodeParameters = {
	model: { __rl: true, mode: 'id', value: 'gemini-3.1-flash-image' },
	imageSize: '512',
};

describe('options', () => {
	let harness: Harness;

	beforeAll(async () => {
		harness = await startHarness();
	});
	afterAll(async () => await harness.close());

	test('Options that go into the body go there under the names of the API', async () => {
		const { error } = await harness.run({
			...CHEAP,
			prompt: 'Draw a fox',
			options: {
				temperature: 0.4,
				topP: '=0.9',
				topK: 40,
				maxTokens: 4096,
				reasoningEffort: 'high',
				safetySettings: {
					values: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
				},
				extraBody: '{"seed": 7, "user": "me"}',
			},
		});
		expect(error).toBeUndefined();
		expect(harness.lastBody()).toEqual({
			model: 'gemini-3.1-flash-image',
			messages: [{ role: 'user', content: 'Draw a fox' }],
			stream: true,
			image_config: { image_size: '512' },
			temperature: 0.4,
			top_p: 0.9,
			top_k: 40,
			max_tokens: 4096,
			reasoning_effort: 'high',
			safety_settings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
			seed: 7,
			user: 'me',
		});
	});

	test('The output file has the file name and the binary field that the options set', async () => {
		const { output } = await harness.run({
			...CHEAP,
			prompt: 'Draw a fox',
			options: { binaryPropertyOutput: 'image', fileName: 'fox' },
		});
		const [item] = output(NODE);
		expect(Object.keys(item?.binary ?? {})).toEqual(['image']);
		expect(item?.binary?.image?.fileName).toBe('fox.png');
		expect(item?.json.image).toMatchObject({ fileName: 'fox.png' });
	});

	test('An option of another operation does nothing', async () => {
		await harness.run(
			{
				...CHEAP,
				prompt: 'Draw a fox',
				options: { history: '[{"role":"user","content":"old"}]', combineItems: true },
			},
			{ input: [{ json: {} }, { json: {} }] },
		);
		expect(harness.lastBody().messages).toEqual([{ role: 'user', content: 'Draw a fox' }]);
	});

	test.each<[string, INodeParameters, number]>([
		['chat', { numberOfImages: 'many', options: { endpoint: 'nonsense' } }, 1],
		['imageToImage', { options: { history: 'x' } }, 1],
		[
			'textToImage',
			{
				imageSource: 'nonsense',
				binaryPropertyName: {},
				imageUrls: [5],
				options: { history: 'x', combineItems: 'perhaps' },
			},
			0,
		],
	])(
		'The operation %s works, whatever the fields and options of other operations hold: %j',
		async (operation, hidden, imagesOfItem) => {
			const { engine, run, emulator } = harness;
			const before = emulator.requests.length;
			const item = await itemWith(engine, { data: await imageFile() });
			const options = { input: [item, item], profile: 'tiny' };
			const { error, output } = await run({ operation, prompt: 'A fox', ...hidden }, options);
			expect(error).toBeUndefined();
			expect(output(NODE)).toHaveLength(2);
			const bodies = emulator.requests.slice(before).map(({ body }) => JSON.stringify(body));
			const counts = bodies.map((body) => body.split('data:image/').length - 1);
			expect(counts).toEqual([imagesOfItem, imagesOfItem]);
		},
	);

	describe('the Images endpoint', () => {
		const models = [
			'gemini-2.5-flash-image',
			'gemini-3.0-pro-image-preview',
			'gemini-3.1-flash-image',
		];

		test.each(models)('The Images endpoint draws and edits with the model %s', async (value) => {
			const { engine, run, lastBody, emulator } = harness;
			const common = {
				model: { __rl: true, mode: 'id', value },
				prompt: 'A fox',
				aspectRatio: '4:3',
				options: { endpoint: 'images', temperature: 0.5 },
			};
			const text = await run({ ...common, operation: 'textToImage' });
			expect(emulator.requests.at(-1)?.path).toMatch(/\/images\/generations$/);
			expect(lastBody()).toEqual({
				model: value,
				prompt: 'A fox',
				image_config: { aspect_ratio: '4:3' },
				temperature: 0.5,
			});
			const [item] = text.output(NODE);
			expect(item?.json).toMatchObject({
				id: null,
				text: '',
				reasoning: null,
				finishReason: null,
				usage: { total_tokens: expect.any(Number) },
				image: { mimeType: 'image/png' },
			});

			const input = [await itemWith(engine, { a: await imageFile(), b: await imageFile('jpeg') })];
			const source = { imageSource: 'binary', binaryPropertyName: 'a' };
			const one = { ...common, operation: 'imageToImage', ...source };
			expect((await run(one, { input })).error).toBeUndefined();
			expect(emulator.requests.at(-1)?.path).toMatch(/\/images\/edits$/);
			expect(lastBody().image).toMatch(/^data:image\/png;base64,</);
			const two = await run({ ...one, binaryPropertyName: 'a,b' }, { input });
			expect(lastBody().image).toEqual([
				expect.stringMatching(/^data:image\/png/),
				expect.stringMatching(/^data:image\/jpeg/),
			]);
			const file = await engine.read(two.output(NODE)[0]!.binary!.data!);
			expect((await sharp(file).metadata()).format).toBe('png');
		});

		test('The Images endpoint is not sent the options it has no place for, and a hint names them', async () => {
			const { run, lastBody } = harness;
			const { hints } = await run({
				...CHEAP,
				prompt: 'A fox',
				options: { endpoint: 'images', systemMessage: 'Be bold', maxTokens: 100 },
			});
			expect(lastBody()).not.toHaveProperty('max_tokens');
			expect(hints(NODE)).toEqual([
				'The Images endpoint takes no System Message, Max Tokens: not sent',
			]);
		});
	});

	describe('an Extra Body that replaces what holds the images', () => {
		const body = (values: object): INodeParameters => ({ extraBody: JSON.stringify(values) });
		const URL = 'https://example.com/a.png';
		const MESSAGES = body({ messages: [{ role: 'user', content: 'Draw a cat' }] });
		const files: INodeParameters = { imageSource: 'binary', binaryPropertyName: 'data' };
		const urls: INodeParameters = { imageSource: 'url', imageUrls: [URL] };

		test.each<[string, INodeParameters, INodeParameters, string[]]>([
			[
				'a file beside messages',
				files,
				MESSAGES,
				["The input image is not sent, as Extra Body replaces 'messages'"],
			],
			[
				'a URL beside messages',
				urls,
				MESSAGES,
				["The input image is not sent, as Extra Body replaces 'messages'"],
			],
			[
				'several images beside messages',
				{ ...files, ...urls, imageSource: 'binaryAndUrl' },
				MESSAGES,
				["The 2 input images are not sent, as Extra Body replaces 'messages'"],
			],
			[
				'a file beside image',
				files,
				{ endpoint: 'images', ...body({ image: URL }) },
				["The input image is not sent, as Extra Body replaces 'image'"],
			],
			['a file beside prompt', files, { endpoint: 'images', ...body({ prompt: 'A cat' }) }, []],
			['a file beside the image of the other endpoint', files, body({ image: URL }), []],
			[
				'a file beside the messages of the other endpoint',
				files,
				{ endpoint: 'images', ...MESSAGES },
				[],
			],
		])(
			'A hint tells of input images that are not sent: %s',
			async (_what, source, options, told) => {
				const { engine, run, lastBody } = harness;
				const input = [await itemWith(engine, { data: await imageFile() })];
				const { error, hints } = await run(
					{ operation: 'imageToImage', prompt: 'A fox', ...source, options },
					{ input, profile: 'tiny' },
				);
				expect(error).toBeUndefined();
				expect(hints(NODE)).toEqual(told);
				expect(JSON.stringify(lastBody()).includes('data:image/png')).toBe(told.length === 0);
			},
		);
	});

	describe('several images and items', () => {
		test('Number of Images makes as many requests for each item, and their images are numbered on', async () => {
			const { run, emulator } = harness;
			const before = emulator.requests.length;
			const { output } = await run(
				{ ...CHEAP, prompt: '=Draw {{ $json.what }}', numberOfImages: 3 },
				{ input: [{ json: { what: 'a fox' } }, { json: { what: 'a crow' } }] },
			);
			expect(emulator.requests.length - before).toBe(6);
			const items = output(NODE);
			expect(items.map(({ pairedItem }) => pairedItem)).toEqual(
				[0, 0, 0, 1, 1, 1].map((item) => ({ item })),
			);
			expect(items.map(({ json }) => json.image)).toMatchObject(
				[0, 1, 2, 0, 1, 2].map((index) => ({ index })),
			);
			expect(items.map(({ binary }) => binary?.data?.fileName)).toEqual([
				'image.png',
				'image_1.png',
				'image_2.png',
				'image_3.png',
				'image_4.png',
				'image_5.png',
			]);
			expect(items.every(({ json }) => json.usage !== null)).toBe(true);
		});

		test('A file name that ends in a number keeps it when images are numbered on', async () => {
			const { output } = await harness.run(
				{
					...CHEAP,
					prompt: 'Draw a fox',
					numberOfImages: 2,
					options: { fileName: '=photo_{{ $json.id }}' },
				},
				{ input: [{ json: { id: 1 } }, { json: { id: 8 } }] },
			);
			expect(output(NODE).map(({ binary }) => binary?.data?.fileName)).toEqual([
				'photo_1.png',
				'photo_1_1.png',
				'photo_8.png',
				'photo_8_1.png',
			]);
		});

		/** The names of all files, item by item, two images a reply. */
		async function namesOf(parameters: INodeParameters, items: IDataObject[]): Promise<string[][]> {
			const { output, error } = await harness.run(
				{ prompt: '=Draw {{ $json.what }}', ...parameters },
				{ profile: 'tiny+two-images', input: items.map((json) => ({ json })) },
			);
			expect(error).toBeUndefined();
			const perItem = items.map((_item, index) =>
				output(NODE).filter(({ pairedItem }) => isDeepStrictEqual(pairedItem, { item: index })),
			);
			for (const { json, binary = {} } of output(NODE)) {
				const told = (json.images ?? [json.image]) as Array<{ fileName: string }>;
				expect(told.map(({ fileName }) => fileName)).toEqual(
					Object.values(binary).map(({ fileName }) => fileName),
				);
			}
			return perItem.map((own) =>
				own.flatMap(({ binary }) => Object.values(binary!).map(({ fileName }) => String(fileName))),
			);
		}
		const fox = { what: 'a fox' };
		const crow = { what: 'a crow' };

		test.each(['textToImage', 'chat'])(
			'The images of the only request of a run are numbered, by the operation %s',
			async (operation) => {
				expect(await namesOf({ operation }, [fox])).toEqual([['image.png', 'image_1.png']]);
			},
		);

		test.each(['textToImage', 'chat'])(
			'Further images of a reply get a second number if the run makes several requests, by the operation %s',
			async (operation) => {
				const names = await namesOf({ operation }, [fox, crow, fox, crow, fox]);
				expect(names).toEqual([
					['image.png', 'image_0_1.png'],
					...[1, 2, 3, 4].map((place) => [`image_${place}.png`, `image_${place}_1.png`]),
				]);
			},
		);

		test('Files are named by the place of their request in the run, whichever item it is for', async () => {
			const numberOfImages = '={{ $json.count }}';
			const counts = [2, 1, 3].map((count) => ({ ...fox, count }));
			const names = await namesOf({ numberOfImages }, counts);
			expect(names).toEqual([
				['image.png', 'image_0_1.png', 'image_1.png', 'image_1_1.png'],
				['image_2.png', 'image_2_1.png'],
				[
					'image_3.png',
					'image_3_1.png',
					'image_4.png',
					'image_4_1.png',
					'image_5.png',
					'image_5_1.png',
				],
			]);
		});

		test('With File Name, the images of an item are numbered within it', async () => {
			const options = { fileName: 'cat' };
			const one = ['cat.png', 'cat_1.png'];
			expect(await namesOf({ options }, [fox])).toEqual([one]);
			expect(await namesOf({ options }, [fox, crow])).toEqual([one, one]);
			expect(await namesOf({ options, operation: 'chat' }, [fox, crow])).toEqual([one, one]);
			const two = ['cat.png', 'cat_0_1.png', 'cat_1.png', 'cat_1_1.png'];
			expect(await namesOf({ options, numberOfImages: 2 }, [fox, crow])).toEqual([two, two]);
		});

		test('The only image that is kept of each reply has the name of its request', async () => {
			const options = { imagesPerReply: 'last' };
			expect(await namesOf({ options, numberOfImages: 2 }, [fox, crow])).toEqual([
				['image.png', 'image_1.png'],
				['image_2.png', 'image_3.png'],
			]);
		});

		test('Usage, text and reasoning stand on the first item of a reply only, the prompt on each', async () => {
			const { output } = await harness.run(
				{ ...CHEAP, prompt: 'Draw cats', options: { systemMessage: 'Say what you do' } },
				{ profile: 'thought-images' },
			);
			const items = output(NODE).map(({ json }) => json);
			expect(items).toHaveLength(3);
			expect(items.map(({ usage }) => usage !== null)).toEqual([true, false, false]);
			expect(items.map(({ text }) => text)).toEqual([expect.stringMatching(/\w/), '', '']);
			expect(items.map(({ reasoning }) => reasoning)).toEqual([
				expect.stringContaining('Draw cats'),
				null,
				null,
			]);
			for (const item of items) expect(item.prompt).toBe('Draw cats');
		});

		test('Each of several requests has its usage, text and reasoning on its own first item', async () => {
			const { output } = await harness.run(
				{
					...CHEAP,
					prompt: '=Draw {{ $json.what }}',
					options: { systemMessage: 'Say what you do' },
				},
				{ profile: 'two-images', input: [{ json: { what: 'cats' } }, { json: { what: 'dogs' } }] },
			);
			const items = output(NODE).map(({ json }) => json);
			expect(items.map(({ prompt }) => prompt)).toEqual([
				...['Draw cats', 'Draw cats'],
				...['Draw dogs', 'Draw dogs'],
			]);
			for (const [index, { usage, text, reasoning, prompt }] of items.entries()) {
				const isFirst = index % 2 === 0;
				expect([usage !== null, text !== '', reasoning !== null]).toEqual([
					isFirst,
					isFirst,
					isFirst,
				]);
				if (isFirst) expect(reasoning).toContain(prompt);
			}
		});

		test('The prompt of a chat stands behind its messages, as it was asked', async () => {
			const { output } = await harness.run(
				{ operation: 'chat', prompt: '=Say {{ $json.what }} in words' },
				{ input: [{ json: { what: 'cats' } }, { json: { what: 'dogs' } }] },
			);
			const items = output(NODE).map(({ json }) => json);
			expect(items.map(({ prompt }) => prompt)).toEqual(['Say cats in words', 'Say dogs in words']);
			expect(items.map((json) => Object.keys(json).at(-1))).toEqual(['prompt', 'prompt']);
		});

		test('Combine Items sends the images of all items in one request', async () => {
			const { engine, run, lastBody, emulator } = harness;
			const colours = ['#a00000', '#00a000', '#0000a0'];
			const input = await Promise.all(
				colours.map(
					async (colour) => await itemWith(engine, { data: await imageFile('png', colour) }),
				),
			);
			const before = emulator.requests.length;
			const { output } = await run(
				{
					...CHEAP,
					operation: 'imageToImage',
					prompt: 'Merge',
					imageSource: 'binaryAndUrl',
					imageUrls: ['https://example.com/a.jpg'],
					options: { combineItems: true },
				},
				{ input },
			);
			expect(emulator.requests.length - before).toBe(1);
			const [message] = lastBody().messages as Array<{ content: Array<{ type: string }> }>;
			expect(message?.content.map(({ type }) => type)).toEqual([
				'text',
				...Array.from({ length: 4 }, () => 'image_url'),
			]);
			const items = output(NODE);
			expect(items).toHaveLength(1);
			expect(items[0]?.pairedItem).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
		});

		test('The field name * sends every image of the item in field order, and nothing else', async () => {
			const { engine, run, lastBody } = harness;
			const item = await itemWith(engine, {
				z: await imageFile('png'),
				a: await imageFile('webp'),
			});
			item.binary!.notes = await engine.store(Buffer.from('hello'), 'notes.txt', 'text/plain');
			const { error } = await run(
				{ ...CHEAP, operation: 'imageToImage', prompt: 'Merge', binaryPropertyName: '*' },
				{ input: [item] },
			);
			expect(error).toBeUndefined();
			const urls = JSON.stringify(lastBody()).match(/data:image\/\w+/g);
			expect(urls).toEqual(['data:image/png', 'data:image/webp']);
		});

		test('Image to image finds and stores its files in combined binary mode', async () => {
			const { engine, run, lastBody } = harness;
			const { binary } = await itemWith(engine, { data: await imageFile('webp') });
			for (const binaryPropertyName of ['data', '_files.data', '*', '={{ $json._files.data }}']) {
				const { error, output } = await run(
					{ ...CHEAP, operation: 'imageToImage', prompt: 'Blue', binaryPropertyName },
					{ input: [{ json: { _files: binary as never } }], binaryMode: 'combined' },
				);
				expect(error).toBeUndefined();
				expect(JSON.stringify(lastBody())).toContain('data:image/webp');
				expect(output(NODE)[0]?.json._files).toMatchObject({ data: { mimeType: 'image/png' } });
			}
		});
	});

	test('Max Concurrency bounds the requests that run at the same time', async () => {
		const { run, emulator } = harness;
		const input = Array.from({ length: 6 }, () => ({ json: {} }));
		for (const maxConcurrency of [1, 3]) {
			emulator.peakRequests();
			const { error } = await run(
				{ ...CHEAP, prompt: 'Draw a fox', options: { maxConcurrency } },
				{ input, profile: 'slow-100' },
			);
			expect(error).toBeUndefined();
			expect(emulator.peakRequests()).toBe(maxConcurrency);
		}
	});

	test('Max Concurrency of the first item that can be read counts if those before it fail', async () => {
		const { run, emulator } = harness;
		const temperature = '={{ $itemIndex === 0 ? "hot" : 1 }}';
		emulator.peakRequests();
		const { error, output } = await run(
			{ ...CHEAP, prompt: 'Draw a fox', options: { maxConcurrency: 2, temperature } },
			{
				input: Array.from({ length: 7 }, () => ({ json: {} })),
				profile: 'slow-100',
				onError: 'continueRegularOutput',
			},
		);
		expect(error).toBeUndefined();
		const failed = output(NODE).filter(({ json }) => json.error !== undefined);
		expect(failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }]);
		expect(emulator.peakRequests()).toBe(2);
	});
});
