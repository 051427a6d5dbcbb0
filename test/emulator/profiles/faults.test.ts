import sharp from 'sharp';

import { startEmulator, type Emulator } from '../index';
import {
	chatUrl,
	decode,
	finishes,
	FLASH_31,
	reasoning,
	smallImage,
	talk,
	urls,
	type Talk,
} from '../testClient';

let emulator: Emulator;
beforeAll(async () => {
	emulator = await startEmulator();
});
afterAll(() => emulator.close());

const brokeInImage = (reply: Talk, end: Talk['end']) => {
	expect([reply.status, reply.end]).toEqual([200, end]);
	expect(reply.text).toMatch(/data:image\\?\/png;base64,/);
	expect(reply.body.length).toBeGreaterThan(10_000);
	expect(reply.text.endsWith('}')).toBe(false);
	expect(reply.text).not.toContain('[DONE]');
};
const endedAfterReasoning = (reply: Talk, end: Talk['end']) => {
	expect([reply.status, reply.end]).toEqual([200, end]);
	expect(reasoning(reply)).not.toBe('');
	expect([urls(reply), finishes(reply)]).toEqual([[], []]);
	expect(reply.text).not.toContain('[DONE]');
};
const hasImage = async (reply: Talk) => {
	expect(reply.end).toBe('clean');
	expect(await sharp(decode(urls(reply)[0])).stats()).toMatchObject({ isOpaque: true });
};

interface Case {
	profile?: string;
	stream: (reply: Talk) => unknown;
	json: (reply: Talk) => unknown;
}

const both = (check: (reply: Talk) => unknown): Case => ({ stream: check, json: check });

/** What the outcomes in `test/workflow` see through the node is not repeated here. */
const cases: Record<string, Case> = {
	'reset-after-headers': both(({ status, end, body }) =>
		expect([status, end, body.length]).toEqual([200, 'cut', 0]),
	),
	'reset-in-image': both((reply) => brokeInImage(reply, 'cut')),
	'reset-in-escape': both((reply) => {
		brokeInImage(reply, 'cut');
		expect(reply.text.endsWith('\\')).toBe(true);
	}),
	'end-in-image': both((reply) => brokeInImage(reply, 'clean')),
	'end-before-finish': {
		stream: (reply) => endedAfterReasoning(reply, 'clean'),
		json: (reply) => brokeInImage(reply, 'clean'),
	},
	'cut-content-length': both((reply) => {
		brokeInImage(reply, 'cut');
		expect(Number(reply.headers['content-length'])).toBeGreaterThan(reply.body.length);
	}),
	'stall-before-headers': both((reply) => expect([reply.status, reply.end]).toEqual([0, 'silent'])),
	'stall-mid-stream': {
		stream: (reply) => endedAfterReasoning(reply, 'silent'),
		json: (reply) => brokeInImage(reply, 'silent'),
	},
	'stall-in-image': both((reply) => brokeInImage(reply, 'silent')),
	'stall-after-done': {
		stream: async (reply) => {
			expect(reply.text).toMatch(/data: \[DONE\]\n\n$/);
			expect(reply.end).toBe('silent');
			await hasImage({ ...reply, end: 'clean' });
		},
		json: hasImage,
	},
	trickle: {
		profile: 'trickle-100',
		stream: async (reply) => {
			expect(reply.text.split(': still drawing\n\n')).toHaveLength(26);
			expect(reply.ms).toBeGreaterThan(2400);
			await hasImage(reply);
		},
		json: async (reply) => {
			expect(reply.text).toMatch(/^ {25}\{/);
			await hasImage(reply);
		},
	},
	typing: {
		profile: 'typing-100',
		stream: async (reply) => {
			// Reasoning, image, usage, the end.
			expect(reply.ms).toBeGreaterThan(395);
			await hasImage(reply);
		},
		json: hasImage,
	},
	slow: {
		profile: 'slow-300',
		...both(async (reply) => {
			expect(reply.ms).toBeGreaterThanOrEqual(295);
			await hasImage(reply);
		}),
	},
};

test.each(Object.entries(cases))(
	'Profile %s disturbs a streamed and a JSON reply as its case describes',
	async (name, { profile = name, stream, json }) => {
		const url = chatUrl(emulator, profile);
		const options = { silenceMs: 400 };
		const [streamed, plain] = await Promise.all([
			talk(url, smallImage(true), options),
			talk(url, smallImage(false), options),
		]);
		await stream(streamed);
		await json(plain);
	},
);

test('An images endpoint breaks inside an image, by a lost connection or by a clean end', async () => {
	const body = { model: FLASH_31, prompt: 'A lighthouse', image_config: { image_size: '512' } };
	const url = (profile: string) => `${emulator.baseUrl(profile)}/images/generations`;
	const cut = await talk(url('reset-in-image'), body);
	expect([cut.status, cut.end, cut.text.includes('"b64_json":"iVBOR')]).toEqual([200, 'cut', true]);
	const ended = await talk(url('end-in-image'), body);
	expect(ended.end).toBe('clean');
	expect(() => JSON.parse(ended.text) as unknown).toThrow();
});

test('Profile end-in-image cuts a text answer before its finish_reason', async () => {
	const body = {
		model: FLASH_31,
		stream: true,
		messages: [{ role: 'user', content: 'Hello, words only' }],
	};
	const reply = await talk(chatUrl(emulator, 'end-in-image'), body);
	expect([reply.status, reply.end]).toEqual([200, 'clean']);
	expect(reply.text).toContain('"delta":');
	expect(reply.text).not.toContain('"finish_reason":"stop"');
});

test('Profile refuse-upload answers with a 413 and does not read the upload', async () => {
	const upload = JSON.stringify({ filler: 'x'.repeat(64 * 1024 * 1024) });
	const reply = await talk(chatUrl(emulator, 'refuse-upload'), upload);
	expect(reply.status).toBe(413);
	expect(emulator.requests.at(-1)).toMatchObject({ bytes: 0, body: undefined });
});

test('Profile reset-in-upload breaks the first large upload, and no other request', async () => {
	const url = chatUrl(emulator, 'reset-in-upload-abc');
	const large = JSON.stringify({ ...smallImage(true), filler: 'x'.repeat(24 * 1024 * 1024) });
	expect((await talk(url, smallImage(true))).status).toBe(200);
	const cut = await talk(url, large);
	expect([cut.status, cut.end]).toEqual([0, 'cut']);
	expect(emulator.requests.at(-1)).toMatchObject({ bytes: 0, body: undefined });
	expect((await talk(url, large)).status).toBe(200);
});

test('A request that the client cancels leaves no open socket in the emulator', async () => {
	await talk(chatUrl(emulator, 'slow-60000'), smallImage(true), { silenceMs: 100 });
	await talk(chatUrl(emulator, 'stall-in-image'), smallImage(true), { silenceMs: 100 });
	await new Promise((resolve) => setTimeout(resolve, 50));
	expect(emulator.openSockets()).toBe(0);
});

test('An emulator that is closed ends stalled requests at once', async () => {
	const other = await startEmulator();
	const waiting = ['stall-before-headers', 'stall-in-image', 'slow-60000', 'trickle-1000'].map(
		(profile) => talk(chatUrl(other, profile), smallImage(true)),
	);
	await new Promise((resolve) => setTimeout(resolve, 300));
	// Left alone, none would end within the limit of this test.
	await other.close();
	expect(other.openSockets()).toBe(0);
	const ends = (await Promise.all(waiting)).map(({ end }) => end);
	expect(ends).toEqual(['cut', 'cut', 'cut', 'cut']);
});

test('The emulator reads and records an upload of 96 MiB', async () => {
	const image = Buffer.alloc(72 * 1024 * 1024, 1);
	const url = `data:image/png;base64,${image.toString('base64')}`;
	const content = [{ type: 'image_url', image_url: { url } }];
	const body = { model: FLASH_31, messages: [{ role: 'user', content }] };
	const reply = await talk(chatUrl(emulator, 'status-400'), body);
	expect(reply.status).toBe(400);
	expect(emulator.requests.at(-1)?.bytes).toBeGreaterThan(96 * 1024 * 1024);
	expect(JSON.stringify(emulator.requests.at(-1)?.body)).toContain(`<${image.length} bytes`);
});
