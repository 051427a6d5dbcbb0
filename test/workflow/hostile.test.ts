import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { itemWith, imageFile, startHarness, type Harness, type NodeRunOptions } from './harness';
import { completion, imagePart, json, startService } from './service';

const NODE = 'Gemini Image';
const KEY = 'sk-Hostile/Key+0123456789abcdef';

let harness: Harness;
beforeAll(async () => {
	harness = await startHarness();
});
afterEach(() => harness.engine.clear());
afterAll(async () => await harness.close());

/** Runs the node once against a service that answers so. */
async function ask(
	answer: RequestListener,
	parameters: INodeParameters = {},
	options: NodeRunOptions = {},
) {
	const service = await startService(answer);
	try {
		const credentials = { apiKey: KEY, authorizationFormat: 'apiKey', baseUrl: service.baseUrl };
		const result = await harness.run(
			{ operation: 'chat', prompt: 'Hello', ...parameters },
			{ credentials, onError: 'continueRegularOutput', ...options },
		);
		expect(result.error).toBeUndefined();
		return { ...result, json: (result.output(NODE)[0]?.json ?? {}) as IDataObject };
	} finally {
		await service.close();
	}
}

const dataUrl = (bytes: Buffer) => `data:image/png;base64,${bytes.toString('base64')}`;

describe('what is paid for', () => {
	test('A usage nested too deep for n8n to save comes out cut, with its total_tokens', async () => {
		const usage = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
		const reply = JSON.stringify(completion({ content: 'Hi' })).replace(
			'{"total_tokens":3}',
			`{"total_tokens":3,"deep":${usage}}`,
		);
		const { json: out, run } = await ask(json(() => reply));
		expect(out).toMatchObject({ text: 'Hi', usage: { total_tokens: 3 } });
		expect(JSON.stringify(run).length).toBeLessThan(100_000);
	});

	test('Chat History with megabytes of data URLs comes out as messages without base64', async () => {
		const history = [
			{ role: 'user', content: `data:image/png;base64,${'A'.repeat(8_000_000)} what is it?` },
			{ role: 'assistant', content: [{ type: 'text', text: 'A fox.' }] },
		];
		const { json: out } = await ask(
			json(() => completion({ content: 'Yes' })),
			{
				options: { history: JSON.stringify(history) },
			},
		);
		expect(out.messages).toEqual([
			{ role: 'user', content: '[base64] what is it?' },
			{ role: 'assistant', content: 'A fox.' },
			{ role: 'user', content: 'Hello' },
			{ role: 'assistant', content: 'Yes' },
		]);
	});

	test('A linked image that cannot be loaded costs a hint, and the chat keeps its text and the others', async () => {
		const image = await imageFile();
		const service = await startService((request, response) => {
			if (request.url === '/v1/a' || request.url === '/v1/b') response.end(image);
			else response.writeHead(404).end();
		});
		try {
			const links = ['a', 'gone', 'b'].map((name) => imagePart(`${service.baseUrl}/${name}`));
			const reply = completion({ content: 'Three', images: links });
			const { json: out, hints } = await ask(json(() => reply));
			expect(out.text).toBe('Three');
			// Two lead to the same image, of which one is kept.
			expect(out.images).toHaveLength(1);
			expect(hints(NODE)).toEqual(['1 of 3 images that the reply links cannot be loaded']);
		} finally {
			await service.close();
		}
	});

	test('An output field named __proto__ is refused before anything is sent', async () => {
		let posts = 0;
		const { json: out } = await ask(
			json(() => {
				posts++;
				return completion({ content: 'Hi' });
			}),
			{ options: { binaryPropertyOutput: '__proto__' } },
		);
		expect(posts).toBe(0);
		expect(out.details).toMatchObject({ field: 'Put Output File in Field' });
	});
});

describe('bounds of a reply, in words', () => {
	test('A reply with 64 images is taken, and one with 65 fails and names the limit', async () => {
		const image = await imageFile();
		const images = Array.from({ length: 65 }, (_each, index) =>
			imagePart(dataUrl(Buffer.concat([image, Buffer.alloc(index + 1)]))),
		);
		const whole = await ask(json(() => completion({ images: images.slice(1) })));
		expect(whole.json.images).toHaveLength(64);
		const { json: out } = await ask(json(() => completion({ images })));
		expect(out.error).toBe('The reply holds more than 64 images');
	});

	test('A reply with more than 8 MiB of text fails, and base64 beside the text does not count', async () => {
		const signature = 'Aa1/'.repeat(3_000_000);
		const reply = completion({ content: 'Hi', extra: { thought_signature: signature } });
		expect((await ask(json(() => reply))).json.text).toBe('Hi');
		const words = 'many words '.repeat(800_000);
		const { json: out } = await ask(json(() => completion({ content: words })));
		expect(out.error).toBe('The reply holds more than 8 MiB of text');
	});

	test('A reply with 100,000 image links has 16 of them visited, and its text comes out', async () => {
		const visits: string[] = [];
		const service = await startService((request, response) => {
			if (request.method === 'GET') visits.push(request.url ?? '');
			if (request.method === 'GET') return void response.writeHead(404).end();
			const images = Array.from({ length: 100_000 }, (_each, index) =>
				imagePart(`http://${request.headers.host}/${index}`),
			);
			json(() => completion({ content: 'Hi', images }))(request, response);
		});
		try {
			const credentials = { apiKey: KEY, baseUrl: service.baseUrl };
			const { output } = await harness.run({ operation: 'chat', prompt: 'Hi' }, { credentials });
			expect(output(NODE)[0]?.json.text).toBe('Hi');
			expect(visits).toHaveLength(16);
		} finally {
			await service.close();
		}
	});
});

test('An output file has one safe name: in the item, and in what n8n stores', async () => {
	const { output } = await harness.run(
		{
			prompt: 'Draw a fox',
			numberOfImages: 2,
			options: { fileName: '../../etc/cron.d/x\0\r\n\\y' },
		},
		{ profile: 'tiny' },
	);
	const names = output(NODE).map(({ json: out, binary }) => {
		const { fileName } = out.image as { fileName: string };
		expect(binary?.data?.fileName).toBe(fileName);
		expect(fileName).toMatch(/^[^/\\\0\r\n]{1,40}\.png$/);
		const metadata = readFileSync(`${harness.engine.pathOf(binary!.data!)}.metadata`, 'utf8');
		expect(JSON.parse(metadata)).toMatchObject({ fileName, mimeType: 'image/png' });
		return fileName;
	});
	expect(new Set(names).size).toBe(2);
});

describe('keys and base64 in the output', () => {
	const spellings: Array<[string, string]> = [
		['as it is', KEY],
		['percent-encoded', encodeURIComponent(KEY)],
		['escaped as JSON', KEY.replaceAll('/', '\\u002f').replaceAll('+', '\\u002B')],
		['in base64', Buffer.from(`Authorization: ${KEY}, sent`).toString('base64')],
		['in URL-safe base64', Buffer.from(`x${KEY}y`).toString('base64url')],
	];

	test.each(spellings)(
		'An error that repeats the key %s comes out without it',
		async (_how, spelling) => {
			const error = { message: `Bad key ${spelling} given`, type: spelling, code: spelling };
			const answers = [json(() => ({ error }), 401), json(() => ({ error }))];
			for (const answer of answers) {
				const { json: out } = await ask(answer);
				const told = JSON.stringify(out);
				expect(told).toContain('Bad key ');
				for (const [, secret] of spellings) expect(told).not.toContain(secret);
				expect(told).not.toContain(KEY.slice(4));
			}
		},
	);

	test('The usage in the details of an error is cut short and holds no base64', async () => {
		const usage = { note: 'word '.repeat(5000), image: dataUrl(Buffer.alloc(3000, 7)), total: 3 };
		const reply = { ...completion({ content: 'No.' }), usage };
		const { json: out } = await ask(
			json(() => reply),
			{ operation: 'textToImage' },
		);
		const { usage: told } = out.details as { usage: Record<string, string> };
		expect(told.total).toBe(3);
		expect(told.note?.length).toBeLessThanOrEqual(1000);
		expect(JSON.stringify(out)).not.toContain('base64,');
	});

	test.each(['textToImage', 'chat'])(
		'A data URL in the usage of a reply comes out as [base64], with operation %s',
		async (operation) => {
			const song = `data:audio/mpeg;base64,${'SUQz'.repeat(60)}`;
			const usage = { total_tokens: 3, details: { inputs: [`Sent: ${song}`] } };
			const message = { content: 'Here', images: [imagePart(dataUrl(await imageFile()))] };
			const { json: out, output } = await ask(
				json(() => completion(message, { usage })),
				{ operation },
			);
			expect(output(NODE)[0]?.binary?.data).toBeDefined();
			expect(out.usage).toEqual({ total_tokens: 3, details: { inputs: ['Sent: [base64]'] } });
			expect(JSON.stringify(out)).not.toContain('base64,');
		},
	);

	test.each(['svg+xml', 'SVG+XML', 'png;NAME=x'])(
		'A data URL of image/%s in an answer comes out as [base64]',
		async (type) => {
			const content = `Here: DATA:image/${type};BASE64,${'PHN2Zy'.repeat(40)} done`;
			const { json: out } = await ask(json(() => completion({ content })));
			expect(out.text).toBe('Here: [base64] done');
		},
	);

	test('A data URL in a prompt comes out as [base64] in the messages', async () => {
		const prompt = `What is data:audio/mpeg;base64,${'SUQz'.repeat(60)} ?`;
		const { json: out } = await ask(
			json(() => completion({ content: 'A song' })),
			{ prompt },
		);
		expect(JSON.stringify(out.messages)).toContain('What is [base64] ?');
	});
});

test('Each item uses the key and the Base URL of its own credential', async () => {
	const seen: Array<string | undefined> = [];
	const services = await Promise.all(
		[0, 1].map(async (index) => {
			const answer = json(({ headers }) => {
				seen[index] = headers.authorization;
				return completion({ content: `Service ${index}` });
			});
			return await startService(answer);
		}),
	);
	try {
		const { output } = await harness.run(
			{ operation: 'chat', prompt: 'Hi' },
			{
				input: [{ json: {} }, { json: {} }],
				credentials: (itemIndex) => ({
					apiKey: `key-${itemIndex}`,
					baseUrl: services[itemIndex]!.baseUrl,
				}),
			},
		);
		expect(output(NODE).map(({ json: out }) => out.text)).toEqual(['Service 0', 'Service 1']);
		expect(seen).toEqual(['key-0', 'key-1']);
	} finally {
		await Promise.all(services.map(async (service) => await service.close()));
	}
});

describe('silence', () => {
	test('A slow upload that goes on does not count as silence', async () => {
		// Reads as slowly as a thin line does.
		const slow: RequestListener = async (request, response) => {
			request.pause();
			let bytes = 0;
			request.on('data', (chunk: Buffer) => {
				bytes += chunk.length;
				if (bytes < 4_000_000) return;
				bytes = 0;
				request.pause();
				setTimeout(() => request.resume(), 150);
			});
			request.once('end', () => response.end(JSON.stringify(completion({ content: 'Got it' }))));
			await sleep(50);
			request.resume();
		};
		const noise = Buffer.concat([await imageFile(), Buffer.alloc(24 * 1024 * 1024, 5)]);
		const { json: out } = await ask(
			slow,
			{ imageSource: 'binary', options: { timeout: 0.6 } },
			{ input: [await itemWith(harness.engine, { data: noise })] },
		);
		expect(out).toMatchObject({ text: 'Got it' });
	});

	test('Heartbeats for ever behind an image without a finish reason end, and the image is kept', async () => {
		const delta = { images: [imagePart(dataUrl(await imageFile()))] };
		const { json: out, hints } = await ask(
			(request, response) => {
				request.resume();
				response.writeHead(200, { 'content-type': 'text/event-stream' });
				response.write(`data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`);
				const beat = setInterval(() => response.write(': still here\n\n'), 100);
				response.on('close', () => clearInterval(beat));
			},
			{ options: { timeout: 0.6 } },
		);
		expect(out.images).toHaveLength(1);
		expect(hints(NODE)).toEqual([
			'The reply ended without saying that it is complete: The service did not end its reply',
		]);
	}, 15_000);

	test('An answer of 101 fails the item, as silence or as a service that cannot be reached', async () => {
		const { json: out } = await ask(
			(_request, response) => {
				response.socket?.write(
					'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
				);
			},
			{ options: { timeout: 0.6 } },
		);
		expect(out.error).toMatch(
			/^The service (?:sent nothing for 0\.6 seconds|could not be reached)/,
		);
	});
});

describe('a broken Base URL', () => {
	test.each([
		['', /^The Base URL of the credential is empty$/],
		['file:///etc/passwd', /^The Base URL of the credential 'file:.*' is no http\(s\) address$/],
		['api.example.com/v1', /is no http\(s\) address$/],
	])('An item with the Base URL %j fails without a word of billing', async (baseUrl, expected) => {
		const { json: out } = await ask(
			json(() => ({})),
			{},
			{ credentials: { apiKey: KEY, baseUrl } },
		);
		expect(out.error).toMatch(expected);
		expect(JSON.stringify(out)).not.toContain('billed');
	});

	test('An item with https to a port that speaks http fails without a word of billing', async () => {
		const service = await startService(json(() => ({})));
		try {
			const baseUrl = service.baseUrl.replace('http:', 'https:');
			const { json: out } = await ask(
				json(() => ({})),
				{},
				{ credentials: { apiKey: KEY, baseUrl } },
			);
			expect(out.error).toBe(
				'The service could not be reached: the Base URL begins with https, but the server there does not speak it',
			);
			expect(JSON.stringify(out)).not.toContain('billed');
		} finally {
			await service.close();
		}
	});
});

describe('parameters from expressions', () => {
	const body = async (parameters: INodeParameters) => {
		let sent = '';
		const { json: out } = await ask((request, response) => {
			request.on('data', (chunk: Buffer) => (sent += chunk.toString()));
			json(() => completion({ images: [], content: 'Hi' }))(request, response);
		}, parameters);
		return { out, sent: sent === '' ? undefined : (JSON.parse(sent) as IDataObject) };
	};

	test.each<[string, INodeParameters, string]>([
		['endpoint', { operation: 'textToImage', options: { endpoint: '=Images' } }, 'Endpoint'],
		['stream', { options: { stream: '=maybe' } }, 'Stream'],
		['stream', { options: { stream: '={{ [] }}' } }, 'Stream'],
		['imageLink', { options: { imageLink: '=yes' } }, 'Image Link'],
		['temperature', { options: { temperature: '={{ NaN }}' } }, 'Temperature'],
		['systemMessage', { options: { systemMessage: '={{ NaN }}' } }, 'System Message'],
		['combineItems', { options: { combineItems: '=all' } }, 'Combine Items'],
	])(
		'A wrong value of %s is refused before anything is sent: %j',
		async (_name, parameters, field) => {
			const { out, sent } = await body(parameters);
			expect(sent).toBeUndefined();
			expect(out.details).toMatchObject({ field });
		},
	);

	test.each(['=false', '={{ false }}', '=FALSE'])('A switch that is %s is off', async (stream) => {
		expect((await body({ options: { stream } })).sent).toMatchObject({ stream: false });
	});

	test('JSON that pretends to be a stored file is refused, and no path is told', async () => {
		const file = { mimeType: 'image/png', data: 'filesystem-v2', id: 'filesystem-v2:../../../x' };
		for (const binaryPropertyName of [
			'data',
			'={{ $json.data }}',
			'={{ { ...$json.data, id: 7 } }}',
		]) {
			const service = json(() => completion({ content: 'Hi' }));
			const parameters = { imageSource: 'binary', binaryPropertyName };
			const { json: out } = await ask(service, parameters, { input: [{ json: { data: file } }] });
			expect(out.details).toMatchObject({ field: 'Input Data Field Name' });
			expect(JSON.stringify(out)).not.toMatch(/ENOENT|\/tmp|storage\//);
		}
	});
});
