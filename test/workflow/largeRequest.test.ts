import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { imageFile, itemWith, startHarness, type Harness, type NodeRunOptions } from './harness';
import { completion, imagePart, startService } from './service';

const NODE = 'Gemini Image';
const MB = 1_000_000;
const NOISE = randomBytes(16 * MB);
const SIZE_HINT = /^The request has [\d.]+ MB\b.*\b15 MB\b/;

let harness: Harness;
/** The start of a real image; what stands behind it is for the service to judge. */
let start: Buffer;
let reply: string;
beforeAll(async () => {
	harness = await startHarness();
	start = await imageFile();
	const url = `data:image/png;base64,${start.toString('base64')}`;
	reply = JSON.stringify(completion({ content: 'Seen', images: [imagePart(url)] }));
});
afterAll(async () => await harness.close());

/** An image of so many bytes that does not compress. */
const imageOf = (bytes: number) => Buffer.concat([start, NOISE.subarray(start.length, bytes)]);

/** Counts what it is sent, and answers as `answer` does once it has all. */
async function startCounter(answer: RequestListener) {
	const counter = { bytes: 0, announced: 0, requests: 0 };
	const service = await startService((request, response) => {
		counter.requests++;
		counter.announced = Number(request.headers['content-length']);
		request.on('data', (chunk: Buffer) => (counter.bytes += chunk.length));
		request.on('end', () => answer(request, response));
	});
	return { ...service, counter };
}

const good: RequestListener = (_request, response) => void response.end(reply);
const refuse =
	(status: number): RequestListener =>
	(_request, response) => {
		response.writeHead(status, { 'content-type': 'application/json' });
		response.end('{"error":{"message":"Request Entity Too Large"}}');
	};
const hangUp: RequestListener = (request) => void request.socket.destroy();

/** What comes of sending files of so many bytes. */
async function send(
	sizes: number[],
	answer: RequestListener,
	parameters: INodeParameters = {},
	options: NodeRunOptions = {},
) {
	const files = sizes.map((size, index) => [`file${index}`, imageOf(size)] as const);
	const input = [await itemWith(harness.engine, Object.fromEntries(files))];
	const { counter, baseUrl, close } = await startCounter(answer);
	const { error, output, hints } = await harness.run(
		{ operation: 'imageToImage', prompt: 'Make it blue', ...parameters },
		{ input, credentials: { apiKey: 'sk-0123456789', baseUrl }, ...options },
	);
	await close();
	return { error, items: output(NODE), hints: hints(NODE), counter };
}

describe('a request of more than 15 MB', () => {
	test.each<[string, INodeParameters]>([
		['image to image', {}],
		['a chat', { operation: 'chat' }],
		['the Images endpoint', { options: { endpoint: 'images' } }],
	])(
		'A request of a file of 16 MB is sent whole by %s, and a hint names its size',
		async (_by, how) => {
			const { error, hints, counter } = await send([16 * MB], good, how);
			expect(error?.message).toBeUndefined();
			expect(counter.requests).toBe(1);
			expect(counter.bytes).toBeGreaterThan((16 * MB * 4) / 3);
			expect(counter.bytes).toBe(counter.announced);
			const told = hints.filter((hint) => SIZE_HINT.test(hint));
			expect(told).toHaveLength(1);
			// As base64, it is a third more.
			expect(told[0]).toContain(`${(counter.bytes / MB).toFixed(1)} MB`);
		},
	);

	test('Several files that make more than 15 MB together get the hint', async () => {
		const { hints, counter } = await send([4 * MB, 4 * MB, 4 * MB], good);
		expect(hints).toEqual([expect.stringMatching(SIZE_HINT)]);
		expect(counter.bytes).toBeGreaterThan(16 * MB);
	});

	test('A file of 12 MB makes a request of 16 MB, as it is sent as base64, and gets the hint', async () => {
		const { hints } = await send([12 * MB], good);
		expect(hints).toEqual([expect.stringMatching(/^The request has 16\.0 MB/)]);
	});

	test.each([
		['refuses it with 413', refuse(413)],
		['fails', refuse(500)],
		['hangs up when it has it', hangUp],
	])(
		'The error of a request of 16 MB names its size where the service %s, and the run stops',
		async (_how, answer) => {
			const { error, counter } = await send([16 * MB], answer, { options: { maxRetries: 0 } });
			expect(error?.description).toContain(`${(counter.announced / MB).toFixed(1)} MB`);
			expect(error?.description).toContain('15 MB');
			expect(error?.description).toMatch(/^[A-Z].*[^.]\.$/);
			expect(error?.description).not.toMatch(/undefined|\.\s*\./);
		},
	);

	test('The error of a request of 16 MB names its size where the service cuts it', async () => {
		const input = [await itemWith(harness.engine, { photo: imageOf(16 * MB) })];
		const service = await startService((request) => {
			request.once('data', () => request.socket.destroy());
		});
		const { error } = await harness.run(
			{ operation: 'imageToImage', prompt: 'Make it blue', options: { maxRetries: 0 } },
			{ input, credentials: { apiKey: 'sk-0123456789', baseUrl: service.baseUrl } },
		);
		await service.close();
		expect(error?.message).toMatch(/^The service could not be reached: /);
		expect(error?.description).toMatch(/21\.\d MB.*15 MB/);
	});

	test.each([
		['refuses it with 413', refuse(413), '413'],
		['hangs up when it has it', hangUp, undefined],
	])(
		'With On Error set to continue, the size stands in the failed item and in a hint where the service %s',
		async (_how, answer, httpCode) => {
			const { error, items, hints } = await send(
				[16 * MB],
				answer,
				{ options: { maxRetries: 0 } },
				{ onError: 'continueRegularOutput' },
			);
			expect(error).toBeUndefined();
			expect(hints.filter((hint) => SIZE_HINT.test(hint))).toHaveLength(1);
			const { details } = items[0]!.json as { details: IDataObject };
			expect(details.description).toMatch(/21\.\d MB/);
			expect(details.httpCode).toBe(httpCode);
		},
	);
});

describe('a request of at most 15 MB', () => {
	test.each([1 * MB, 11 * MB])('A file of %i bytes gets no hint on its size', async (bytes) => {
		const { error, hints, counter } = await send([bytes], good);
		expect(error).toBeUndefined();
		expect(counter.announced).toBeLessThan(15 * MB);
		expect(hints).toEqual([]);
	});

	test('The error of a small request that is refused with 413 names no size of ours', async () => {
		const { error } = await send([1 * MB], refuse(413));
		expect(error?.message).toContain('too large');
		expect(error?.description).not.toMatch(/\bMB\b/);
	});

	test('Addresses of images count with their text alone', async () => {
		const { error, hints } = await send([], good, {
			imageSource: 'url',
			imageUrls: ['https://example.com/a-photo-of-20-MB.png'],
		});
		expect(error).toBeUndefined();
		expect(hints).toEqual([]);
	});
});
