import { startEmulator, type Emulator } from '../index';
import {
	chatUrl,
	finishes,
	FLASH_31,
	readChunks,
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

const IMAGES = { model: FLASH_31, prompt: 'A lighthouse', image_config: { image_size: '512' } };

/** All but [DONE]: the image, a finish reason and the usage behind it. */
const isWhole = (end: Talk['end']) => (reply: Talk) => {
	expect([reply.status, reply.end]).toEqual([200, end]);
	expect(urls(reply)).toHaveLength(1);
	expect(new Set(finishes(reply))).toEqual(new Set(['stop']));
	expect(usages(reply)).toHaveLength(1);
	expect(reply.text).not.toContain('[DONE]');
};
const beats = (beat: RegExp) => (reply: Talk) => {
	isWhole('silent')(reply);
	expect(reply.text.split(/"total_tokens":\d+[^\n]*/)[1]).toMatch(beat);
};
/** The finish reasons of a stream, and `image` where its image stands. */
const order = (reply: Talk) =>
	readChunks(reply).flatMap(({ choices = [] }) =>
		choices.flatMap(({ delta, finish_reason: reason }) => [
			...(delta?.images ? ['image'] : []),
			...(reason === null ? [] : [reason]),
		]),
	);
/** A heartbeat says `stop` before the image, and nothing says so with it or behind it. */
const stopsBefore = (end: Talk['end']) => (reply: Talk) => {
	expect([reply.end, usages(reply)]).toEqual([end, []]);
	expect(order(reply)).toEqual(['stop', 'stop', 'image']);
};

interface Case {
	stream: (reply: Talk) => unknown;
	json: (reply: Talk) => unknown;
	/** Where heartbeats go on for ever. */
	givesUpMs?: number;
}

const GIVES_UP_MS = 600;

const both = (check: (reply: Talk) => unknown): Case => ({ stream: check, json: check });
const streamAlone = (stream: (reply: Talk) => unknown): Case => ({
	stream,
	json: isWhole('clean'),
});

const cases: Record<string, Case> = {
	'reset-after-finish': both(isWhole('cut')),
	'close-after-finish': both(isWhole('cut')),
	'stall-after-finish': both(isWhole('silent')),
	'comments-after-finish': {
		stream: beats(/^\n\n(?:: ping\n\n){3,}$/),
		json: beats(/^\n{3,}$/),
		givesUpMs: GIVES_UP_MS,
	},
	'deltas-after-finish': {
		...streamAlone(beats(/^\n\n(?:data: .*"delta":\{\}.*"stop".*\n\n){3,}$/)),
		givesUpMs: GIVES_UP_MS,
	},
	'error-after-finish': both((reply) => {
		isWhole('clean')(reply);
		expect(readChunks(reply).at(-1)?.error).toMatchObject({ type: 'server_error' });
	}),
	'content-length-too-large': both((reply) => {
		isWhole('cut')(reply);
		expect(Number(reply.headers['content-length'])).toBeGreaterThan(reply.body.length);
	}),
	'garbage-after-json': {
		stream: (reply) => expect(reply.text).toMatch(/data: \[DONE\]\n\n$/),
		json: (reply) => {
			const [json = '', garbage] = reply.text.split(/(?<=\})(?=\}\n<!--)/);
			isWhole('clean')({ ...reply, text: json });
			expect(garbage).toMatch(/^\}\n<!-- .* -->\n$/);
		},
	},
	'reset-after-image': {
		stream: (reply) => {
			expect([reply.end, usages(reply)]).toEqual(['cut', []]);
			expect(order(reply)).toEqual(['image']);
		},
		json: ({ end, text }) => {
			expect(end).toBe('cut');
			expect(text.endsWith('}')).toBe(false);
		},
	},
	'stop-before-image-stall': streamAlone(stopsBefore('silent')),
	'stop-before-image-reset': streamAlone(stopsBefore('cut')),
	'stop-around-image': {
		...streamAlone((reply) => {
			expect([reply.end, usages(reply)]).toEqual(['silent', []]);
			expect(order(reply).slice(0, 5)).toEqual(['stop', 'stop', 'image', 'stop', 'stop']);
		}),
		givesUpMs: GIVES_UP_MS,
	},
	'words-after-image': streamAlone((reply) => {
		expect(reply.ms).toBeGreaterThan(1900);
		expect([reply.end, words(reply)]).toEqual(['clean', 'Slowly I find my words.']);
		expect(order(reply)).toEqual(['stop', 'stop', 'image', 'stop']);
		expect(reply.text).toMatch(/data: \[DONE\]\n\n$/);
	}),
};

test.each(Object.entries(cases))(
	'Profile %s ends a streamed and a JSON reply as its case describes',
	async (profile, { stream, json, givesUpMs }) => {
		const url = chatUrl(emulator, profile);
		const options = { silenceMs: 700, givesUpMs };
		const [streamed, plain] = await Promise.all([
			talk(url, smallImage(true), options),
			talk(url, smallImage(false), options),
		]);
		await stream(streamed);
		await json(plain);
	},
);

test('Profile images-events ends each image of an images endpoint with an event of its own', async () => {
	for (const [route, type] of [
		['generations', 'image_generation.completed'],
		['edits', 'image_edit.completed'],
	]) {
		const image = (await talk(`${emulator.baseUrl()}/images/generations`, IMAGES)).text;
		const { data } = JSON.parse(image) as { data: Array<{ b64_json: string }> };
		const body = { ...IMAGES, image: `data:image/png;base64,${data[0]?.b64_json}` };
		const reply = await talk(`${emulator.baseUrl('images-events')}/images/${route}`, body);
		expect(reply.headers['content-type']).toBe('text/event-stream');
		const [, name, json = ''] = /^event: (.*)\ndata: (.*)\n\n$/.exec(reply.text) ?? [];
		expect(name).toBe(type);
		expect(JSON.parse(json)).toMatchObject({
			type,
			b64_json: expect.stringMatching(/^iVBOR/) as string,
			usage: { total_tokens: expect.any(Number) as number },
		});
	}
});
