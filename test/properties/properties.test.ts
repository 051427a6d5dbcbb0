import fc from 'fast-check';
import sharp from 'sharp';

import { ApiError } from '../../nodes/GeminiImage/errors/apiError';
import { receive } from '../../nodes/GeminiImage/reply/receive';
import { anyDamaged } from './anyDamage';
import { anyReply } from './anyReply';
import { arriving, createStorage, receiveSettings, cut, png, random } from '../nodes/helpers';
import { isWholeImage } from './wholeImage';
import { readWhole, tokenOf, type Reading } from './readWhole';

/** To explore: `FUZZ_SEED=7 FUZZ_RUNS=100000 npm run jest -- properties`. */
const seed = Number(process.env.FUZZ_SEED ?? 20);
const runs = (share: number) => Math.round(Number(process.env.FUZZ_RUNS ?? 10_000) * share);
const MAX_MS_PER_CASE = 10_000;

let images: Buffer[];
beforeAll(async () => {
	const small = await png(9, 9, true);
	const noise = sharp(random(5).bytes(8 * 8 * 3), { raw: { width: 8, height: 8, channels: 3 } });
	const webp = await noise.clone().webp({ quality: 40 }).toBuffer();
	const jpeg = await noise.clone().jpeg({ quality: 30 }).toBuffer();
	// Base64 that ends in 0, 1 and 2 `=`.
	const longer = [1, 2].map((more) => Buffer.concat([small, Buffer.alloc(more, 0xfb)]));
	images = [small, ...longer, await png(20, 3), webp, jpeg];
});

/** How a reply is cut: into pieces of up to so many bytes. */
const anyCut = fc.record({
	longest: fc.constantFrom(1, 16, 40, 60, 80, 100, 150, 200, 300, 500, 1000, 2000),
	seed: fc.nat(),
});
type Cut = typeof anyCut extends fc.Arbitrary<infer T> ? T : never;

function pieces(bytes: Buffer, { longest, seed: start }: Cut): Uint8Array[] {
	const { upTo } = random(start);
	return cut(bytes, () => upTo(longest));
}

/** What `receive` makes of a reply that arrives in pieces. */
async function read(reply: Uint8Array[], isEventStream: boolean) {
	const { store, files } = createStorage();
	const before = Date.now();
	const live: string[] = [];
	const hints: string[] = [];
	const contentType = isEventStream ? 'text/event-stream' : 'application/json';
	const outcome = await receive(
		{
			status: 200,
			headers: { 'content-type': contentType },
			body: arriving(reply),
			endAt: () => {},
			close: () => {},
		},
		receiveSettings({
			storeBinary: store,
			download: () => Promise.reject(new ApiError('Nothing to download', '')),
			onText: (text) => live.push(text),
			hint: (message) => hints.push(message),
		}),
	).catch((error: unknown) => ({ error }));
	expect(Date.now() - before).toBeLessThan(MAX_MS_PER_CASE);
	const kept = files
		.filter(({ state }) => state === 'kept')
		.map(({ bytes }) => bytes.toString('base64'));
	const open = files.filter(({ state }) => state === 'open').length;
	if ('error' in outcome) return { error: outcome.error, kept, open };
	const { text, reasoning, finishReason, usage } = outcome;
	const rest = withTokens({ finishReason, usage });
	// An image may have come first as a draft, and so be stored before the others.
	const images = outcome.images.map(({ binary }) =>
		files[Number(binary.id)]!.bytes.toString('base64'),
	);
	expect([...images].sort()).toEqual([...kept].sort());
	return { reading: { text, reasoning, ...rest, images }, live, open, hints };
}

/** An answer with neither words nor an image is a failure. */
const isEmpty = ({ text, images }: Pick<Reading, 'text' | 'images'>) =>
	text === '' && images.length === 0;

const settings = (share: number) => ({ seed, numRuns: runs(share), timeout: MAX_MS_PER_CASE });

test('A reply says the same in one piece and cut anywhere', async () => {
	const property = fc.asyncProperty(anyReply(images), anyCut, async (any, where) => {
		const { reply, isEventStream, ...expected } = any;
		const bytes = Buffer.from(reply);
		const whole = await read([bytes], isEventStream);
		if (isEmpty(expected)) expect(whole).toMatchObject({ open: 0, error: expect.any(ApiError) });
		else expect(whole).toMatchObject({ open: 0, reading: expected });
		expect(await read(pieces(bytes, where), isEventStream)).toEqual(whole);
	});
	await fc.assert(property, settings(0.3));
}, 120_000);

test('The simple reader that damaged replies are compared with reads whole replies right', () => {
	const property = fc.property(anyReply(images), ({ reply, isEventStream, ...expected }) => {
		expect(readWhole(Buffer.from(reply), isEventStream)).toEqual(expected);
	});
	fc.assert(property, settings(0.05));
});

test('A damaged reply is read right, or gives whole images and a hint, or is an error that leaves nothing in storage', async () => {
	const counts = { read: 0, rescued: 0, refused: 0 };
	const property = fc.asyncProperty(
		anyDamaged(anyReply(images)),
		anyCut,
		async ({ damaged: latin1, isEventStream }, where) => {
			const damaged = Buffer.from(latin1, 'latin1');
			const expected = readWhole(damaged, isEventStream);
			const result = await read(pieces(damaged, where), isEventStream);
			const { error, kept, open, reading, hints } = result;
			counts[error ? 'refused' : expected ? 'read' : 'rescued']++;
			expect(open).toBe(0);
			if (reading && expected) return expect(reading).toEqual(expected);
			if (reading) {
				// A draft that is damaged is not missed.
				if (reading.images.length === 0) expect(hints).not.toEqual([]);
				const kept = reading.images.map((image) => Buffer.from(image, 'base64'));
				return expect(kept.every(isWholeImage)).toBe(true);
			}
			expect(error).toBeInstanceOf(ApiError);
			expect(kept).toEqual([]);
			// What can be read may still be no reply; its images, though, are whole.
			if (expected && !isEmpty(expected))
				expect((error as Error).message).not.toMatch(/malformed|inside|cut off/);
		},
	);
	await fc.assert(property, settings(0.65));
	expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(runs(0.05));
}, 120_000);

/** `value` with the tokens of the simple reader for the placeholders of images. */
function withTokens<T>(value: T): T {
	const json = JSON.stringify(value).replace(
		/image:[\da-f-]{36}:(\d+);/g,
		(_placeholder, number: string) => tokenOf(number),
	);
	return JSON.parse(json) as T;
}
