import { createHash, randomBytes } from 'node:crypto';
import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import sharp from 'sharp';

import { itemWith, picture, startHarness, type Harness } from './harness';

const NODE = 'Gemini Image';
const FLASH_31 = 'gemini-3.1-flash-image-preview';
const PRO = 'gemini-3.0-pro-image-preview';
const FIELD = 'Input Data Field Name';

const model = (value: string): INodeParameters => ({ model: { __rl: true, mode: 'id', value } });
const edit: INodeParameters = { operation: 'imageToImage', prompt: 'Make it blue' };

let harness: Harness;
beforeAll(async () => {
	harness = await startHarness();
});
afterEach(() => harness.engine.clear());
afterAll(async () => await harness.close());

async function run(parameters: INodeParameters, item: INodeExecutionData = { json: {} }) {
	const before = harness.emulator.requests.length;
	const options = { input: [item], onError: 'continueRegularOutput' as const, profile: 'tiny' };
	const { error, output } = await harness.run({ prompt: 'A fox', ...parameters }, options);
	expect(error).toBeUndefined();
	return { item: output(NODE)[0], requests: harness.emulator.requests.slice(before) };
}

/** Refused before anything is sent, naming the field; returns message and description. */
async function refused(field: string, parameters: INodeParameters, input?: INodeExecutionData) {
	const { item, requests } = await run(parameters, input);
	expect(requests).toEqual([]);
	const { error, details } = item?.json as { error: string; details: IDataObject };
	expect(details).toEqual({ field, description: expect.stringMatching(/^[A-Z'].*\.$/) });
	expect(error.length).toBeLessThan(600);
	return { message: error, description: String(details.description) };
}

const withFile = async (bytes: Buffer) => await itemWith(harness.engine, { data: bytes });

describe('files', () => {
	test.each<[string, string, RegExp]>([
		['a missing field', 'photo', /^The item has no file field 'photo'$/],
		['one of several missing', 'data, photo', /^The item has no file field 'photo'$/],
		[
			'an expression that gives nothing',
			'={{ undefined }}',
			/^'Input Data Field Name' got no value$/,
		],
		['no field name', '={{ "" }}', /^'Input Data Field Name' got no value$/],
		['an object', '={{ { a: 1 } }}', /^'Input Data Field Name' got an object$/],
		['a number', '={{ 7 }}', /^'Input Data Field Name' got a number$/],
		['a list of objects', '={{ [{ a: 1 }] }}', /^'Input Data Field Name' got an object$/],
	])('%s', async (_what, binaryPropertyName, expected) => {
		const input = await withFile(await picture());
		const { message, description } = await refused(FIELD, { ...edit, binaryPropertyName }, input);
		expect(message).toMatch(expected);
		expect(description).toContain("The item's file fields are: data.");
	});

	test('an item without files', async () => {
		const { message, description } = await refused(FIELD, edit);
		expect(message).toBe("The item has no file field 'data'");
		expect(description).toContain('The item has no files.');
		const all = await refused(FIELD, { ...edit, binaryPropertyName: '*' });
		expect(all.message).toBe('The item has no image field');
	});

	test('only files that are no images', async () => {
		const input = await withFile(Buffer.from('%PDF-1.7 and so on'));
		const all = await refused(FIELD, { ...edit, binaryPropertyName: '*' }, input);
		expect(all.message).toBe('The item has no image field');
		expect(all.description).toContain('data');
	});

	const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
	test.each<[string, () => Promise<Buffer>, RegExp]>([
		['an empty file', async () => Buffer.alloc(0), /^The file of 'data' is empty$/],
		[
			'a PDF',
			async () => Buffer.from('%PDF-1.7\n1 0 obj'),
			/'data' \(image\/png\) is not an image$/,
		],
		['an SVG', async () => Buffer.from(svg), /^The file of 'data' .* is not an image$/],
		['a text', async () => Buffer.from('hello'), /^The file of 'data' .* is not an image$/],
		[
			'a signature alone',
			async () => (await picture()).subarray(0, 8),
			/is damaged: its pixel size/,
		],
		['half a header', async () => (await picture()).subarray(0, 18), /is damaged: its pixel size/],
		[
			'half a PNG',
			async () => half(await picture('png')),
			/^The image of 'data' is damaged: it ends/,
		],
		['half a JPEG', async () => half(await picture('jpeg')), /is damaged/],
		['half a WebP', async () => half(await picture('webp')), /is damaged: it ends too early$/],
	])('%s', async (_what, make, expected) => {
		const { message } = await refused(FIELD, edit, await withFile(await make()));
		expect(message).toMatch(expected);
	});

	test('with more behind its end is sent as it is', async () => {
		const bytes = Buffer.concat([await picture('jpeg'), Buffer.from('appended by a camera')]);
		const { item, requests } = await run(edit, await withFile(bytes));
		expect(item?.json.error).toBeUndefined();
		const hash = createHash('sha256').update(bytes).digest('hex');
		expect(JSON.stringify(requests[0]?.body)).toContain(`<${bytes.length} bytes sha256=${hash}>`);
	});
});

const half = (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length / 2));

describe('formats', () => {
	const draw = (format: 'gif' | 'tiff' | 'avif') =>
		sharp({ create: { width: 32, height: 32, channels: 3, background: 'red' } })
			.toFormat(format)
			.toBuffer();
	const bmp = Buffer.concat([Buffer.from('BM\x42\0\0\0\0\0\0\0', 'latin1'), randomBytes(99)]);
	/** Formats that cannot be drawn here are built like AVIF, but for their name. */
	const brand = async (name: string) =>
		Buffer.from(
			(await draw('avif')).toString('latin1').replace('ftypavif', `ftyp${name}`),
			'latin1',
		);
	const files: Record<string, () => Promise<Buffer>> = {
		gif: () => draw('gif'),
		bmp: async () => bmp,
		tiff: () => draw('tiff'),
		avif: () => draw('avif'),
		heic: () => brand('heic'),
		heif: () => brand('mif1'),
	};
	const taken = 'image/png, image/jpeg, image/webp';

	test.each(['gif', 'bmp', 'tiff', 'avif', 'heic', 'heif'])(
		'2.5 Flash does not take %s',
		async (format) => {
			const { message } = await refused(FIELD, edit, await withFile(await files[format]!()));
			expect(message).toBe(
				`The image of 'data' is image/${format}, which Gemini 2.5 Flash Image does not take; it takes ${taken}`,
			);
		},
	);

	test.each([PRO, FLASH_31])('%s takes heic and heif beside these', async (id) => {
		for (const format of ['gif', 'bmp', 'tiff', 'avif']) {
			const input = await withFile(await files[format]!());
			const { message } = await refused(FIELD, { ...edit, ...model(id) }, input);
			expect(message).toMatch(new RegExp(`is image/${format}, .* it takes ${taken}, image/heic, `));
		}
		for (const format of ['heic', 'heif']) {
			const { item, requests } = await run(
				{ ...edit, ...model(id) },
				await withFile(await files[format]!()),
			);
			expect(item?.json.error).toBeUndefined();
			expect(JSON.stringify(requests[0]?.body)).toContain(`data:image/${format};base64,<`);
		}
	});

	test('another model gets any image', async () => {
		for (const [format, make] of Object.entries(files)) {
			const { requests } = await run(
				{ ...edit, ...model('gemini-9-image') },
				await withFile(await make()),
			);
			expect(JSON.stringify(requests[0]?.body)).toContain(`data:image/${format};base64,<`);
		}
	});
});

test.each([
	['gemini-2.5-flash-image', 3, '2.5 Flash'],
	[PRO, 14, '3.0 Pro'],
	[FLASH_31, 14, '3.1 Flash'],
])('%s takes %i images', async (id, most, name) => {
	const bytes = await picture();
	const input = await withFile(bytes);
	const imageUrls = Array.from({ length: most }, (_, index) => `https://example.com/${index}.png`);
	const parameters = { ...edit, ...model(id), imageSource: 'binaryAndUrl' };
	const { message } = await refused('Image Source', { ...parameters, imageUrls }, input);
	expect(message).toBe(`Gemini ${name} Image takes at most ${most} input images, not ${most + 1}`);
	const { requests } = await run({ ...parameters, imageUrls: imageUrls.slice(1) }, input);
	expect(requests).toHaveLength(1);
});

describe('URLs', () => {
	const urls = (...imageUrls: string[]) => ({ ...edit, imageSource: 'url', imageUrls });

	test.each([
		'not a url',
		'example.com/photo.jpg',
		'/photo.jpg',
		'https://',
		'file:///etc/passwd',
		'ftp://example.com/a.png',
		'javascript:alert(1)',
	])('%s', async (url) => {
		const { message, description } = await refused(
			'Image URLs',
			urls('https://example.com/a.png', url),
		);
		expect(message).toBe(`'Image URLs' has '${url}', which is not an http(s) or data URL`);
		expect(description).toContain('https://example.com/photo.jpg');
	});

	test.each([
		['none', urls()],
		['blank', urls('={{ " " }}', '={{ "" }}')],
		['an expression that gives null', { ...edit, imageSource: 'url', imageUrls: '={{ null }}' }],
	])('%s', async (_what, parameters) => {
		const { message } = await refused('Image URLs', parameters);
		expect(message).toBe("'Image URLs' is empty");
	});

	test('data URLs without an image, or with a part of one', async () => {
		const text = `data:image/png;base64,${Buffer.from('This is no image').toString('base64')}`;
		expect((await refused('Image URLs', urls(text))).message).toBe(
			"'Image URLs' has a data URL that holds no image",
		);
		const cut = `data:image/png;base64,${half(await picture()).toString('base64')}`;
		expect((await refused('Image URLs', urls(cut))).message).toBe(
			"The image of 'Image URLs' is damaged: it ends too early",
		);
	});
});

describe('text and choices', () => {
	test.each<[string, INodeParameters, string, RegExp]>([
		['blank prompt', { prompt: ' \n' }, 'Prompt', /^'Prompt' is empty$/],
		['prompt of null', { prompt: '={{ null }}' }, 'Prompt', /^'Prompt' is empty$/],
		['prompt of an object', { prompt: '={{ { a: 1 } }}' }, 'Prompt', /takes text, not an object$/],
		['prompt of a list', { prompt: '={{ [1, 2] }}' }, 'Prompt', /takes text, not a list$/],
		['prompt of a boolean', { prompt: '={{ true }}' }, 'Prompt', /takes text, not a boolean$/],
		['blank model', model(' '), 'Model', /^'Model' is empty$/],
		[
			'model of an object',
			model('={{ { a: 1 } }}'),
			'Model',
			/^'Model' takes text, not an object$/,
		],
		['ratio', { aspectRatio: '1:8' }, 'Aspect Ratio', /Ratio '1:8'; it takes 1:1, .*21:9$/],
		['any text as ratio', { aspectRatio: '=wide' }, 'Aspect Ratio', /'wide'; it takes 1:1, /],
		['object as ratio', { aspectRatio: '={{ {} }}' }, 'Aspect Ratio', /takes text, not an object$/],
		['size', { imageSize: '4K' }, 'Image Size', /the Image Size '4K'; it takes 1K$/],
		['small k', { ...model(PRO), imageSize: '=1k' }, 'Image Size', /'1k'; it takes 1K, 2K, 4K$/],
		[
			'512 on Pro',
			{ ...model(PRO), imageSize: '512' },
			'Image Size',
			/'512'; it takes 1K, 2K, 4K$/,
		],
		['size of a list', { imageSize: '={{ ["1K"] }}' }, 'Image Size', /takes text, not a list$/],
		[
			'system message',
			{ options: { systemMessage: '={{ {} }}' } },
			'System Message',
			/takes text, not an object$/,
		],
	])('%s', async (_what, parameters, field, expected) => {
		expect((await refused(field, parameters)).message).toMatch(expected);
	});

	test('an unknown model is sent as it is, with whatever it may take', async () => {
		const { item, requests } = await run({
			...model(' gemini-9-image '),
			aspectRatio: '=7:5',
			imageSize: '=8K',
		});
		expect(requests).toHaveLength(1);
		expect(requests[0]?.body).toMatchObject({
			model: 'gemini-9-image',
			image_config: { aspect_ratio: '7:5', image_size: '8K' },
		});
		expect(item?.json.error).toMatch(/the price of the model is not set \(model: gemini-9-image\)/);
	});
});

describe('numbers', () => {
	const count = (numberOfImages: unknown) => ({ numberOfImages }) as INodeParameters;
	const option = (name: string, value: unknown) =>
		({ options: { [name]: value } }) as INodeParameters;

	test.each<[string, INodeParameters, string, string]>([
		['Number of Images', count(0), '0', 'a whole number from 1 to 10'],
		['Number of Images', count(11), '11', 'a whole number from 1 to 10'],
		['Number of Images', count('abc'), '"abc"', 'a whole number from 1 to 10'],
		['Number of Images', count(2.5), '2.5', 'a whole number from 1 to 10'],
		['Number of Images', count('={{ [3] }}'), '[3]', 'a whole number from 1 to 10'],
		['Timeout', option('timeout', 0), '0', 'a number of at least 0.1'],
		['Timeout', option('timeout', 'x'), '"x"', 'a number of at least 0.1'],
		['Timeout', option('timeout', '={{ {} }}'), '{}', 'a number of at least 0.1'],
		['Max Retries', option('maxRetries', -1), '-1', 'a whole number of at least 0'],
		['Max Retries', option('maxRetries', 0.5), '0.5', 'a whole number of at least 0'],
		['Max Concurrency', option('maxConcurrency', 0), '0', 'a whole number of at least 1'],
		['Max Concurrency', option('maxConcurrency', 'all'), '"all"', 'a whole number of at least 1'],
		['Max Tokens', option('maxTokens', 0), '0', 'a whole number of at least 1'],
		['Temperature', option('temperature', 2.1), '2.1', 'a number from 0 to 2'],
		['Top P', option('topP', -0.1), '-0.1', 'a number from 0 to 1'],
		['Top K', option('topK', 1.5), '1.5', 'a whole number of at least 1'],
	])('%s %j', async (field, parameters, value, taken) => {
		const { message } = await refused(field, parameters);
		expect(message).toBe(`'${field}' does not take ${value}; it takes ${taken}`);
	});
});

describe('JSON', () => {
	const history = (value: unknown) =>
		({ operation: 'chat', options: { history: value } }) as INodeParameters;
	const extra = (value: unknown) => ({ options: { extraBody: value } }) as INodeParameters;

	test.each<[string, INodeParameters, string, RegExp]>([
		['bad', history('[{'), 'Chat History', /^'Chat History' is not valid JSON: ./],
		['an object', history('{"role":"user"}'), 'Chat History', /is not a JSON array$/],
		['a number', history('={{ 5 }}'), 'Chat History', /is not a JSON array$/],
		['a list of texts', history('["hi"]'), 'Chat History', /^Message 1 of 'Chat History' is not/],
		[
			'a wrong role',
			history([
				{ role: 'user', content: 'hi' },
				{ role: 'bot', content: 'hi' },
			]),
			'Chat History',
			/^Message 2 of 'Chat History' is not/,
		],
		['no content', history('[{"role":"user"}]'), 'Chat History', /^Message 1 of 'Chat History'/],
		['bad', extra('{seed: 7}'), 'Extra Body', /^'Extra Body' is not valid JSON: ./],
		['a list', extra('[1]'), 'Extra Body', /^'Extra Body' is not a JSON object$/],
		['a text', extra('="seed"'), 'Extra Body', /^'Extra Body' is not a JSON object$/],
	])('%s: %j', async (_what, parameters, field, expected) => {
		const { message, description } = await refused(field, parameters);
		expect(message).toMatch(expected);
		if (field === 'Chat History' && !message.includes('valid')) {
			expect(description).toContain('system, user or assistant');
		}
	});
});
