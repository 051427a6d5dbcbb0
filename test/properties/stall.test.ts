import { toNodeError } from '../../nodes/GeminiImage/errors/nodeError';
import { readRequest } from '../../nodes/GeminiImage/operations/conversation';
import { receive } from '../../nodes/GeminiImage/reply/receive';
import { openImage } from '../../nodes/GeminiImage/request/inputImage';
import { addressesOf, imagesAt } from '../../nodes/GeminiImage/request/imageUrls';
import { statusError } from '../../nodes/GeminiImage/errors/failures';
import { createOwnLinks } from '../../nodes/GeminiImage/transport/signedLinks';
import { cut, NO_OWN_LINKS, receiveSettings } from '../nodes/helpers';
import { isLinear, pass } from './linear';

const KB = 1024;
const MB = 1024 * KB;
/** The measure of a stall: a plain pass, without any expression, over the longest text there is. */
const LONGEST = 'a'.repeat(8 * MB);
/** What no stall takes, in such passes: most take one, some take three. */
const MAX_PASSES = 50;

const context = {
	getCredentials: async () => ({ apiKey: 'sk-nexconn-0123456789abcdef' }),
	getNode: () => ({ name: 'Gemini Image', type: 'geminiImage' }),
};

const OWN_LINKS = createOwnLinks({ getRestApiUrl: () => 'http://localhost:5678/rest' } as never, {
	timeoutMs: 1000,
	signal: new AbortController().signal,
});

const fill = (unit: string, chars: number) => unit.repeat(chars / unit.length);
const chatOf = (content: string) => JSON.stringify({ choices: [{ message: { content } }] });
const errorOf = (message: string, raw: string) =>
	`data: ${JSON.stringify({ error: { message, metadata: { raw } } })}\n\n`;
const urlsOf = (count: number) =>
	Array.from({ length: count }, (_each, index) => ({ url: `https://a.example.com/${index}.png` }));

const fieldsOf = (count: number) =>
	Object.fromEntries(Array.from({ length: count }, (_each, index) => [`field${index}`, index]));

/** A refused request, as n8n is told of it. */
const refusal = (text: string) => async () =>
	await toNodeError(context as never, statusError(400, {}, text, 'gemini-2.5-flash-image'), 0);

const reply =
	(text: string, output: 'images' | 'answer' = 'answer') =>
	async () =>
		await receive(
			{ status: 200, headers: {}, body: arriving(text), endAt: () => {}, close: () => {} },
			receiveSettings({ output }),
		).catch(async (error: unknown) => await toNodeError(context as never, error, 0));

/** As from a socket: n8n gets its turn between the pieces. */
async function* arriving(text: string): AsyncGenerator<Uint8Array> {
	for (const piece of cut(Buffer.from(text), 64 * KB)) {
		yield piece;
		await new Promise((resolve) => setImmediate(resolve));
	}
}

/** A JPEG that consists of what may fill up its markers. */
function upload(bytes: number) {
	const jpeg = Buffer.alloc(bytes, 0xff);
	jpeg[1] = 0xd8;
	async function* whole() {
		yield jpeg;
	}
	const file = { field: 'Input', name: 'data', bytes: jpeg.length, open: async () => whole() };
	return async () => {
		const image = await openImage(file);
		if (typeof image === 'string') throw new Error(image);
		for await (const piece of image.encode()) if (piece.length === 0) break;
	};
}

/** By name: the length of the longest text, and what makes of a length what is to run. */
const CASES: Record<string, [length: number, of: (length: number) => () => Promise<unknown>]> = {
	'a 400 of dashes': [64 * KB, (chars) => refusal(fill('-', chars))],
	'a 400 of a long path': [64 * KB, (chars) => refusal(fill('/srv/node', chars))],
	'an error event of a long path': [
		198_000,
		(chars) => reply(`event: error\ndata: ${fill('/srv/node', chars)}\n\n`),
	],
	'an error event of brackets': [
		8_000_000,
		(chars) => reply(`event: error\ndata: ${fill('[', chars)}\n\n`),
	],
	'an error with nearly the same cause': [
		200_000,
		(chars) => {
			const part = fill('a', chars / 4);
			return reply(errorOf(fill('a', chars), `${part}b${part}`));
		},
	],
	'an answer of laughter': [250_000, (chars) => reply(chatOf(fill('ha', chars)))],
	'an answer of nearly URLs': [
		400_000,
		(chars) => reply(chatOf(`https://${fill('.png?', chars)}`), 'images'),
	],
	'URLs of 100,000 images': [
		100_000,
		(count) => reply(JSON.stringify({ data: urlsOf(count) }), 'images'),
	],
	'a reply of brackets': [8_000_000, (chars) => reply(fill('[', chars))],
	'a reply of blanks': [8_000_000, (chars) => reply(fill(' ', chars))],
	'eight million A in an answer': [8_000_000, (chars) => reply(chatOf(fill('A', chars)))],
	'eight million A in an event': [8_000_000, (chars) => reply(`data: ${fill('A', chars)}\n\n`)],
	'eight million A as a data URL': [
		8_000_000,
		(chars) => {
			const url = `data:image/png;base64,${fill('A', chars)}`;
			return async () => await imagesAt(addressesOf(url), NO_OWN_LINKS).next();
		},
	],
	'eight million of one letter as data': [
		8_000_000,
		(chars) => reply(JSON.stringify({ data: fill('a', chars) }), 'images'),
	],
	'eight million of one letter as choices': [
		8_000_000,
		(chars) => reply(JSON.stringify({ choices: fill('a', chars) })),
	],
	'300,000 fields of a message': [
		300_000,
		(count) =>
			reply(JSON.stringify({ choices: [{ message: { content: 'Hi', ...fieldsOf(count) } }] })),
	],
	'300,000 fields of usage': [
		300_000,
		(count) => reply(JSON.stringify({ usage: fieldsOf(count), error: fieldsOf(count) })),
	],
	'a million numbers as data': [
		1_000_000,
		(count) => reply(JSON.stringify({ data: Array(count).fill(1) }), 'images'),
	],
	'150,000 events of one letter': [
		150_000,
		(count) => reply('data: {"choices":[{"delta":{"content":"a"}}]}\n\n'.repeat(count)),
	],
	'a prompt of eight million characters in words of one letter': [
		8_000_000,
		(chars) => async () => readRequest(fill(' a', chars), undefined, OWN_LINKS, () => {}),
	],
	'a JPEG of 32 MiB in one piece': [32 * MB, upload],
};

test.each(Object.entries(CASES))(
	'The node does not stall n8n over %s',
	async (_name, [length, of]) => {
		expect(await isLinear(async (part) => await longestStall(of(part)), length)).toBe(true);
		const passes: number[] = [];
		// Others use the machine as well.
		for (let tries = 0; tries < 5 && !passes.some((each) => each < MAX_PASSES); tries++) {
			passes.push((await longestStall(of(length))) / passMs());
		}
		expect(Math.min(...passes)).toBeLessThan(MAX_PASSES);
	},
);

test('The measure of stalls notices a stall', async () => {
	const passes = Array.from({ length: 2 * MAX_PASSES });
	const stall = await longestStall(async () => passes.forEach(() => pass(LONGEST)));
	expect(stall / passMs()).toBeGreaterThan(MAX_PASSES);
});

test('The measure tells a stall that grows with the square of the text', async () => {
	const square = (chars: number) => async () => {
		const text = fill('a', chars);
		for (let at = 0; at < chars; at++) pass(text);
	};
	expect(await isLinear(async (chars) => await longestStall(square(chars)), 8 * KB)).toBe(false);
});

/** The longest time in which nothing else could run, in milliseconds. */
async function longestStall(run: () => Promise<unknown>): Promise<number> {
	let longest = 0;
	let last = performance.now();
	let isOver = false;
	async function watch(): Promise<void> {
		while (!isOver) {
			await new Promise((resolve) => setImmediate(resolve));
			longest = Math.max(longest, performance.now() - last);
			last = performance.now();
		}
	}
	const watched = watch();
	await run().catch(() => {});
	isOver = true;
	await watched;
	return longest;
}

/** The fastest of some, as others use the machine as well. */
function passMs(): number {
	const times = Array.from({ length: 5 }, () => {
		const start = performance.now();
		pass(LONGEST);
		return performance.now() - start;
	});
	return Math.min(...times);
}
