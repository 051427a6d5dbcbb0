import sharp from 'sharp';

import { startEmulator, type Emulator } from '../index';
import {
	chatUrl,
	decode,
	deltas,
	finishes,
	FLASH_31,
	readChunks,
	reasoning,
	smallImage,
	talk,
	urls,
	usages,
	words,
	type Talk,
} from '../testClient';

let emulator: Emulator;
beforeAll(async () => {
	emulator = await startEmulator();
});
afterAll(() => emulator.close());

const isPng = async (url?: string) => {
	expect(await sharp(decode(url)).stats()).toMatchObject({ isOpaque: true });
};
const sizeAt = async (url?: string) => (await talk(url ?? '')).body.length;
const errorIn = (reply: Talk) => readChunks(reply).find(({ error }) => error);

interface Case {
	stream?: (reply: Talk) => void | Promise<void>;
	json?: (reply: Talk) => void | Promise<void>;
	images?: (reply: Talk) => void | Promise<void>;
}

/** What the outcomes in `test/workflow` see through the node is not repeated here. */
const cases: Record<string, Case> = {
	'usage-last-chunk': {
		stream: (reply) => {
			expect(readChunks(reply).at(-1)).toMatchObject({
				choices: [{ finish_reason: 'stop' }],
				usage: { total_tokens: expect.any(Number) as number },
			});
		},
	},
	'no-done': { stream: (reply) => expect(reply.text).not.toContain('[DONE]') },
	markdown: {
		stream: async (reply) => {
			const [, url] = /\.\n\n!\[image\]\((data:[^)]+)\)\n\nTell/.exec(words(reply)) ?? [];
			await isPng(url);
		},
		json: (reply) =>
			expect(words(reply)).toMatch(/!\[image\]\(data:image\/png;base64,[^)]+\)\n\nTell/),
	},
	'content-array': {
		json: (reply) =>
			expect(deltas(reply)[0]?.content).toMatchObject([{ type: 'text' }, { type: 'image_url' }]),
		stream: (reply) => {
			const content = deltas(reply).at(-1)?.content;
			expect(content).toMatchObject([
				{ image_url: { url: expect.stringMatching(/^data:/) as string } },
			]);
		},
	},
	'image-url': {
		stream: async (reply) => {
			expect(urls(reply)[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/files\/\w+\.png$/);
			expect(await sizeAt(urls(reply)[0])).toBeGreaterThan(5000);
		},
		images: (reply) => expect(readChunks(reply)[0]?.data?.[0]?.url).toContain('/files/'),
	},
	'image-url-page': {
		stream: async (reply) =>
			expect((await talk(urls(reply)[0] ?? '')).headers['content-type']).toBe('text/html'),
	},
	address: {
		stream: async (reply) => {
			expect([urls(reply), words(reply)]).toEqual([[], expect.stringMatching(/^http:.*\.png$/)]);
			expect(await sizeAt(words(reply))).toBeGreaterThan(5000);
		},
	},
	'address-bare': {
		json: async (reply) => {
			expect(words(reply)).toMatch(/^http:\/\/[\w.:]+\/files\/\w+$/);
			expect(await sizeAt(words(reply))).toBeGreaterThan(5000);
		},
	},
	'address-missing': {
		json: async (reply) => expect((await talk(words(reply))).status).toBe(404),
	},
	'keep-alive': {
		stream: async (reply) => {
			expect(reply.text.startsWith(': ping\r\n\r\ndata: ')).toBe(true);
			expect(reply.text.replaceAll('\r\n', '')).not.toContain('\n');
			await isPng(urls(reply)[0]);
		},
	},
	'json-for-stream': {
		stream: (reply) => expect(readChunks(reply)).toMatchObject([{ object: 'chat.completion' }]),
	},
	'error-mid-stream': {
		stream: (reply) => {
			expect(reply.status).toBe(200);
			expect(reasoning(reply)).not.toBe('');
			expect(readChunks(reply).at(-1)).toEqual(errorIn(reply));
			expect(urls(reply)).toEqual([]);
		},
		json: (reply) => expect(errorIn(reply)?.error).toMatchObject({ type: 'server_error' }),
	},
	'error-after-image': {
		stream: (reply) => {
			expect(urls(reply)).toHaveLength(1);
			expect(readChunks(reply).at(-1)).toEqual(errorIn(reply));
			expect(finishes(reply)).toEqual([]);
		},
	},
	'end-after-image-no-finish': {
		stream: (reply) => {
			expect([urls(reply).length, finishes(reply), reply.end]).toEqual([1, [], 'clean']);
			expect(reply.text).not.toContain('[DONE]');
		},
	},
	'two-choices': {
		json: (reply) =>
			expect(readChunks(reply)[0]?.choices).toMatchObject([{ index: 0 }, { index: 1 }]),
		stream: (reply) => {
			expect(new Set(urls(reply)).size).toBe(2);
			expect(finishes(reply)).toEqual(['stop', 'stop']);
		},
	},
	escaped: {
		stream: async (reply) => {
			for (const escape of ['image\\/png', '\\u002b', '\\u003d', '\\n']) {
				expect(reply.text).toContain(escape);
			}
			await isPng(urls(reply)[0]?.replaceAll('\n', ''));
		},
	},
	'url-safe': {
		json: (reply) => expect(urls(reply)[0]?.slice(22)).toMatch(/^[\w-]+=*$/),
		images: (reply) => expect(readChunks(reply)[0]?.data?.[0]?.b64_json).toMatch(/^[\w-]+=*$/),
	},
	'reasoning-alias': {
		stream: (reply) => {
			expect(reasoning(reply)).toBe('');
			expect(deltas(reply)[0]?.reasoning).toMatch(/\w/);
		},
	},
	'no-usage': {
		json: (reply) => expect(usages(reply)).toEqual([]),
		stream: (reply) => expect(usages(reply)).toEqual([]),
	},
	'usage-cost': {
		json: (reply) => expect(usages(reply)).toMatchObject([{ cost: 0.25 }]),
		stream: (reply) => expect(usages(reply)).toMatchObject([{ cost: 0.25 }]),
	},
	'usage-null': {
		json: (reply) => expect(usages(reply)).toEqual([null]),
		stream: (reply) => expect(usages(reply)).toEqual([null]),
	},
	'content-null': { json: (reply) => expect(deltas(reply)[0]?.content).toBeNull() },
	'no-index': {
		json: (reply) =>
			expect(Object.keys(deltas(reply)[0]?.images?.[0] ?? {})).toEqual(['type', 'image_url']),
	},
	gzip: {
		stream: (reply) => {
			expect(reply.headers['content-encoding']).toBe('gzip');
			expect(reply.body.subarray(0, 2).toString('hex')).toBe('1f8b');
		},
	},
	'split-bytes': {
		stream: async (reply) => {
			expect(reply.chunkSizes.filter((size) => size <= 7).length).toBeGreaterThan(100);
			await isPng(urls(reply)[0]);
		},
	},
	'b64-data-url': {
		images: (reply) => isPng(readChunks(reply)[0]?.data?.[0]?.b64_json),
	},
	'images-url': {
		images: async (reply) =>
			expect(await sizeAt(readChunks(reply)[0]?.data?.[0]?.url)).toBeGreaterThan(5000),
	},
	'images-empty-data': { images: (reply) => expect(readChunks(reply)[0]?.data).toEqual([]) },
};

test.each(Object.keys(cases))(
	'Profile %s sends the shape that its case describes',
	async (profile) => {
		const { stream, json, images } = cases[profile]!;
		const url = chatUrl(emulator, profile);
		if (stream) await stream(await talk(url, smallImage(true)));
		if (json) await json(await talk(url, smallImage(false)));
		const body = { model: FLASH_31, prompt: 'A lighthouse', image_config: { image_size: '512' } };
		if (images) await images(await talk(`${emulator.baseUrl(profile)}/images/generations`, body));
	},
);
