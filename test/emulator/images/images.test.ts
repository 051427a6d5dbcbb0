import sharp from 'sharp';

import { startEmulator, type Emulator } from '../index';
import {
	chatBody,
	chatUrl,
	FLASH,
	FLASH_31,
	PRO,
	readChunks,
	talk,
	type Talk,
} from '../testClient';
import { paint } from './paint';

let emulator: Emulator;
beforeAll(async () => {
	emulator = await startEmulator();
});
afterAll(() => emulator.close());

const chat = (body: unknown) => talk(chatUrl(emulator), body);
const generate = (body: object) => talk(`${emulator.baseUrl()}/images/generations`, body);
const edit = (body: object) => talk(`${emulator.baseUrl()}/images/edits`, body);
const imageIn = (reply: Talk) =>
	Buffer.from(readChunks(reply)[0]?.data?.[0]?.b64_json ?? '', 'base64');
const dataUrl = (bytes: Buffer) => `data:image/png;base64,${bytes.toString('base64')}`;

describe('validation', () => {
	const image = 'http://example.com/cat.png';
	const parts = (count: number) =>
		Array<object>(count).fill({ type: 'image_url', image_url: { url: image } });
	test.each<[string, unknown, number, string]>([
		['no JSON', '{', 400, 'not valid JSON'],
		['no model', { messages: [] }, 400, 'model'],
		['no messages', { model: PRO }, 400, 'Missing required field: messages'],
		['empty messages', { model: PRO, messages: [] }, 400, 'messages must not be empty'],
		['a wrong type', chatBody('x', { stream: 'yes' }), 400, 'stream must be a boolean'],
		['a wrong content', chatBody(7), 400, 'content must be'],
		['a number out of range', chatBody('x', { temperature: 3 }), 400, 'between 0 and 2'],
		[
			'a ratio of another model',
			chatBody('x', { model: PRO, image_config: { aspect_ratio: '1:8' } }),
			400,
			'1:8',
		],
		[
			'a size of another model',
			chatBody('x', { model: FLASH, image_config: { image_size: '4K' } }),
			400,
			'4K',
		],
		['too many images', chatBody(parts(4), { model: FLASH }), 400, 'at most 3'],
		[
			'a broken image',
			chatBody([{ type: 'image_url', image_url: { url: dataUrl(Buffer.from('x')) } }]),
			400,
			'input image',
		],
		['an unknown model', chatBody('x', { model: 'no-such-model' }), 503, 'quota_exceeded_error'],
	])('The emulator refuses a request with %s and says why', async (_name, body, status, text) => {
		const reply = await chat(body);
		expect(reply.status).toBe(status);
		expect(reply.text).toContain(text);
	});

	test('The images endpoints of the emulator want a prompt, and an image to edit', async () => {
		expect((await generate({ model: FLASH })).text).toContain('Missing required field: prompt');
		expect((await edit({ model: FLASH, prompt: 'x' })).text).toContain('field: image');
	});
});

describe('images', () => {
	test.each<[string, string | undefined, string | undefined, string]>([
		[FLASH, undefined, undefined, '1024x1024'],
		[FLASH, '16:9', '1K', '1344x768'],
		[PRO, undefined, undefined, '1408x768'],
		[PRO, '2:3', '2K', '1696x2528'],
		[FLASH_31, '21:9', '512', '792x336'],
		[FLASH_31, '1:8', '512', '192x1536'],
		[FLASH_31, '8:1', '4K', '12288x1536'],
	])(
		'The model %s with ratio %s and size %s draws an image of %s',
		async (model, aspect_ratio, image_size, size) => {
			const image_config = { aspect_ratio, image_size };
			const { width, height, format } = await sharp(
				imageIn(await generate({ model, prompt: 'A whale', image_config })),
			).metadata();
			expect([`${width}x${height}`, format]).toEqual([size, 'png']);
		},
	);

	test('The prompt decides the bytes of an image of the emulator', async () => {
		const image_config = { image_size: '512' };
		const make = async (prompt: string) =>
			imageIn(await generate({ model: FLASH_31, prompt, image_config })).toString('base64');
		const [one, again, other] = [await make('one'), await make('one'), await make('two')];
		expect(one === again).toBe(true);
		expect(one === other).toBe(false);
	});

	test('An edited image of the emulator resembles its input and has its ratio', async () => {
		const tiny = { width: 24, height: 12 };
		const shades = (bytes: Buffer) =>
			sharp(bytes)
				.greyscale()
				.resize({ ...tiny, fit: 'fill' })
				.raw()
				.toBuffer();
		const input = await sharp({
			create: { width: 640, height: 360, channels: 3, background: '#000' },
		})
			.composite([
				{
					input: { create: { width: 320, height: 360, channels: 3, background: '#fff' } },
					left: 0,
					top: 0,
				},
			])
			.png()
			.toBuffer();
		const output = imageIn(await edit({ model: FLASH, prompt: 'warmer', image: dataUrl(input) }));
		const { width, height } = await sharp(output).metadata();
		expect([width, height]).toEqual([1344, 768]);
		// The caption covers the lower part, so the upper half is compared.
		const [before, after] = [await shades(input), await shades(output)];
		const upper = Array.from({ length: 6 * 24 }, (_, i) => Math.abs(before[i]! - after[i]!));
		expect(upper.reduce((sum, difference) => sum + difference) / upper.length).toBeLessThan(40);
		expect(await sharp(output).stats()).toMatchObject({ isOpaque: true });
	});

	test('An edit works with a file of the emulator, and with a link to a host that is not there', async () => {
		const image = [`${emulator.origin}/files/a.jpg`, 'http://127.0.0.1:1/b.png'];
		expect((await edit({ model: FLASH, prompt: 'together', image })).status).toBe(200);
	});

	/** Mean red, green and blue of an image without its caption. */
	const colorsOf = async (bytes: Buffer) => {
		const { width, height } = await sharp(bytes).metadata();
		const scene = sharp(bytes).extract({ left: 0, top: 0, width, height: height - 26 });
		const { data } = await scene
			.resize(1, 1, { fit: 'fill' })
			.raw()
			.toBuffer({ resolveWithObject: true });
		return [data[0]!, data[1]!, data[2]!] as const;
	};
	const sum = (values: readonly number[]) => values.reduce((all, value) => all + value);
	const small = { width: 320, height: 200, variant: 0, format: 'png' as const };
	const painted = async (prompt: string, ...inputs: Buffer[]) =>
		await colorsOf((await paint({ ...small, prompt, inputs })).bytes);

	test('The words of the prompt choose the scene of an image of the emulator', async () => {
		expect(sum(await painted('A lake at night'))).toBeLessThan(sum(await painted('A lake')) / 2);
		expect(sum(await painted('A lake in snow'))).toBeGreaterThan(sum(await painted('A lake')));
		const [red, , blue] = await painted('A red mug');
		const [otherRed, , otherBlue] = await painted('A blue mug');
		expect(red - blue).toBeGreaterThan(otherRed - otherBlue + 20);
	});

	test('The images that the emulator draws for one prompt differ', async () => {
		const bytesOf = async (variant: number, ...inputs: Buffer[]) =>
			(await paint({ ...small, prompt: 'A mug', variant, inputs })).bytes;
		const input = await bytesOf(0);
		expect((await bytesOf(1)).equals(input)).toBe(false);
		expect((await bytesOf(1, input)).equals(await bytesOf(0, input))).toBe(false);
	});

	test('An edit of the emulator does to the image what the prompt says', async () => {
		const { bytes } = await paint({ ...small, prompt: 'A mountain lake', inputs: [] });
		const before = await colorsOf(bytes);
		const after = async (prompt: string) => await painted(prompt, bytes);
		expect(sum(await after('Make it night'))).toBeLessThan(0.7 * sum(before));
		expect(sum(await after('Make it brighter'))).toBeGreaterThan(1.08 * sum(before));
		const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values);
		expect(spread(await after('Black and white, please'))).toBe(0);
		expect(spread(await after('Make it snow'))).toBeLessThan(spread(before));
		for (const prompt of ['Make it blue', 'As a watercolour', 'In sepia', 'Make it more lively']) {
			const changes = (await after(prompt)).map((value, i) => Math.abs(value - before[i]!));
			expect(Math.max(...changes)).toBeGreaterThan(6);
		}
	});
});
