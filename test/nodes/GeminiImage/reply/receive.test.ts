import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import { receive, type ReceiveSettings } from '../../../../nodes/GeminiImage/reply/receive';
import type { Answer } from '../../../../nodes/GeminiImage/transport/exchange';
import {
	arriving,
	chunk,
	createStorage,
	cut,
	failureOf,
	fill,
	part,
	png,
	random,
	receiveSettings,
	settle,
	sse,
} from '../../helpers';

const fixture = (name: string) =>
	readFileSync(join(__dirname, '../../../fixtures', `${name}.response.json`), 'utf8');
const base64 = (bytes: Buffer) => bytes.toString('base64');

const answer = (
	body: AsyncIterable<Uint8Array>,
	contentType = 'application/json',
	close = () => {},
): Answer => ({
	status: 200,
	headers: { 'content-type': contentType },
	body,
	endAt: () => {},
	close,
});

/** Receives `reply`, text or a body, into a storage of its own. */
function start(
	reply: string | AsyncIterable<Uint8Array>,
	options: Partial<ReceiveSettings> = {},
	close?: () => void,
) {
	const storage = createStorage();
	const hints: string[] = [];
	const isText = typeof reply === 'string';
	const body = isText ? arriving(cut(Buffer.from(reply), 1000)) : reply;
	const isEvents = isText && !reply.startsWith('{');
	const settings = receiveSettings({
		storeBinary: storage.store,
		nameOf: (index) => `cat-${index}`,
		hint: (message) => hints.push(message),
		...options,
	});
	const contentType = isEvents ? 'text/event-stream' : undefined;
	const received = receive(answer(body, contentType, close), settings);
	return { received, files: storage.files, hints };
}

let small: Buffer;
let other: Buffer;
let third: Buffer;
beforeAll(async () => {
	small = await png(16, 16, true);
	other = await png(40, 30, true);
	third = await png(20, 10, true);
});

describe('the sample replies of the reference', () => {
	test.each([
		['gemini-2.5-flash-image', '**Analyzing the request**\n\nProcessing the', 100],
		['gemini-3.0-pro-image-preview', "**Analyzing the Icon Redesign**\n\nI'm focused", 202],
	])(
		'The sample reply of %s is read in full, and its image is kept',
		async (model, reasoning, reasoningTokens) => {
			const image = await png(1408, 768);
			const { received, files } = start(fill(fixture(model), [base64(image)]));
			const { images, ...reply } = await received;
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
			});
			expect(usage).toMatchObject({
				prompt_tokens: 19,
				completion_tokens_details: { reasoning_tokens: reasoningTokens },
			});
			expect(images).toMatchObject([
				{ mimeType: 'image/png', width: 1408, height: 768, bytes: image.length },
			]);
			expect(files).toMatchObject([{ fileName: 'cat-0.png', state: 'kept' }]);
			expect(files[0]?.bytes.equals(image)).toBe(true);
			expect(await sharp(files[0]!.bytes).metadata()).toMatchObject({ width: 1408, height: 768 });
		},
	);

	test('A sample reply as printed, with its base64 elided, is an error and stores nothing', async () => {
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
	test('A streamed reply gives its text as it comes, and its images in their order', async () => {
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
		const { images, ...read } = await received;
		expect(texts).toEqual(['Two ', 'cats .']);
		expect(read).toMatchObject({
			text: 'Two cats .',
			finishReason: 'stop',
			usage: { total_tokens: 3 },
		});
		expect(images).toMatchObject([{ width: 16 }, { width: 40, mimeType: 'image/png' }]);
		expect(files.map(({ bytes }) => base64(bytes))).toEqual([base64(small), base64(other)]);
	});

	test('An image keeps the type of its bytes, not of its label', async () => {
		const jpeg = await sharp(small).jpeg().toBuffer();
		const { images } = await start(sse(chunk({ images: [part(jpeg)] }, 'stop'))).received;
		expect(images).toMatchObject([{ mimeType: 'image/jpeg', fileName: 'cat-0.jpg', width: 16 }]);
	});

	test.each([
		['[DONE] but no finish reason', () => sse(chunk({ content: 'Hi' }), '[DONE]'), 'Hi', 0],
		['a finish reason but no [DONE]', () => sse(chunk({ content: 'Hi' }, 'stop')), 'Hi', 0],
		[
			'an image but neither [DONE] nor a finish reason',
			() => sse(chunk({ images: [part(small)] })),
			'',
			1,
		],
	])('A streamed reply with %s counts as complete', async (_name, reply, text, count) => {
		const { received, hints } = start(reply());
		const { images, ...read } = await received;
		expect([read.text, images.length]).toEqual([text, count]);
		const hint = 'The reply ended without saying that it is complete';
		expect(hints).toEqual(count > 0 ? [hint] : []);
	});

	test.each<['all' | 'last', number[]]>([
		['all', [16, 40]],
		['last', [16]],
	])(
		'Of an image, another one and the first again, Images per Reply %s keeps those of width %j',
		async (imagesPerReply, widths) => {
			const values = [small, other, small].map((bytes) => chunk({ images: [part(bytes)] }));
			const reply = sse(...values, chunk({}, 'stop'), '[DONE]');
			const { received, files } = start(reply, { imagesPerReply });
			expect((await received).images.map(({ width }) => width)).toEqual(widths);
			await settle();
			expect(files.filter(({ state }) => state === 'kept')).toHaveLength(widths.length);
		},
	);

	test('An image that a reply only links is downloaded and kept', async () => {
		const urls: string[] = [];
		const { received, files } = start('{"data":[{"url":"https://example.com/cat"}]}', {
			download: async (url) => {
				urls.push(url);
				return answer(arriving(cut(other, 5)));
			},
		});
		expect((await received).images).toMatchObject([
			{ mimeType: 'image/png', width: 40, height: 30 },
		]);
		expect(files[0]?.bytes.equals(other)).toBe(true);
		expect(urls).toEqual(['https://example.com/cat']);
	});
});

describe('links in the words of a reply', () => {
	const CAT = '![a cat](https://example.com/cat)';
	const urls: string[] = [];
	const download = async (url: string) => {
		urls.push(url);
		if (url.includes('dead')) throw new Error('not found');
		return answer(arriving(cut(url.includes('dog') ? small : other, 100)));
	};
	beforeEach(() => urls.splice(0));

	test.each<[string, string, string, number]>([
		['nothing but a markdown image', CAT, '', 1],
		['nothing but the URL of an image', 'https://example.com/cat.png?size=1', '', 1],
		['words around a link', 'As in ![a cat](https://example.com/cat.png)', 'As in', 1],
		['two links', `Both: ${CAT} and ![](https://example.com/dog).`, 'Both:  and .', 2],
		[
			'a link that leads nowhere behind a good one',
			`${CAT} ![x](https://example.com/dead)`,
			'![x](https://example.com/dead)',
			1,
		],
		['an HTML image', '<img alt="a" src="https://example.com/cat?x=1&y"> Hi', 'Hi', 1],
		[
			'a markdown image inside a link',
			'[![t](https://example.com/cat)](https://example.com/page) Hi',
			'Hi',
			1,
		],
	])(
		'A reply that owes an image takes it from the links in a text with %s',
		async (_name, content, text, count) => {
			const { received } = start(sse(chunk({ content }, 'stop')), { download, output: 'images' });
			const { images, ...reply } = await received;
			expect(images).toHaveLength(count);
			expect(reply.text).toBe(text);
		},
	);

	test.each([
		['it leads to a page and is not all', 'See https://example.com/', true, []],
		['the reply owes no image', CAT, false, []],
	])(
		'A link in the text of a reply is not fetched if %s',
		async (_name, content, needsImage, fetched) => {
			const output = needsImage ? 'images' : 'answer';
			const { received } = start(sse(chunk({ content }, 'stop')), { download, output });
			if (needsImage) {
				const { message } = await failureOf(received);
				expect(message).toBe(
					`The model answered without an image (finish reason: stop): ${content}`,
				);
			} else {
				expect(await received).toMatchObject({ images: [], text: content });
			}
			expect(urls).toEqual(fetched);
		},
	);

	test.each([
		'https://example.com/cat',
		' https://example.com/cat?size=1\n',
		'https://example.com/',
	])('A reply that owes an image and says %j and nothing else has it loaded', async (content) => {
		const reply = sse(chunk({ content }, 'stop'));
		const { received } = start(reply, { download, output: 'images' });
		expect(await received).toMatchObject({ images: [{ width: 40 }], text: '' });
		expect(urls).toEqual([content.trim()]);
	});

	test('A link in the text of a reply is not fetched if the reply carries an image', async () => {
		const reply = sse(chunk({ content: CAT, images: [part(small)] }, 'stop'));
		const { images, ...read } = await start(reply, { download, output: 'images' }).received;
		expect([images.length, read.text, urls]).toEqual([1, CAT, []]);
	});

	test('A reply whose links in its text all lead nowhere fails, and the message tells nothing of them', async () => {
		const content = '![x](https://example.com/dead)';
		const reply = sse(chunk({ content }, 'stop'));
		const { received, files } = start(reply, { download, output: 'images' });
		expect((await failureOf(received)).message).toBe(
			'The reply links to an image that cannot be loaded',
		);
		expect(files).toEqual([]);
	});

	test('A reply whose link cannot be loaded fails with what the model said besides it', async () => {
		const content = 'I drew a cat. ![x](https://example.com/dead)';
		const reply = sse(chunk({ content }, 'stop'));
		const { received } = start(reply, { download, output: 'images' });
		expect((await failureOf(received)).message).toMatch(
			/^The reply links to an image that cannot be loaded: I drew a cat\./,
		);
	});

	test('No more than 16 links in the text of a reply are fetched', async () => {
		const content = Array.from({ length: 30 }, (_, at) => `![](https://e.com/${at})`).join(' ');
		await start(sse(chunk({ content }, 'stop')), { download, output: 'images' }).received;
		expect(urls).toHaveLength(16);
	});
});

test('A dead link among three images that a reply links costs only itself, and gives a hint', async () => {
	const data = ['cat', 'dead', 'dog'].map((name) => ({ url: `https://example.com/${name}` }));
	const download = async (url: string) => {
		if (url.includes('dead')) throw new Error('not found');
		return answer(arriving(cut(url.includes('dog') ? small : other, 100)));
	};
	for (const output of ['images', 'answer'] as const) {
		const { received, hints } = start(JSON.stringify({ data }), { download, output });
		expect((await received).images).toMatchObject([{ width: 40 }, { width: 16 }]);
		expect(hints).toEqual(['1 of 3 images that the reply links cannot be loaded']);
	}
});

test('Links that never answer take one Timeout together, and leave time for the others', async () => {
	const names = ['silent-1', 'silent-2', 'cat', 'silent-3'];
	const data = names.map((name) => ({ url: `https://example.com/${name}` }));
	const closed: string[] = [];
	const download = async (url: string, signal: AbortSignal) => {
		if (url.includes('cat')) return answer(arriving(cut(other, 100)));
		return await new Promise<Answer>((_resolve, reject) => {
			signal.addEventListener('abort', () => {
				closed.push(url);
				reject(signal.reason as Error);
			});
		});
	};
	const since = Date.now();
	const { received, hints } = start(JSON.stringify({ data }), { download, timeoutMs: 1200 });
	expect((await received).images).toMatchObject([{ width: 40 }]);
	expect(Date.now() - since).toBeLessThan(2400);
	expect(closed).toHaveLength(3);
	expect(hints).toEqual(['3 of 4 images that the reply links cannot be loaded']);
});

test('A link that leads to something else than an image counts as one that cannot be loaded', async () => {
	const download = async () => answer(arriving([Buffer.from('<!doctype html>')]));
	const images = [{ image_url: { url: 'https://example.com/a' } }];
	const words = start(sse(chunk({ content: 'A cat', images }, 'stop')), { download });
	expect(await words.received).toMatchObject({ text: 'A cat', images: [] });
	expect(words.hints).toEqual(['1 of 1 images that the reply links cannot be loaded']);
	const nothing = start(sse(chunk({ images }, 'stop')), { download });
	expect((await failureOf(nothing.received)).message).toBe(
		'The reply links to an image that cannot be loaded',
	);
});

test('Thought signatures of tens of MB, in one event or in many, do not get into the text', async () => {
	const signature = random(9)
		.bytes(192 * 1024)
		.toString('base64');
	async function* body() {
		yield Buffer.from('data: {"choices":[{"delta":{"content":"Hi","thought_signature":"');
		for (let sent = 0; sent < 40_000_000; sent += signature.length) yield Buffer.from(signature);
		yield Buffer.from('"}}]}\n\n');
		const event = sse(chunk({ reasoning_details: [{ data: signature }] }));
		for (let events = 0; events < 100; events++) yield Buffer.from(event);
		yield Buffer.from(sse(chunk({ images: [part(small)] }, 'stop')));
	}
	const { images, ...reply } = await start(body()).received;
	expect([reply.text, images.length]).toEqual(['Hi', 1]);
}, 60_000);

describe('long base64 that is no image', () => {
	const CUT = 'The answer holds base64 that is no image, of which only the beginning is kept';
	const long = (seed: number) => random(seed).bytes(3000).toString('base64');
	const start32 = (seed: number) => `${long(seed).slice(0, 32)}…`;
	const pdf = (seed: number) => `Here: data:application/pdf;base64,${long(seed)} and more`;
	const text = (message: object) => JSON.stringify({ choices: [{ message }] });

	test.each<[string, string, string]>([
		['all of a document', text({ content: long(1) }), start32(1)],
		['all of an event', sse(chunk({ content: long(2) }, 'stop'), '[DONE]'), start32(2)],
		[
			'a part of a document',
			text({ content: [{ type: 'text', text: pdf(3) }] }),
			`Here: data:application/pdf;base64,${start32(3)} and more`,
		],
		['written with escapes', text({ content: long(4) }).replaceAll('/', '\\/'), start32(4)],
	])('A hint tells of base64 that is left out of the words: %s', async (_what, reply, words) => {
		for (const output of ['answer', 'words'] as const) {
			const { received, hints } = start(reply, { output });
			expect((await received).text).toBe(words);
			expect(hints).toEqual([CUT]);
		}
	});

	test.each<[string, object]>([
		['a signature', { content: 'Hi', thought_signature: long(5) }],
		['a thought', { content: 'Hi', reasoning: long(6) }],
		['a signature beside words that look cut', { content: `${start32(8)} Hi`, extra: long(7) }],
	])('No hint tells of base64 that stands outside the words: %s', async (_what, message) => {
		const { received, hints } = start(text(message));
		expect((await received).text).toMatch(/Hi$/);
		expect(hints).toEqual([]);
	});
});

test('A reply of more than 256 MiB of base64 that is no image is refused, however it is parted', async () => {
	const signature = Buffer.from(
		random(9)
			.bytes(3 * 1024 * 1024)
			.toString('base64'),
	);
	async function* body(most: number, isOne: boolean) {
		yield Buffer.from('data: {"choices":[{"delta":{"thought_signature":"');
		for (let sent = 0; sent < most; sent += signature.length) {
			yield signature;
			if (!isOne) yield Buffer.from('","x":"');
		}
		yield Buffer.from('"}}]}\n\n');
		yield Buffer.from(sse(chunk({ images: [part(small)] }, 'stop')));
	}
	for (const isOne of [true, false]) {
		const { received } = start(body(260 * 1024 * 1024, isOne));
		expect((await failureOf(received)).message).toBe(
			'The reply holds more than 256 MiB of base64 that is no image',
		);
	}
	expect((await start(body(250 * 1024 * 1024, false)).received).images).toHaveLength(1);
}, 60_000);

describe('drafts', () => {
	const draft = (bytes: Buffer) => `![](data:image/png;base64,${base64(bytes)})`;
	const thought = (bytes: Buffer) => ({ text: draft(bytes), thought: true });

	test.each<[string, () => string]>([
		['in reasoning_content', () => sse(chunk({ reasoning_content: draft(other) }))],
		['in reasoning', () => sse(chunk({ reasoning: draft(other) }))],
		['in a part that is a thought', () => sse(chunk({ content: [thought(other)] }))],
		[
			'as a part that is a thought',
			() => sse(chunk({ content: [{ ...part(other), thought: true }] })),
		],
		[
			'in any list of parts',
			() => {
				const data = base64(other);
				return sse(chunk({ multi_mod_content: [{ inline_data: { data }, thought: true }] }));
			},
		],
		[
			'as events of the images endpoint',
			() => sse({ type: 'image_generation.partial_image', b64_json: base64(other) }),
		],
	])('Drafts %s are kept only if the reply has no other image', async (_name, reply) => {
		const only = start(`${reply()}data: [DONE]\n\n`);
		expect((await only.received).images).toMatchObject([{ width: 40 }]);
		const { received, files } = start(reply() + sse(chunk({ images: [part(small)] }, 'stop')));
		expect((await received).images).toMatchObject([{ width: 16 }]);
		await settle();
		expect(files.map(({ state }) => state)).toEqual(['dropped', 'kept']);
	});

	test.each<[string, () => string]>([
		['a draft comes last', () => sse(chunk({ reasoning: draft(third) }))],
		['no draft comes last', () => ''],
	])('The last image alone is the last that is no draft, if %s', async (_name, tail) => {
		const values = [
			chunk({ reasoning: draft(third) }),
			chunk({ images: [part(small)] }),
			chunk({ images: [part(other)] }, 'stop'),
		];
		const { received, files } = start(sse(...values) + tail(), { imagesPerReply: 'last' });
		expect((await received).images).toMatchObject([{ width: 40 }]);
		await settle();
		expect(files.filter(({ state }) => state === 'kept')).toHaveLength(1);
	});

	test('The last image alone of a reply of nothing but drafts is the last draft', async () => {
		const values = [small, other].map((bytes) => chunk({ reasoning: draft(bytes) }));
		const { received } = start(sse(...values, '[DONE]'), { imagesPerReply: 'last' });
		expect((await received).images).toMatchObject([{ width: 40 }]);
	});

	test.each<[string, object]>([
		['in the place of an image', { images: [{ image_url: { url: 'https://example.com/cat' } }] }],
		['in its words', { content: 'Here: ![a cat](https://example.com/cat)' }],
	])('An image that the reply links %s beside drafts is the final one', async (_name, delta) => {
		const reply = sse(chunk({ reasoning_content: draft(small) }), chunk(delta, 'stop'));
		for (const imagesPerReply of ['all', 'last'] as const) {
			const { received, files } = start(reply, {
				output: 'images',
				imagesPerReply,
				download: async () => answer(arriving(cut(other, 100))),
			});
			expect((await received).images).toMatchObject([{ width: 40 }]);
			await settle();
			expect(files.map(({ state }) => state)).toEqual(['dropped', 'kept']);
		}
	});

	test('A draft is kept if the linked image beside it cannot be loaded', async () => {
		const link = { images: [{ image_url: { url: 'https://example.com/dead' } }] };
		const reply = sse(chunk({ reasoning_content: draft(small) }), chunk(link, 'stop'));
		const { received, hints } = start(reply, { output: 'images' });
		expect((await received).images).toMatchObject([{ width: 16 }]);
		expect(hints).toEqual(['1 of 1 images that the reply links cannot be loaded']);
	});

	test('An image that the reply also shows as a draft is kept', async () => {
		const values = [chunk({ reasoning_content: draft(small) }), chunk({ images: [part(small)] })];
		const { received } = start(sse(...values, '[DONE]'));
		expect((await received).images).toMatchObject([{ width: 16 }]);
	});
});

test('An image is kept wherever it stands in JSON, even if nothing else there is known', async () => {
	const { received, hints } = start(JSON.stringify({ images: [{ b64_json: base64(small) }] }));
	expect((await received).images).toMatchObject([{ width: 16 }]);
	expect(hints).toEqual([]);
});

test('An event of the images endpoint gives its image and its usage, without a hint', async () => {
	const event = { type: 'image_generation.completed', b64_json: base64(small), usage: { n: 1 } };
	const { received, hints } = start(`event: ${event.type}\n${sse(event)}`);
	const { images, ...reply } = await received;
	expect(images).toMatchObject([{ width: 16 }]);
	expect(reply.usage).toEqual({ n: 1 });
	expect(hints).toEqual([]);
});

test('An error in a choice of a reply fails the call', async () => {
	const failed = { choices: [{ index: 0, finish_reason: 'error', error: { message: 'Gone' } }] };
	const { message } = await failureOf(start(sse(chunk({ content: 'Hi' }), failed)).received);
	expect(message).toBe('The service reported an error in its reply: Gone');
});

describe('an image that is damaged', () => {
	const reply = (damaged: string) => sse(chunk({ images: [part(small)] })) + damaged;
	const second = () => sse(chunk({ images: [part(other)] }, 'stop'));
	const MALFORMED = 'The reply holds an image whose base64 is malformed';
	const CUT_OFF = 'The reply holds an image that is cut off';

	const DAMAGED: Array<[string, () => string, string]> = [
		['a foreign character', () => second().replace(/(;base64,.{501})./, '$1!'), MALFORMED],
		['an escape', () => second().replace(/(;base64,.{402})./, '$1\\u0021'), MALFORMED],
		['padding', () => second().replace(/(;base64,.{402})./, '$1='), MALFORMED],
		['a quote in HTML', () => second().replace(/(;base64,.{402})./, "$1'"), MALFORMED],
		['its end', () => sse(chunk({ images: [part(other.subarray(0, 300))] }, 'stop')), CUT_OFF],
		[
			'another event',
			() => {
				const [start, end] = [base64(other).slice(0, 400), base64(other).slice(400)];
				const first = chunk({ content: `![](data:image/png;base64,${start}` });
				return sse(first, chunk({ content: `${end})` }, 'stop'));
			},
			CUT_OFF,
		],
	];

	test.each(DAMAGED)(
		'An image that is cut by %s costs nothing but itself, and gives a hint',
		async (_what, damaged) => {
			for (const size of [1, 7, 1000]) {
				const text = reply(damaged()) + sse({ choices: [], usage: { n: 1 } });
				const body = arriving(cut(Buffer.from(text), size));
				const { received, files, hints } = start(body, { output: 'images' });
				const { images, ...read } = await received;
				expect(images).toMatchObject([{ width: 16 }]);
				expect(read).toMatchObject({ finishReason: 'stop', usage: { n: 1 } });
				expect(hints).toEqual([expect.stringMatching(/^1 of 2 images in the reply is left out/)]);
				await settle();
				expect(files.map(({ state }) => state)).toEqual(['kept', 'dropped']);
			}
		},
	);

	test.each(DAMAGED.slice(0, 5))(
		'A reply is an error that tells of the damage if its only image is cut by %s',
		async (_what, damaged, message) => {
			const { received, files } = start(damaged(), { output: 'images' });
			expect((await failureOf(received)).message).toBe(message);
			expect(files.map(({ state }) => state)).toEqual(['dropped']);
		},
	);

	test('The words of a chat are kept if its only image is damaged', async () => {
		const said = sse(chunk({ content: 'A cat' })) + DAMAGED[0]![1]();
		const { received, hints } = start(said);
		expect(await received).toMatchObject({ text: 'A cat', images: [] });
		expect(hints).toEqual([expect.stringMatching(/^1 of 1 images in the reply is left out/)]);
	});

	test('A draft that is damaged is not missed', async () => {
		const draft = `![](data:image/png;base64,${base64(other.subarray(0, 300))})`;
		const { received, hints } = start(
			sse(chunk({ reasoning: draft }), chunk({ images: [part(small)] }, 'stop')),
		);
		expect((await received).images).toMatchObject([{ width: 16 }]);
		expect(hints).toEqual([]);
	});
});

test('A JSON document that is whole is kept, words alone and without usage too, if the connection is lost behind it', async () => {
	const lost = new ApiError('The connection was lost', '');
	const words = { choices: [{ message: { content: 'A cat' } }] };
	const link = { data: [{ url: 'https://example.com/cat' }] };
	for (const json of [words, link]) {
		async function* body() {
			yield Buffer.from(JSON.stringify(json));
			throw lost;
		}
		const download = async () => answer(arriving(cut(other, 100)));
		const { received, hints } = start(body(), { download });
		const { text, images } = await received;
		expect([text, images.length]).toEqual(json === words ? ['A cat', 0] : ['', 1]);
		expect(hints).toEqual([expect.stringMatching(/^The reply was complete/)]);
	}
	async function* failed() {
		yield Buffer.from(JSON.stringify({ ...words, error: { message: 'No quota' } }));
	}
	expect((await failureOf(start(failed()).received)).message).toContain('No quota');
});

test.each<[string, () => string]>([
	['a further image that breaks off', () => sse(chunk({ images: [part(other)] })).slice(0, 900)],
	['words that break off', () => `${sse(chunk({ content: 'And' }))}data: {"choices":[{"de`],
])(
	'An image with a finish reason and usage is kept, whatever begins behind it: %s',
	async (_what, more) => {
		const complete = sse(chunk({ images: [part(small)] }, 'stop'), {
			choices: [],
			usage: { n: 1 },
		});
		const { received, hints } = start(complete + more(), { output: 'images' });
		expect((await received).images).toMatchObject([{ width: 16 }]);
		expect(hints).toEqual([expect.stringMatching(/^The reply was complete/)]);
	},
);

test('An image with a finish reason is kept if the last event of a reply that ends in order is cut', async () => {
	const reply = `${sse(chunk({ images: [part(small)] }, 'stop'))}data: {"choices":[],"usage":{"n"`;
	const { received, hints } = start(reply, { output: 'images' });
	expect((await received).images).toMatchObject([{ width: 16 }]);
	expect(hints).toEqual([expect.stringMatching(/^The reply was complete/)]);
});

test('An event that holds a whole reply of the Images endpoint is complete', async () => {
	async function* body() {
		yield Buffer.from(sse({ data: [{ b64_json: base64(small) }], usage: { n: 1 } }));
		throw new ApiError('The connection was lost', '');
	}
	const { received } = start(body(), { output: 'images' });
	expect((await received).images).toMatchObject([{ width: 16 }]);
});

describe('a reply that fails', () => {
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
			'of a reply with an error behind its image',
			() => head() + sse({ error: { message: 'Out of luck' } }),
			'The service reported an error in its reply: Out of luck',
		],
	])('Nothing %s stays in storage', async (_name, reply, message) => {
		const { received, files } = start(reply());
		const error = await failureOf(received);
		expect(error).toBeInstanceOf(ApiError);
		expect(error.message).toBe(message);
		expect(new Set(files.map(({ state }) => state))).toEqual(new Set(['dropped']));
	});

	test('A reply that owes an image and has none fails with its text, its finish reason and its usage', async () => {
		const usage = { total_tokens: 3 };
		const values = [chunk({ content: 'Sorry, no cats' }, 'stop'), { choices: [], usage }];
		const { received, files } = start(sse(...values), { output: 'images' });
		const error = (await failureOf(received)) as ApiError;
		expect(error).toBeInstanceOf(ApiError);
		expect(error.message).toBe(
			'The model answered without an image (finish reason: stop): Sorry, no cats',
		);
		expect(error.details).toEqual({
			finishReason: 'stop',
			nativeFinishReason: undefined,
			modelText: 'Sorry, no cats',
			usage,
		});
		expect(files).toEqual([]);
	});

	test.each(['content_filter', 'SAFETY', 'IMAGE_SAFETY', 'PROHIBITED_CONTENT', 'IMAGE_RECITATION'])(
		'A reply with the native_finish_reason %s says that the model refused the image',
		async (reason) => {
			const refusal = {
				choices: [{ delta: {}, finish_reason: 'stop', native_finish_reason: reason }],
			};
			const { message } = await failureOf(start(sse(refusal), { output: 'images' }).received);
			expect(message).toBe(`The model refused the image (finish reason: ${reason})`);
		},
	);

	test('Nothing of an image in which the connection breaks stays in storage', async () => {
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

describe('a reply that is asked for words', () => {
	const words = (reply: string, storeBinary = jest.fn(), download = jest.fn()) => ({
		...start(reply, { output: 'words', storeBinary, download }),
		storeBinary,
		download,
	});
	const url = 'https://example.com/cat.png';

	test.each<[string, () => string, string]>([
		[
			'carries an image in front of its words',
			() => sse(chunk({ images: [part(other)] }), chunk({ content: 'A cat' }, 'stop')),
			'A cat',
		],
		[
			'carries an image among its words',
			() => sse(chunk({ content: `A ![](data:image/png;base64,${base64(other)}) cat` }, 'stop')),
			'A  cat',
		],
		[
			'carries a draft',
			() =>
				sse(chunk({ reasoning: `![](data:image/png;base64,${base64(other)})` })) +
				sse(chunk({ content: 'A cat' }, 'stop')),
			'A cat',
		],
		[
			'carries an image that is cut off',
			() => sse(chunk({ content: 'A cat', images: [part(other.subarray(0, 300))] }, 'stop')),
			'A cat',
		],
		[
			'links an image',
			() => sse(chunk({ content: 'A cat', images: [{ image_url: { url } }] }, 'stop')),
			'A cat',
		],
		[
			'links an image in its words',
			() => sse(chunk({ content: `![](${url})` }, 'stop')),
			`![](${url})`,
		],
	])('A reply that is asked for words and %s gives its words alone', async (_name, reply, text) => {
		const { received, storeBinary, download, hints } = words(reply());
		expect(await received).toMatchObject({ text, images: [] });
		expect(storeBinary).not.toHaveBeenCalled();
		expect(download).not.toHaveBeenCalled();
		expect(hints).toEqual([]);
	});

	const EMPTY = 'The model answered without words';
	const REFUSED = 'The model refused to answer';
	const ADVICE: Record<string, RegExp> = {
		stop: /^Ask in other words, or try again\. The call may have been billed\.$/,
		length: /^(?=.*Max Tokens)(?=.*Reasoning Effort)/,
		SAFETY: /^Change the prompt or the input images\. The call may have been billed\.$/,
	};
	test.each<[string, () => object, string, string]>([
		['nothing', () => ({}), 'stop', `${EMPTY} (finish reason: stop)`],
		['blanks alone', () => ({ content: ' \n' }), 'stop', `${EMPTY} (finish reason: stop)`],
		['an image alone', () => ({ images: [part(small)] }), 'stop', `${EMPTY} (finish reason: stop)`],
		[
			'a link alone',
			() => ({ images: [{ image_url: { url } }] }),
			'stop',
			`${EMPTY} (finish reason: stop)`,
		],
		[
			'reasoning alone',
			() => ({ reasoning: 'Hm' }),
			'length',
			`${EMPTY} (finish reason: length): Hm`,
		],
		[
			'the reasoning of a refusal alone',
			() => ({ reasoning: 'No' }),
			'SAFETY',
			`${REFUSED} (finish reason: SAFETY): No`,
		],
	])(
		'A reply that is asked for words is an error if it holds %s',
		async (_what, delta, reason, message) => {
			const usage = { total_tokens: 3 };
			const reply = sse(chunk(delta(), reason), { choices: [], usage });
			const { received, storeBinary, download } = words(reply);
			const error = (await failureOf(received)) as ApiError;
			expect(error).toBeInstanceOf(ApiError);
			expect(error.message).toBe(message);
			expect(error.description).toMatch(ADVICE[reason] as RegExp);
			expect(error.details).toEqual({
				finishReason: reason,
				modelText: /: (Hm|No)$/.exec(message)?.[1],
				usage,
			});
			expect(storeBinary).not.toHaveBeenCalled();
			expect(download).not.toHaveBeenCalled();
		},
	);
});

test('Storage that fails ends the call', async () => {
	const full = new Error('no space left on device');
	const storeBinary = () => Promise.reject(full);
	const { received } = start(sse(chunk({ images: [part(small)] }, 'stop')), { storeBinary });
	expect((await failureOf(received)).message).toBe('n8n could not store the image');
});

test('Storage that fails while the service stalls ends the call and closes the connection', async () => {
	const full = new Error('no space left on device');
	async function* body() {
		yield Buffer.from(sse(chunk({ images: [part(other)] })).slice(0, 900));
		await new Promise(() => {});
	}
	let isClosed = false;
	const storeBinary: ReceiveSettings['storeBinary'] = async (content) => {
		for await (const piece of content) if (piece) break;
		throw full;
	};
	const { received } = start(body(), { storeBinary }, () => (isClosed = true));
	expect((await failureOf(received)).message).toBe('n8n could not store the image');
	expect(isClosed).toBe(true);
});

test('A stream of text that stops without saying that it is complete is an error', async () => {
	expect((await failureOf(start(sse(chunk({ content: 'Hi' }))).received)).message).toBe(
		'The reply of the service ended before it was complete',
	);
});

test('Slow storage holds the connection back', async () => {
	let sent = 0;
	async function* body() {
		yield Buffer.from(`{"data":[{"b64_json":"${base64(small).slice(0, 400)}`);
		for (; sent < 200; sent++) yield Buffer.alloc(64 * 1024, 'A');
		yield Buffer.from(`${base64(Buffer.from('\0\0\0\0IEND1234'))}"}]}`);
	}
	let open = () => {};
	const gate = new Promise<void>((resolve) => (open = resolve));
	const storage = createStorage({ onChunk: () => gate, forget: true });
	const { received } = start(body(), { storeBinary: storage.store });
	await settle(500);
	expect(sent).toBeLessThan(10);
	open();
	expect((await received).images).toMatchObject([{ bytes: 300 + (200 * 64 * 1024 * 3) / 4 + 12 }]);
});

test.each(['storage', 'the service'])(
	'A cancel does not wait for %s, and closes the connection',
	async (slow) => {
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
		expect(await failureOf(received)).toBe(reason);
		expect(isClosed).toBe(true);
	},
);

describe('images that a reply repeats', () => {
	const repliesOf = (...images: Buffer[]) =>
		sse(...images.map((image) => chunk({ images: [part(image)] })), chunk({}, 'stop'), '[DONE]');

	test('An image that the reply repeats is kept once, where it came first', async () => {
		const { received, files } = start(repliesOf(other, small, other));
		expect((await received).images).toMatchObject([{ width: 40 }, { width: 16 }]);
		await settle();
		expect(files.map(({ state }) => state)).toEqual(['kept', 'kept', 'dropped']);
	});

	test('An image that differs from an earlier one in a late byte is kept as well', async () => {
		const tail = random(3).bytes(300_000);
		const [first, second] = [0, 1].map((bit) => {
			const bytes = Buffer.concat([small, tail]);
			bytes[bytes.length - 5]! ^= bit;
			return bytes;
		}) as [Buffer, Buffer];
		const { received, files } = start(repliesOf(first, second, first));
		expect((await received).images).toHaveLength(2);
		await settle();
		expect(files.map(({ bytes }) => bytes.equals(second))).toEqual([false, true, false]);
	});
});
