import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

import { cleanText } from '../../../../nodes/GeminiImage/errors/errorBody';
import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import { receive, type ReceiveOptions } from '../../../../nodes/GeminiImage/reply/receive';
import type { Response } from '../../../../nodes/GeminiImage/transport/client';
import {
	arriving,
	chunk,
	createStorage,
	cut,
	failureOf,
	fill,
	part,
	png,
	settle,
	sse,
} from '../../helpers';

const fixture = (name: string) =>
	readFileSync(join(__dirname, '../../../fixtures', `${name}.response.json`), 'utf8');
const base64 = (bytes: Buffer) => bytes.toString('base64');

const response = (
	body: AsyncIterable<Uint8Array>,
	isEventStream = false,
	close = () => {},
): Response => ({ isEventStream, body, close });

/** Receives `reply`, text or a body, into a storage of its own. */
function start(
	reply: string | AsyncIterable<Uint8Array>,
	options: Partial<ReceiveOptions> = {},
	close?: () => void,
) {
	const storage = createStorage();
	const isText = typeof reply === 'string';
	const body = isText ? arriving(cut(Buffer.from(reply), 1000)) : reply;
	const received = receive(response(body, isText && !reply.startsWith('{'), close), {
		storeBinary: storage.store,
		signal: new AbortController().signal,
		download: () => Promise.reject(new Error('nothing to download')),
		clean: cleanText,
		check: () => {},
		...options,
	});
	return { received, files: storage.files };
}

let small: Buffer;
let other: Buffer;
beforeAll(async () => {
	small = await png(16, 16, true);
	other = await png(40, 30, true);
});

describe('the sample replies of the reference', () => {
	test.each([
		['gemini-2.5-flash-image', '**Analyzing the request**\n\nProcessing the', 100],
		['gemini-3.0-pro-image-preview', "**Analyzing the Icon Redesign**\n\nI'm focused", 202],
	])('%s', async (model, reasoning, reasoningTokens) => {
		const picture = await png(1408, 768);
		const { received, files } = start(fill(fixture(model), [base64(picture)]));
		const { reply, images } = await received;
		const { usage } = JSON.parse(fixture(model)) as { usage: object };
		expect(reply).toEqual({
			id: 'chatcmpl-2f8236e9f2b34bd391289576d0e23e72',
			model,
			created: 1764574464,
			text: '',
			reasoning: expect.stringContaining(reasoning) as string,
			finishReason: 'stop',
			nativeFinishReason: null,
			usage,
			imageUrls: [],
		});
		expect(usage).toMatchObject({
			prompt_tokens: 19,
			completion_tokens_details: { reasoning_tokens: reasoningTokens },
		});
		expect(images).toMatchObject([
			{ mimeType: 'image/png', width: 1408, height: 768, bytes: picture.length },
		]);
		expect(files).toMatchObject([{ fileName: 'image.png', state: 'kept' }]);
		expect(files[0]?.bytes.equals(picture)).toBe(true);
		expect(await sharp(files[0]!.bytes).metadata()).toMatchObject({ width: 1408, height: 768 });
	});

	test('as printed, with elided base64, hold no image', async () => {
		const { received, files } = start(
			fill(fixture('gemini-2.5-flash-image'), ['iVBORw0KGgo...SbA..........']),
		);
		expect((await failureOf(received)).message).toBe(
			'The service sent something that is not an image in the place of one',
		);
		expect(files).toEqual([]);
	});
});

describe('a reply', () => {
	test('in a stream: text as it comes, several images in order', async () => {
		const texts: string[] = [];
		const reply = sse(
			chunk({ role: 'assistant', content: 'Two ' }),
			chunk({ images: [part(small)] }),
			chunk({ content: `cats ![second](data:image/webp;base64,${base64(other)}).` }),
			chunk({}, 'stop'),
			{ choices: [], usage: { total_tokens: 3 } },
			'[DONE]',
		);
		const { received, files } = start(reply, { onText: (text) => texts.push(text) });
		const { reply: read, images } = await received;
		expect(texts).toEqual(['Two ', 'cats .']);
		expect(read).toMatchObject({
			text: 'Two cats .',
			finishReason: 'stop',
			usage: { total_tokens: 3 },
		});
		expect(images).toMatchObject([{ width: 16 }, { width: 40, mimeType: 'image/png' }]);
		expect(files.map(({ bytes }) => base64(bytes))).toEqual([base64(small), base64(other)]);
	});

	test('keeps the type of the bytes, not of the label', async () => {
		const jpeg = await sharp(small).jpeg().toBuffer();
		const { images } = await start(sse(chunk({ images: [part(jpeg)] }, 'stop'))).received;
		expect(images).toMatchObject([{ mimeType: 'image/jpeg', extension: 'jpg', width: 16 }]);
	});

	test.each([
		['[DONE] without a finish reason', () => sse(chunk({ content: 'Hi' }), '[DONE]'), 'Hi', 0],
		['a finish reason without [DONE]', () => sse(chunk({ content: 'Hi' }, 'stop')), 'Hi', 0],
		['an image and neither', () => sse(chunk({ images: [part(small)] })), '', 1],
	])('is complete with %s', async (_name, reply, text, count) => {
		const { reply: read, images } = await start(reply()).received;
		expect([read.text, images.length]).toEqual([text, count]);
	});

	test('that links an image gets it downloaded', async () => {
		const urls: string[] = [];
		const { received, files } = start('{"data":[{"url":"https://example.com/cat"}]}', {
			download: async (url) => {
				urls.push(url);
				return response(arriving(cut(other, 5)));
			},
		});
		expect((await received).images).toMatchObject([
			{ mimeType: 'image/png', width: 40, height: 30 },
		]);
		expect(files[0]?.bytes.equals(other)).toBe(true);
		expect(urls).toEqual(['https://example.com/cat']);
	});
});

test.each([
	['nothing but a markdown image', '![a cat](https://example.com/cat)', true],
	['nothing but the URL of an image', 'https://example.com/cat.png?size=1', true],
	['a page', 'https://example.com/', false],
	['words around it', 'As in ![a cat](https://example.com/cat.png)', false],
])('an answer that is %s', async (_name, content, isImage) => {
	const download = async () => response(arriving(cut(other, 100)));
	const { received } = start(sse(chunk({ content }, 'stop')), { download });
	const { images, reply } = await received;
	expect(images).toHaveLength(isImage ? 1 : 0);
	expect(reply.text).toBe(content);
});

test('an error of a choice is one of the call', async () => {
	const failed = { choices: [{ index: 0, finish_reason: 'error', error: { message: 'Gone' } }] };
	const { message } = await failureOf(start(sse(chunk({ content: 'Hi' }), failed)).received);
	expect(message).toBe('The service reported an error in its reply: Gone');
});

describe('nothing stays in storage', () => {
	const head = () => sse(chunk({ images: [part(small)] }));
	test.each<[string, () => string, string]>([
		[
			'of a reply cut inside an image',
			() => head() + sse(chunk({ images: [part(other)] })).slice(0, 900),
			'The reply ended inside an image',
		],
		[
			'of a reply cut inside an event',
			() => `${head()}data: {"choices":[{"de`,
			'The reply of the service is cut short or is not JSON',
		],
		[
			'of a malformed image',
			() => head() + sse(chunk({ images: [part(other)] })).replace(/(;base64,.{501})./, '$1!'),
			'The reply holds an image whose base64 is malformed',
		],
		[
			'of an image that is cut off',
			() => head() + sse(chunk({ images: [part(other.subarray(0, 300))] }, 'stop')),
			'The reply holds an image that is cut off',
		],
		[
			'of an image in several pieces',
			() => {
				const [start, end] = [base64(other).slice(0, 400), base64(other).slice(400)];
				const first = chunk({ content: `![](data:image/png;base64,${start}` });
				return head() + sse(first, chunk({ content: `${end})` }, 'stop'));
			},
			'The reply holds an image that is cut off',
		],
		[
			'of base64 that an escape cuts',
			() =>
				head() + sse(chunk({ images: [part(other)] })).replace(/(;base64,.{402})./, '$1\\u0021'),
			'The reply holds an image that is cut off',
		],
		[
			'of an error behind the image',
			() => head() + sse({ error: { message: 'Out of luck' } }),
			'The service reported an error in its reply: Out of luck',
		],
	])('%s', async (_name, reply, message) => {
		const { received, files } = start(reply());
		const error = await failureOf(received);
		expect(error).toBeInstanceOf(ApiError);
		expect(error.message).toBe(message);
		expect(new Set(files.map(({ state }) => state))).toEqual(new Set(['dropped']));
	});

	test('where the check refuses the reply', async () => {
		const refusal = new ApiError('Not what was asked for', '');
		const seen: unknown[] = [];
		const { received, files } = start(
			sse(chunk({ content: 'Hi', images: [part(small)] }, 'stop')),
			{
				check: (reply, imageCount) => {
					seen.push([reply.text, imageCount]);
					throw refusal;
				},
			},
		);
		expect(await failureOf(received)).toBe(refusal);
		expect(seen).toEqual([['Hi', 1]]);
		expect(files.map(({ state }) => state)).toEqual(['dropped']);
	});

	test('where the connection breaks', async () => {
		const broken = new ApiError('The connection was lost', '');
		async function* body() {
			yield Buffer.from(sse(chunk({ images: [part(other)] })).slice(0, 900));
			throw broken;
		}
		const { received, files } = start(body());
		expect(await failureOf(received)).toBe(broken);
		expect(files.map(({ state }) => state)).toEqual(['dropped']);
	});
});

test('storage that fails ends the call', async () => {
	const full = new Error('no space left on device');
	const storeBinary = () => Promise.reject(full);
	const { received } = start(sse(chunk({ images: [part(small)] }, 'stop')), { storeBinary });
	expect(await failureOf(received)).toBe(full);
});

test('storage that fails while the service stalls ends the call at once', async () => {
	const full = new Error('no space left on device');
	async function* body() {
		yield Buffer.from(sse(chunk({ images: [part(other)] })).slice(0, 900));
		await new Promise(() => {});
	}
	let isClosed = false;
	const storeBinary: ReceiveOptions['storeBinary'] = async (content) => {
		for await (const piece of content) if (piece) break;
		throw full;
	};
	const { received } = start(body(), { storeBinary }, () => (isClosed = true));
	expect(await failureOf(received)).toBe(full);
	expect(isClosed).toBe(true);
});

test('a stream of text that just stops is cut short', async () => {
	expect((await failureOf(start(sse(chunk({ content: 'Hi' }))).received)).message).toBe(
		'The reply of the service ended before it was complete',
	);
});

test('slow storage holds the connection back', async () => {
	let sent = 0;
	async function* body() {
		yield Buffer.from(`{"data":[{"b64_json":"${base64(small).slice(0, 400)}`);
		for (; sent < 200; sent++) yield Buffer.alloc(64 * 1024, 'A');
		yield Buffer.from('"}]}');
	}
	let open = () => {};
	const gate = new Promise<void>((resolve) => (open = resolve));
	const storage = createStorage({ onChunk: () => gate, forget: true });
	const { received } = start(body(), { storeBinary: storage.store });
	await settle(500);
	expect(sent).toBeLessThan(10);
	open();
	expect((await received).images).toMatchObject([{ bytes: 300 + (200 * 64 * 1024 * 3) / 4 }]);
});

test.each(['storage', 'the service'])('a cancel does not wait for %s', async (slow) => {
	const controller = new AbortController();
	const reason = new Error('cancelled');
	// As the HTTP client does: the body fails with the signal.
	const failure = new Promise<never>((_resolve, reject) => {
		controller.signal.addEventListener('abort', () => reject(reason));
	});
	let isClosed = false;
	async function* body() {
		yield Buffer.from(`{"data":[{"b64_json":"${base64(other).slice(0, 400)}`);
		if (slow === 'the service') await failure;
		for (;;) yield Buffer.alloc(64 * 1024, 'A');
	}
	failure.catch(() => {});
	const onChunk = () => (slow === 'storage' ? new Promise<void>(() => {}) : undefined);
	const storeBinary = createStorage({ onChunk, forget: true }).store;
	const { received } = start(
		body(),
		{ storeBinary, signal: controller.signal },
		() => (isClosed = true),
	);
	setTimeout(() => controller.abort(reason), 20);
	const before = Date.now();
	expect(await failureOf(received)).toBe(reason);
	expect(Date.now() - before).toBeLessThan(1000);
	expect(isClosed).toBe(true);
});
