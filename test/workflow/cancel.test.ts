import { readdirSync, readlinkSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';
import type { INodeParameters } from 'n8n-workflow';

import { noiseImage } from '../emulator/images/noise';
import { listen } from '../server';
import { itemWith, startHarness, type Harness, type NodeRunOptions } from './harness';
import { completion, startService } from './service';

const NODE = 'Gemini Image';
const ASK: INodeParameters = {
	model: { __rl: true, mode: 'id', value: 'gemini-3.1-flash-image-preview' },
	prompt: 'Draw a red fox',
	imageSize: '512',
};

let harness: Harness;
beforeAll(async () => {
	harness = await startHarness();
});
afterEach(() => {
	jest.restoreAllMocks();
	harness.engine.clear();
});
afterAll(async () => await harness.close());

/** Resolves when `isTrue`, or after five seconds. */
async function until(isTrue: () => boolean): Promise<void> {
	const begun = Date.now();
	while (!isTrue() && Date.now() - begun < 5000) await sleep(5);
}

/** Cancels as soon as `isThere`, a moment later. */
async function cancelOnce(
	isThere: () => boolean,
	parameters: INodeParameters,
	options: NodeRunOptions,
) {
	const controller = new AbortController();
	const running = harness.run({ ...ASK, ...parameters }, { ...options, signal: controller.signal });
	await until(isThere);
	expect(isThere()).toBe(true);
	await sleep(100);
	const cancelled = Date.now();
	controller.abort();
	const result = await running;
	expect(Date.now() - cancelled).toBeLessThan(1000);
	// Where it is to continue on an error, n8n itself goes on with what went into the node.
	expect(result.output(NODE)).toEqual(
		options.onError === 'stopWorkflow' ? [] : result.output('Start'),
	);
	if (options.onError === 'stopWorkflow') expect(result.run.status).toBe('canceled');
}

/** No connection and, of what was being stored, not even a part. */
async function expectNothingLeft(): Promise<void> {
	const { emulator, engine } = harness;
	await until(() => emulator.openSockets() === 0 && engine.files().length === 0);
	expect(emulator.openSockets()).toBe(0);
	expect(engine.files()).toEqual([]);
}

const posts = () => harness.emulator.requests.filter(({ method }) => method === 'POST').length;

/** A server that says nothing, and reads nothing until `isLeft`. */
async function startDeafServer() {
	const sockets: Socket[] = [];
	const { port, close } = await listen(
		createServer({ pauseOnConnect: true }, (socket) => sockets.push(socket)),
	);
	return {
		port,
		sockets,
		/** Whether every client is gone, as the server sees it once it reads. */
		async isLeft(): Promise<boolean> {
			for (const socket of sockets) socket.on('error', () => {}).resume();
			await until(() => sockets.every(({ closed }) => closed));
			return sockets.every(({ closed }) => closed);
		},
		close,
	};
}

/**
 * Edits a file at a service that turns the first attempt away, and takes but the start of the second,
 * to which it sends `answer`, if there is one. Expects that the file is closed in the end: what the
 * first attempt reads was opened before it, and has others who close it.
 */
async function editTwice(
	edit: (options: NodeRunOptions, isUploading: () => boolean) => Promise<void>,
	answer?: { status: number; body: object },
) {
	const { bytes } = await noiseImage(16);
	const input = [await itemWith(harness.engine, { data: bytes })];
	const files = jest.spyOn(Container.get(BinaryDataService), 'getAsStream');
	let attempts = 0;
	const service = await startService((request, response) => {
		attempts++;
		if (attempts === 1) {
			request.resume().once('end', () => response.writeHead(429).end());
		} else if (answer) {
			const body = JSON.stringify(answer.body);
			// To end it would close the connection in the middle of the upload.
			response.writeHead(answer.status, { 'content-length': body.length }).write(body);
		}
	});
	try {
		const credentials = { apiKey: 'x', baseUrl: service.baseUrl };
		await edit({ input, credentials }, () => attempts === 2);
		expect(attempts).toBe(2);
		const streams = await Promise.all(files.mock.results.map(({ value }) => value));
		expect(streams).toHaveLength(2);
		await until(() => streams.every(({ closed }) => closed));
		expect(streams.map(({ closed }) => closed)).toEqual([true, true]);
		// Files close by themselves at their end.
		expect(streams.map(({ readableEnded }) => readableEnded)).toEqual([true, false]);
	} finally {
		await service.close();
	}
}

describe.each(['stopWorkflow', 'continueRegularOutput'] as const)(
	'a cancelled run, on error %s',
	(onError) => {
		test.each([
			['while it waits for headers', 'stall-before-headers'],
			['in the middle of the stream', 'stall-mid-stream'],
			['in the middle of the image', 'stall-in-image'],
			['while signs of life trickle in', 'trickle-50'],
			['while it waits to retry', 'busy-after-40-*'],
		])(
			`A run cancelled %s sends no more and leaves nothing behind, on error ${onError}`,
			async (_when, profile) => {
				const before = posts();
				const isServed = () => posts() > before;
				profile = profile.replace('*', onError);
				await cancelOnce(isServed, { options: { stream: true } }, { profile, onError });
				expect(posts()).toBe(before + 1);
				await expectNothingLeft();
			},
		);

		// The connection is not there before the handshake is over, which never begins.
		test(`A run cancelled while it connects closes its only connection, on error ${onError}`, async () => {
			const server = await startDeafServer();
			const baseUrl = `https://127.0.0.1:${server.port}/v1`;
			const credentials = { apiKey: 'x', baseUrl };
			await cancelOnce(() => server.sockets.length > 0, {}, { credentials, onError });
			expect(await server.isLeft()).toBe(true);
			expect(server.sockets).toHaveLength(1);
			await server.close();
		});

		test(`A run cancelled during an upload closes the connection and the input file, on error ${onError}`, async () => {
			const server = await startDeafServer();
			const { bytes } = await noiseImage(16);
			const input = [await itemWith(harness.engine, { data: bytes })];
			const credentials = { apiKey: 'x', baseUrl: `http://127.0.0.1:${server.port}/v1` };
			const before = harness.engine.files();
			const options = { input, credentials, onError };
			await cancelOnce(() => server.sockets.length > 0, { operation: 'imageToImage' }, options);
			expect(await server.isLeft()).toBe(true);
			expect(server.sockets[0]?.bytesRead).toBeLessThan(bytes.length);
			expect(harness.engine.files()).toEqual(before);
			const path = harness.engine.pathOf(input[0]!.binary!.data!);
			await until(() => !openFiles().includes(path));
			expect(openFiles()).not.toContain(path);
			await server.close();
		});

		test(`A run cancelled while it uploads once more closes the input file, on error ${onError}`, async () => {
			await editTwice(async (options, isUploading) => {
				await cancelOnce(isUploading, { operation: 'imageToImage' }, { ...options, onError });
			});
		});

		test.each([
			['that does not read', false],
			['that does not end', true],
		])(
			`A run cancelled at a storage %s leaves nothing behind, on error ${onError}`,
			async (_what, reads) => {
				const before = posts();
				let isStoring = false;
				const store = jest.spyOn(Container.get(BinaryDataService), 'store');
				store.mockImplementation(async (_location, content) => {
					isStoring = true;
					if (reads && !Buffer.isBuffer(content)) content.resume().on('error', () => {});
					return await new Promise(() => {});
				});
				await cancelOnce(() => isStoring, {}, { onError });
				expect(posts()).toBe(before + 1);
				await expectNothingLeft();
			},
		);

		test(`A cancelled run of many items starts none of those that wait, on error ${onError}`, async () => {
			const before = posts();
			const input = Array.from({ length: 50 }, () => ({ json: {} }));
			const options = { maxConcurrency: 3 };
			const isServed = () => posts() === before + 3;
			await cancelOnce(isServed, { options }, { input, profile: 'stall-in-image', onError });
			expect(posts()).toBe(before + 3);
			await expectNothingLeft();
		});
	},
);

describe('the Timeout', () => {
	const FAST = { options: { timeout: 0.8 } };

	test.each([
		['stall-before-headers', undefined],
		['stall-mid-stream', undefined],
		['stall-in-image', undefined],
		['stall-in-image', 'images'],
	])(
		'The Timeout ends a run with profile %s (endpoint %s), and nothing is left',
		async (profile, endpoint) => {
			const begun = Date.now();
			const options = { ...FAST.options, ...(endpoint && { endpoint }) };
			const { error } = await harness.run({ ...ASK, options }, { profile });
			const ms = Date.now() - begun;
			expect(error?.message).toBe('The service sent nothing for 0.8 seconds');
			expect(ms).toBeGreaterThanOrEqual(800);
			// It is looked at twice a second.
			expect(ms).toBeLessThan(800 + 500 + 700);
			await expectNothingLeft();
		},
	);

	test('The Timeout counts from the last byte of the service, not from the first', async () => {
		const begun = Date.now();
		const { error, output } = await harness.run({ ...ASK, ...FAST }, { profile: 'trickle-300' });
		expect(error).toBeUndefined();
		expect(output(NODE)).toHaveLength(1);
		expect(Date.now() - begun).toBeGreaterThan(2 * 800);
	});

	test('The Timeout of a request that uploads once more closes the input file', async () => {
		await editTwice(async (options) => {
			const parameters = { ...ASK, ...FAST, operation: 'imageToImage' };
			const { error } = await harness.run(parameters, options);
			expect(error?.message).toBe('The service sent nothing for 0.8 seconds');
		});
	});

	test('The Timeout counts while the service takes nothing of an image that is uploaded', async () => {
		const server = await startDeafServer();
		const { bytes } = await noiseImage(16);
		const { error } = await harness.run(
			{ ...ASK, ...FAST, operation: 'imageToImage' },
			{
				input: [await itemWith(harness.engine, { data: bytes })],
				credentials: { apiKey: 'x', baseUrl: `http://127.0.0.1:${server.port}/v1` },
			},
		);
		expect(error?.message).toBe('The service sent nothing for 0.8 seconds');
		expect(await server.isLeft()).toBe(true);
		await server.close();
	});
});

describe('an answer before the end of the upload', () => {
	test.each([
		[200, completion({ content: 'Seen' }), 'Seen'],
		[400, { error: { message: 'Too large' } }, 'Too large'],
	])(
		'An answer of %i that comes before the upload is over counts and closes the input file',
		async (status, body, said) => {
			await editTwice(
				async (options) => {
					const { error, output } = await harness.run({ ...ASK, operation: 'chat' }, options);
					expect(error?.message ?? output(NODE)[0]?.json.text).toContain(said);
				},
				{ status, body },
			);
		},
	);
});

/** The files that this process has open; Linux alone tells. */
function openFiles(): string[] {
	if (process.platform !== 'linux') return [];
	return readdirSync('/proc/self/fd').flatMap((fd) => {
		try {
			return [readlinkSync(`/proc/self/fd/${fd}`)];
		} catch {
			return [];
		}
	});
}
