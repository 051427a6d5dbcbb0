import { startEmulator } from '../emulator';
import { itemWith, imageFile, startHarness, type Harness } from './harness';
import { startService } from './service';

const NODE = 'Gemini Image';
const words = ['good', 'bad', 'better'];

describe('failures', () => {
	let harness: Harness;

	beforeAll(async () => {
		harness = await startHarness();
	});
	afterAll(async () => await harness.close());

	/** The second of three items asks for a ratio that the model does not take. */
	const oneBadOfThree = {
		operation: 'textToImage',
		prompt: '=Draw {{ $json.word }}',
		aspectRatio: "={{ $json.word === 'bad' ? '8:1' : '1:1' }}",
	};
	const input = words.map((word) => ({ json: { word } }));
	const message =
		"Gemini 2.5 Flash Image does not take the Aspect Ratio '8:1'; it takes 1:1, 2:3, 3:2, 3:4, 4:3, 4:5, 5:4, 9:16, 16:9, 21:9";
	const failed = {
		error: message,
		details: { field: 'Aspect Ratio', description: expect.any(String) },
	};

	test('A failed item stops the workflow if On Error says so, and the error names the item', async () => {
		const { error, output } = await harness.run(oneBadOfThree, { input });
		expect(error).toMatchObject({ message, context: { itemIndex: 1 } });
		expect(output(NODE)).toEqual([]);
	});

	test.each(['stays open', 'drips for ever'])(
		'An error whose body %s is told within seconds, with what has come of it',
		async (how) => {
			let drip: NodeJS.Timeout | undefined;
			const { baseUrl, close } = await startService((_request, response) => {
				response.writeHead(401, { 'content-type': 'text/plain' });
				response.write('No such key');
				if (how === 'drips for ever') drip = setInterval(() => response.write(' '), 50);
			});
			const before = Date.now();
			const { error } = await harness.run(
				{ prompt: 'A fox' },
				{ credentials: { apiKey: 'sk-0123456789', baseUrl } },
			);
			clearInterval(drip);
			await close();
			expect(error?.message).toBe('Nexconn refused the API key (401): No such key');
			// The Timeout is five minutes.
			expect(Date.now() - before).toBeLessThan(20_000);
		},
	);

	test('A failed item keeps its place among the good ones if On Error says to continue', async () => {
		const { error, output } = await harness.run(oneBadOfThree, {
			input,
			onError: 'continueRegularOutput',
		});
		expect(error).toBeUndefined();
		const items = output(NODE);
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual([0, 1, 2].map((item) => ({ item })));
		expect(items[1]?.json).toEqual(failed);
		expect(items[0]?.json.reasoning).toContain('Draw good');
		expect(items[2]?.json.reasoning).toContain('Draw better');
	});

	test('The error output gets the failed item together with its input JSON', async () => {
		const { output } = await harness.run(oneBadOfThree, { input, onError: 'continueErrorOutput' });
		expect(output(NODE, 0)).toHaveLength(2);
		expect(output(NODE, 1).map(({ json }) => json)).toEqual([{ word: 'bad', ...failed }]);
	});

	test('A 429 that asks for too long a wait is told, with what to do about it', async () => {
		const { error } = await harness.run({ prompt: 'A fox' }, { profile: 'busy-hour' });
		expect(error?.message).toContain('It asks to wait 60 minutes');
		// It stands by itself, as a chat shows it alone.
		expect(error?.description).toMatch(/^[A-Z].*\bwaits\b.*\.$/);
		expect(error?.description).not.toMatch(/^Run again then/);
	});

	describe('a large upload', () => {
		const PNG_BYTES = 24 * 1024 * 1024;
		/** More than the buffers of both sides hold. Whether the image is whole is for the service. */
		const largeImage = async () => {
			const image = await imageFile();
			const bytes = Buffer.concat([image, Buffer.alloc(PNG_BYTES - image.length)]);
			return [await itemWith(harness.engine, { data: bytes })];
		};
		const ask = { operation: 'chat', prompt: 'Words only: what is this?' };
		const newest = (count: number) => harness.emulator.requests.slice(-count);
		const requestCount = () => harness.emulator.requests.length;

		test('A large upload that breaks in the middle is sent again, and the answer comes out', async () => {
			const before = requestCount();
			const { error, output } = await harness.run(ask, {
				input: await largeImage(),
				profile: 'reset-in-upload-again',
			});
			expect(error).toBeUndefined();
			expect(output(NODE)[0]?.json.text).toContain('Words only');
			expect(requestCount() - before).toBe(2);
			expect(newest(2)[0]?.bytes).toBe(0);
			expect(newest(2)[1]?.bytes).toBeGreaterThan(PNG_BYTES);
		});

		test('A large upload that breaks in the middle says that nothing was billed, if it may not be repeated', async () => {
			const before = requestCount();
			const { error } = await harness.run(
				{ ...ask, options: { maxRetries: 0 } },
				{ input: await largeImage(), profile: 'reset-in-upload-once' },
			);
			expect(error?.message).toMatch(/^The service could not be reached: /);
			expect(error?.description).toContain('billed');
			expect(error?.description).not.toContain('may have been billed');
			expect(requestCount() - before).toBe(1);
		});

		test('A large upload whose connection breaks when it has been taken whole is not sent again', async () => {
			const before = requestCount();
			const { error } = await harness.run(ask, {
				input: await largeImage(),
				profile: 'reset-before-headers',
			});
			expect(error?.description).toContain('may have been billed');
			expect(requestCount() - before).toBe(1);
			expect(newest(1)[0]?.bytes).toBeGreaterThan(PNG_BYTES);
		});
	});

	test.each([
		['a blank prompt', { prompt: '  ' }, "'Prompt' is empty"],
		[
			'no model',
			{ prompt: 'x', model: { __rl: true, mode: 'id', value: '={{ "" }}' } },
			"'Model' is empty: its expression gave nothing",
		],
		[
			'a size that the model does not take',
			{ prompt: 'x', imageSize: '4K' },
			"Gemini 2.5 Flash Image does not take the Image Size '4K'; it takes 1K",
		],
		[
			'a file that is not there',
			{
				operation: 'imageToImage',
				prompt: 'x',
				imageSource: 'binary',
				binaryPropertyName: 'photo',
			},
			"The item has no binary field 'photo'",
		],
		[
			'a history that is no list',
			{ operation: 'chat', prompt: 'x', options: { history: '{"role":"user"}' } },
			"'Chat History' is not a JSON array",
		],
	])('An item with %s is refused before anything is sent', async (_what, parameters, expected) => {
		const before = harness.emulator.requests.length;
		const { error } = await harness.run(parameters);
		expect(error?.message).toBe(expected);
		expect(harness.emulator.requests).toHaveLength(before);
	});

	test('More input images than the model takes are refused before anything is sent', async () => {
		const { engine, run, emulator } = harness;
		const before = emulator.requests.length;
		const image = await imageFile();
		const { error } = await run(
			{ operation: 'imageToImage', prompt: 'x', binaryPropertyName: '*' },
			{ input: [await itemWith(engine, { a: image, b: image, c: image, d: image })] },
		);
		expect(error?.message).toBe('Gemini 2.5 Flash Image takes at most 3 input images, not 4');
		expect(emulator.requests).toHaveLength(before);
	});

	test('The error for a wrong key names the Authorization Format and does not repeat the key', async () => {
		const { error } = await harness.run(
			{ prompt: 'x' },
			{ credentials: { apiKey: 'secret-of-mine', baseUrl: harness.emulator.baseUrl('key-echo') } },
		);
		expect(error?.message).toMatch(/^Nexconn refused the API key \(401\)/);
		expect(error?.description).toContain('Authorization Format');
		expect(JSON.stringify(error)).not.toContain('secret-of-mine');
	});

	test('A reply without an image fails with its finish_reason and the words of the model', async () => {
		const { output } = await harness.run(
			{ prompt: 'Draw it' },
			{ profile: 'refusal', onError: 'continueRegularOutput' },
		);
		expect(output(NODE)[0]?.json).toEqual({
			error: expect.stringMatching(
				/^The model refused the image \(finish reason: content_filter\): ./,
			),
			details: {
				description: expect.any(String),
				finishReason: 'content_filter',
				modelText: expect.any(String),
				usage: expect.any(Object),
			},
		});
	});

	test.each(['reset-in-image', 'end-in-image', 'error-after-image'])(
		'A reply with the fault %s fails and leaves nothing in storage',
		async (profile) => {
			const before = harness.engine.files();
			const { error } = await harness.run({ prompt: 'Draw it' }, { profile });
			expect(error?.message).toBeTruthy();
			expect(harness.engine.files()).toEqual(before);
		},
	);

	test('A certificate that is not trusted is refused, and nothing is sent', async () => {
		const secure = await startEmulator({ tls: true });
		try {
			const { error } = await harness.run(
				{ prompt: 'Draw it' },
				{ credentials: { apiKey: secure.apiKey, baseUrl: secure.baseUrl() } },
			);
			expect(error?.message).toBe(
				'The service could not be reached: its certificate is not trusted',
			);
			expect(secure.requests).toEqual([]);
		} finally {
			await secure.close();
		}
	});

	test('An image that the reply links to is fetched without the key', async () => {
		const { run, emulator } = harness;
		const { error } = await run({ prompt: 'Draw it' }, { profile: 'image-url' });
		expect(error).toBeUndefined();
		const fetched = emulator.requests.at(-1);
		expect(fetched?.method).toBe('GET');
		expect(fetched?.path).toContain('/files/');
		expect(fetched?.headers.authorization).toBeUndefined();
	});
});
