import { toNodeError } from '../../nodes/GeminiImage/errors/nodeError';
import { receive } from '../../nodes/GeminiImage/reply/receive';
import { openImage } from '../../nodes/GeminiImage/request/inputImage';
import { imagesOfUrls } from '../../nodes/GeminiImage/request/imageUrls';
import { statusError } from '../../nodes/GeminiImage/errors/failures';
import { cut, NO_OWN_LINKS, receiveSettings } from '../nodes/helpers';

const KB = 1024;
const MB = 1024 * KB;
/** The measure of a stall: a plain pass, without any expression, over the longest text there is. */
const LONGEST = 'a'.repeat(8 * MB);
/** What a stall may take, in such passes: about 200 ms on a machine that takes 8 ms for one. */
const MAX_PASSES = 25;

const context = {
	getCredentials: async () => ({ apiKey: 'sk-nexconn-0123456789abcdef' }),
	getNode: () => ({ name: 'Gemini Image', type: 'geminiImage' }),
};

const fill = (unit: string, chars: number) => unit.repeat(chars / unit.length);
const chatOf = (content: string) => JSON.stringify({ choices: [{ message: { content } }] });
const errorOf = (message: string, raw: string) =>
	`data: ${JSON.stringify({ error: { message, metadata: { raw } } })}\n\n`;
const urls = Array.from({ length: 100_000 }, (_each, index) => `https://a.example/${index}.png`);

/** A JPEG that consists of what may fill up its markers. */
const jpeg = Buffer.alloc(32 * MB, 0xff);
jpeg[1] = 0xd8;

/** A refused request, as n8n is told of it. */
const refusal = (text: string) => async () =>
	await toNodeError(context as never, statusError(400, {}, text, 'gemini-2.5-flash-image'), 0);

const reply =
	(text: string, output: 'images' | 'answer' = 'answer') =>
	async () =>
		await receive(
			{ status: 200, headers: {}, body: arriving(text), close: () => {} },
			receiveSettings({ output }),
		).catch(async (error: unknown) => await toNodeError(context as never, error, 0));

/** As from a socket: n8n gets its turn between the pieces. */
async function* arriving(text: string): AsyncGenerator<Uint8Array> {
	for (const piece of cut(Buffer.from(text), 64 * KB)) {
		yield piece;
		await new Promise((resolve) => setImmediate(resolve));
	}
}

async function sendJpeg(): Promise<void> {
	async function* whole() {
		yield jpeg;
	}
	const file = { field: 'Input', name: 'data', bytes: jpeg.length, open: async () => whole() };
	const image = await openImage(file);
	for await (const piece of image!.encode()) if (piece.length === 0) break;
}

const CASES: Record<string, () => Promise<unknown>> = {
	'a 400 of dashes': refusal(fill('-', 64 * KB)),
	'a 400 of a long path': refusal(fill('/srv/node', 63 * KB)),
	'an error event of a long path': reply(`event: error\ndata: ${fill('/srv/node', 198_000)}\n\n`),
	'an error event of brackets': reply(`event: error\ndata: ${fill('[', 8_000_000)}\n\n`),
	'an error with nearly the same cause': reply(
		errorOf(fill('a', 200_000), `${fill('a', 50_000)}b${fill('a', 50_000)}`),
	),
	'an answer of laughter': reply(chatOf(fill('ha', 250_000))),
	'an answer of nearly URLs': reply(chatOf(`https://${fill('.png?', 400_000)}`), 'images'),
	'URLs of 100,000 images': reply(JSON.stringify({ data: urls.map((url) => ({ url })) }), 'images'),
	'a reply of brackets': reply(fill('[', 8_000_000)),
	'a reply of blanks': reply(fill(' ', 8_000_000)),
	'eight million A in an answer': reply(chatOf(fill('A', 8_000_000))),
	'eight million A in an event': reply(`data: ${fill('A', 8_000_000)}\n\n`),
	'eight million A as a data URL': async () =>
		await imagesOfUrls(`data:image/png;base64,${fill('A', 8_000_000)}`, NO_OWN_LINKS).next(),
	'a JPEG of 32 MiB in one piece': sendJpeg,
};

test.each(Object.entries(CASES))('The node does not stall n8n over %s', async (_name, run) => {
	const passes: number[] = [];
	// Others use the machine as well.
	for (let tries = 0; tries < 5 && !passes.some((each) => each < MAX_PASSES); tries++) {
		passes.push((await longestStall(run)) / passMs());
	}
	expect(Math.min(...passes)).toBeLessThan(MAX_PASSES);
});

test('The measure of stalls notices a stall', async () => {
	const passes = Array.from({ length: 60 });
	const stall = await longestStall(async () => passes.forEach(() => pass(LONGEST)));
	expect(stall / passMs()).toBeGreaterThan(MAX_PASSES);
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

function passMs(): number {
	const start = performance.now();
	pass(LONGEST);
	return performance.now() - start;
}

function pass(text: string): number {
	let sum = 0;
	for (let at = 0; at < text.length; at++) sum += text.charCodeAt(at);
	return sum;
}
