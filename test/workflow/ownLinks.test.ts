import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import sharp from 'sharp';

import { createMemoryNode } from '../engine/memoryNode';
import { serve } from '../server';
import { asHistory, NODE, sentImages, sha256, startChat, type Chat } from './chat';
import { imageFile, itemWith } from './harness';

const GONE = expect.stringMatching(/^An image of the conversation is missing: /);
const STRAY = expect.stringMatching(/^A link to a file of n8n was not sent, /);
const OF_SERVICE = /service|bill/i;

let chat: Chat;
beforeAll(async () => {
	chat = await startChat();
});
afterAll(async () => await chat.close());

const url = (imageUrls: string | string[]): INodeParameters => ({
	operation: 'imageToImage',
	imageSource: 'url',
	imageUrls,
});
const sent = (body: IDataObject) => JSON.stringify(body);

const SPELLINGS: Array<[string, (link: string) => string]> = [
	['a fragment', (link) => `${link}#x`],
	['a further parameter', (link) => `${link}&x=1`],
	['a parameter in front', (link) => link.replace('?', '?x=1&')],
	['an address in front', (link) => link.replace('?', '?x=http://a.example/b&')],
	['HTTP in capitals', (link) => link.replace('http:', 'HTTP:')],
	['a dot that is encoded', (link) => link.replace('/rest', '/%2E/rest')],
	['a segment that is taken back', (link) => link.replace('/rest', '/a/%2e%2E/rest')],
	['an encoded letter', (link) => link.replace('signed', 'sign%65d')],
	['a double slash', (link) => link.replace('/binary', '//binary')],
	['a slash at the end', (link) => link.replace('signed?', 'signed/?')],
	['slashes that lean back', (link) => link.replaceAll('/', '\\')],
	['a path in capitals', (link) => link.replace('/rest/binary-data', '/REST/Binary-Data')],
	['a token that is encoded', (link) => link.replaceAll(/(?<=token=.*)\./g, '%2E')],
	['the name of a user', (link) => link.replace('//', '//me@')],
	['the host in another form', (link) => link.replace('127.0.0.1', '0x7f.1')],
];

describe('an own link in another spelling', () => {
	test.each(SPELLINGS)('A conversation reads an own link with %s', async (_what, spell) => {
		const { file, hash } = await chat.store('#515151');
		const link = spell(chat.linkTo(file));
		const history = asHistory([
			{ role: 'assistant', content: `It is ![x](${link})` },
			{ role: 'user', content: `Look at ${link}, please. ${link}.` },
			{ role: 'user', content: [{ type: 'text', text: `Or ${link}` }, link] },
		]);
		const { body, error, hints } = await chat.say('Draw it again', {}, history);
		expect(error).toBeUndefined();
		expect(hints(NODE)).toEqual([]);
		expect(sentImages(body)).toEqual([expect.stringContaining(hash)]);
		expect(sent(body)).not.toMatch(/token|eyJ/);
		const [first] = body.messages as IDataObject[];
		expect(first?.content).toBe('It is');
	});

	test.each(SPELLINGS)('The field Image URLs reads an own link with %s', async (_what, spell) => {
		const { file, hash } = await chat.store('#525252');
		// Signed once: a second later, the token would be another one.
		const link = chat.linkTo(file);
		const { body, error } = await chat.say('Paint', {}, url([spell(link), link]));
		expect(error).toBeUndefined();
		expect(sentImages(body)).toEqual([expect.stringContaining(hash)]);
	});

	test.each([
		[
			'a default port',
			'http://n8n.example',
			(link: string) => link.replace('.example', '.example:80'),
		],
		['a host in capitals', 'http://n8n.example', (link: string) => link.replace('n8n.e', 'N8N.E')],
		[
			'a default port of its own',
			'https://n8n.example:443',
			(link: string) => link.replace(':443', ''),
		],
	])('An own link with %s is tried here, and not sent', async (_what, instanceUrl, spell) => {
		const link = spell(`${instanceUrl}/rest/binary-data/signed?token=a.b.c`);
		const { error } = await chat.say('Paint', { instanceUrl }, url(link));
		expect(error?.message).toMatch(/^A link in 'Image URLs' leads to a file that n8n does not/);
	});

	test('Links that stand without a blank between them are all found', async () => {
		const [red, blue] = [await chat.store('#530000'), await chat.store('#000053')];
		const links = [red, blue].map(({ file }) => chat.linkTo(file));
		const content = `https://a.example/x.png,${links[0]},${links[1]}，`;
		const { body } = await chat.say('Draw', {}, asHistory([{ role: 'user', content }]));
		expect(sentImages(body)).toEqual([
			expect.stringContaining(red.hash),
			expect.stringContaining(blue.hash),
		]);
		expect((body.messages as IDataObject[])[0]?.content).toBe('https://a.example/x.png,,，');
	});

	test('The same link of several items is sent once, whatever its spelling', async () => {
		const { file, hash } = await chat.store('#545454');
		const link = chat.linkTo(file);
		const input = [link, `${link}#x`, `${link}&y`].map((each) => ({ json: { link: each } }));
		const parameters = { ...url('={{ $json.link }}'), options: { combineItems: true } };
		const { body, error } = await chat.say('Paint', { input }, parameters);
		expect(error).toBeUndefined();
		expect(sentImages(body)).toEqual([expect.stringContaining(hash)]);
	});

	test('An own link in the prompt is read like one of the conversation, and not sent', async () => {
		const { file, hash } = await chat.store('#555555');
		const prompt = `Paint ${chat.linkTo(file)}#x red`;
		const { body, json } = await chat.say(
			prompt,
			{},
			{ options: { systemMessage: `See ${chat.linkTo(file)}` } },
		);
		expect(sentImages(body)).toEqual([expect.stringContaining(hash)]);
		expect(sent(body)).not.toContain('token=');
		expect((json.messages as IDataObject[])[0]?.content).toBe(prompt);
	});

	test('An own link in a prompt that makes an image is taken out, and a hint says so', async () => {
		const { file } = await chat.store('#565656');
		const prompt = `A fox as in ${chat.linkTo(file)}`;
		const { body, hints } = await chat.say(prompt, {}, { operation: 'textToImage' });
		expect(sent(body)).not.toContain('token=');
		expect(hints(NODE)).toEqual([expect.stringMatching(/^A link to a file of this n8n was taken/)]);
	});
});

describe('a signed link to another address', () => {
	const STRAYS: Array<[string, (link: string) => string]> = [
		['another host', (link) => link.replace('127.0.0.1', 'old.example')],
		['another port', (link) => link.replace(/:\d+/, ':1')],
		['another scheme', (link) => link.replace('http:', 'https:')],
		['another path in front', (link) => link.replace('/rest', '/n8n/rest')],
		['no scheme', (link) => link.replace('http://', '')],
		['no host', (link) => link.replace(/http:\/\/[^/]+/, '')],
		['a port that is none', (link) => link.replace(/:\d+/, ':99999')],
		['another host and a fragment', (link) => `${link.replace('127.0.0.1', 'old.example')}#x`],
		['the address of a proxy', (link) => `https://a.example/i?u=${encodeURIComponent(link)}`],
		['the path of a proxy', (link) => `https://a.example/i/${encodeURIComponent(link)}`],
		['all of it encoded', (link) => encodeURIComponent(link)],
		['the fragment of a page', (link) => `https://a.example/#u=${encodeURIComponent(link)}`],
	];

	test.each(STRAYS)(
		'A link of a conversation with %s is taken out, and a hint says so',
		async (_what, change) => {
			const { file } = await chat.store('#575757');
			const link = change(chat.linkTo(file));
			chat.asked.length = 0;
			const image = { type: 'image_url', image_url: { url: link } };
			const history = asHistory([
				{ role: 'assistant', content: `It is ![x](${link})` },
				{ role: 'user', content: [{ type: 'text', text: `Look: ${link}` }, image] },
			]);
			const { body, error, hints } = await chat.say(`Draw ${link}, please`, {}, history);
			expect(error).toBeUndefined();
			expect(chat.asked).toEqual([]);
			expect(hints(NODE)).toEqual([STRAY]);
			expect(sent(body)).not.toMatch(/token|eyJ/);
			expect((body.messages as IDataObject[])[0]?.content).toBe('It is');
		},
	);

	test.each(STRAYS)(
		'A link in Image URLs with %s is refused before anything is sent',
		async (_what, change) => {
			const { file } = await chat.store('#585858');
			const before = chat.emulator.requests.length;
			const { error } = await chat.say('Paint', {}, url(change(chat.linkTo(file))));
			expect(error?.message).toMatch(/^A link in 'Image URLs' leads to .* at another address than/);
			expect(JSON.stringify([error?.message, error?.description])).not.toContain('eyJ');
			expect(chat.emulator.requests).toHaveLength(before);
		},
	);

	test('A link without a token of three parts is text like any other', async () => {
		const link = 'https://a.example/rest/binary-data/signed?token=x';
		const history = asHistory([{ role: 'user', content: `Look at ${link}` }]);
		const { body, hints } = await chat.say('Draw', {}, history);
		expect(hints(NODE)).toEqual([]);
		expect((body.messages as IDataObject[])[0]?.content).toBe(`Look at ${link}`);
	});
});

/** Noise, so that no compression makes it small. */
async function largeImage(): Promise<Buffer> {
	const raw = { width: 256, height: 256, channels: 3 as const };
	return await sharp(randomBytes(256 * 256 * 3), { raw })
		.png()
		.toBuffer();
}

/** An n8n at an address of its own that answers as told, by the last part of the token. */
async function serveLinks(answer: (name: string, response: ServerResponse) => void) {
	const visits: string[] = [];
	const { origin, close } = await serve((request, response) => {
		const name = String(request.url).split('.').at(-1) as string;
		visits.push(name);
		answer(name, response);
	});
	const linkTo = (name: string) => `${origin}/rest/binary-data/signed?token=a.b.${name}`;
	return {
		visits,
		close,
		linkTo,
		say: async (...names: string[]) =>
			await chat.say(
				'Draw it again',
				{ instanceUrl: origin },
				asHistory([
					{ role: 'assistant', content: names.map((name) => `![a](${linkTo(name)})`).join(' ') },
				]),
			),
		paint: async (name: string, parameters: INodeParameters = {}) =>
			await chat.say('Paint', { instanceUrl: origin }, { ...url(linkTo(name)), ...parameters }),
	};
}

describe('how an own link answers', () => {
	test.each([
		['small', async () => await imageFile()],
		['large', largeImage],
	])(
		'The file of an own link is sent if it comes without its length and is %s',
		async (_size, make) => {
			const image = await make();
			const n8n = await serveLinks((_name, response) => {
				response.writeHead(200);
				response.write(image.subarray(0, 50));
				response.end(image.subarray(50));
			});
			try {
				const { body, error, hints } = await n8n.say('x');
				expect(error).toBeUndefined();
				expect(hints(NODE)).toEqual([]);
				expect(sentImages(body)).toEqual([expect.stringContaining(sha256(image))]);
				expect(sentImages((await n8n.paint('x')).body)).toEqual(sentImages(body));
			} finally {
				await n8n.close();
			}
		},
	);

	const MISBEHAVES: Array<[string, (image: Buffer, response: ServerResponse) => void]> = [
		[
			'comes compressed',
			(image, response) => {
				const packed = gzipSync(image);
				const headers = { 'Content-Encoding': 'gzip', 'Content-Length': packed.length };
				response.writeHead(200, headers).end(packed);
			},
		],
		[
			'is cut',
			(image, response) => {
				response.writeHead(200, { 'Content-Length': image.length });
				response.write(image.subarray(0, -9), () => setTimeout(() => response.destroy(), 50));
			},
		],
		[
			'is cut without a length',
			(image, response) => {
				response.writeHead(200);
				response.write(image.subarray(0, -9), () => setTimeout(() => response.destroy(), 50));
			},
		],
		[
			'stalls',
			(image, response) => {
				response.writeHead(200, { 'Content-Length': image.length });
				response.write(image.subarray(0, -9));
			},
		],
	];
	const sizes = [imageFile, largeImage] as const;

	test.each(MISBEHAVES)(
		'A file of an own link that %s is left out of a conversation, and refused in Image URLs',
		async (_what, misbehave) => {
			for (const make of sizes) {
				const image = await make();
				const n8n = await serveLinks((_name, response) => misbehave(image, response));
				try {
					const history = asHistory([{ role: 'user', content: n8n.linkTo('x') }]);
					const options = { ...(history.options as IDataObject), timeout: 1 } as INodeParameters;
					const instanceUrl = new URL(n8n.linkTo('x')).origin;
					const { body, error, hints } = await chat.say('Draw', { instanceUrl }, { options });
					expect(error).toBeUndefined();
					expect(hints(NODE)).toEqual([GONE]);
					expect(hints(NODE).join()).not.toMatch(OF_SERVICE);
					expect(sentImages(body)).toEqual([]);
					const before = chat.emulator.requests.length;
					const refusal = await n8n.paint('x', { options: { timeout: 1 } });
					expect(refusal.error?.message).toMatch(
						/^A link in 'Image URLs' leads to a file that does not come whole$/,
					);
					expect(refusal.error?.description).not.toMatch(OF_SERVICE);
					expect(chat.emulator.requests).toHaveLength(before);
				} finally {
					await n8n.close();
				}
			}
		},
		30_000,
	);

	test('A file that is lost before it is sent is told without a word about the service', async () => {
		const image = await largeImage();
		let visits = 0;
		const n8n = await serveLinks((_name, response) => {
			if (visits++ > 0) return void response.destroy();
			response.writeHead(200, { 'Content-Length': image.length }).end(image);
		});
		try {
			const { error } = await n8n.paint('x');
			expect(error?.message).toMatch(/^The file behind a link to this n8n could not be read again/);
			expect(`${error?.message} ${error?.description}`).not.toMatch(OF_SERVICE);
		} finally {
			await n8n.close();
		}
	});

	test('Own links that do not answer share one short deadline, and others are read', async () => {
		const image = await imageFile('png', '#616161');
		const n8n = await serveLinks((name, response) => {
			if (name === 'good') response.writeHead(200, { 'Content-Length': image.length }).end(image);
			else if (name === 'dripping') response.writeHead(200).write('\x89');
		});
		try {
			const began = Date.now();
			const { body, error, hints } = await n8n.say('silent', 'dripping', 'good', 'late', 'never');
			expect(error).toBeUndefined();
			expect(sentImages(body)).toEqual([expect.stringContaining(sha256(image))]);
			expect(hints(NODE)).toEqual([GONE]);
			expect(Date.now() - began).toBeLessThan(16_000);
			// The time is used up, so these are not asked at all.
			expect(n8n.visits.sort()).toEqual(['dripping', 'good', 'silent']);
		} finally {
			await n8n.close();
		}
	}, 60_000);

	test('A link in Image URLs that does not answer is refused within seconds', async () => {
		const n8n = await serveLinks(() => {});
		try {
			const began = Date.now();
			const { error } = await n8n.paint('x');
			expect(error?.message).toMatch(/does not hand out any more$/);
			expect(Date.now() - began).toBeLessThan(16_000);
		} finally {
			await n8n.close();
		}
	}, 60_000);

	test('A file that has begun in time is read as slowly as it comes', async () => {
		const image = await largeImage();
		const n8n = await serveLinks((_name, response) => {
			response.writeHead(200, { 'Content-Length': image.length });
			response.write(image.subarray(0, 5000));
			setTimeout(() => response.end(image.subarray(5000)), 6000);
		});
		try {
			const { body, hints } = await n8n.say('x');
			expect(hints(NODE)).toEqual([]);
			expect(sentImages(body)).toEqual([expect.stringContaining(sha256(image))]);
		} finally {
			await n8n.close();
		}
	}, 60_000);
});

describe('files that get a link', () => {
	const photo = async () => await imageFile('jpeg', '#717171');
	const foreign = async (): Promise<IDataObject> =>
		(await itemWith(chat.engine, { photo: await photo() })).binary!.photo as never;

	type Mode = 'separate' | 'combined';
	const LOOKALIKES: Array<[string, Mode, string, (file: IDataObject) => INodeExecutionData]> = [
		[
			'an object of the JSON',
			'separate',
			'={{ $json.body.photo }}',
			(photo) => ({ json: { body: { photo } } }),
		],
		[
			'an object of _files',
			'separate',
			'={{ $json._files.photo }}',
			(photo) => ({ json: { _files: { photo } } }),
		],
		['a path into the JSON', 'combined', 'body.photo', (photo) => ({ json: { body: { photo } } })],
		[
			'an object of the JSON',
			'combined',
			'={{ $json.body.photo }}',
			(photo) => ({ json: { body: { photo } } }),
		],
	];
	test.each(LOOKALIKES)(
		'A file that is %s gets no link, in %s binary mode (%s)',
		async (_what, binaryMode, binaryPropertyName, itemOf) => {
			const memory = createMemoryNode();
			const file = await foreign();
			const { body, json, error, hints } = await chat.say(
				'Words only: what is this?',
				{ input: [itemOf(file)], binaryMode, memory: memory.node },
				{ imageSource: 'binary', binaryPropertyName },
			);
			expect(error).toBeUndefined();
			expect(sentImages(body)).toEqual([expect.stringContaining(sha256(await photo()))]);
			expect(JSON.stringify(json)).not.toContain('token=');
			expect(hints(NODE)).toEqual([
				expect.stringMatching(/links are made only to files that the item/),
			]);
			const next = await chat.say('Draw it', { memory: memory.node });
			expect(sentImages(next.body)).toEqual([]);
		},
	);

	test.each<[string, string, boolean]>([
		['of an earlier node', "={{ $('Start').item.binary.photo }}", true],
		['of the JSON of an earlier node', "={{ $('Start').item.json.photo }}", false],
	])(
		'A file %s, handed over by an expression, gets a link: %s, %s',
		async (_what, name, isLinked) => {
			const item = await itemWith(chat.engine, { photo: await photo() });
			item.json = { photo: await foreign() };
			const common = { typeVersion: 1, position: [0, 0] as [number, number] };
			const parameters: INodeParameters = {
				operation: 'chat',
				prompt: 'Words only: what is this?',
				imageSource: 'binary',
				binaryPropertyName: name,
			};
			const { output, error } = await chat.engine.run(
				{
					nodes: [
						{
							...common,
							id: 's',
							name: 'Start',
							type: 'n8n-nodes-base.manualTrigger',
							parameters: {},
						},
						{
							...common,
							id: 'e',
							name: 'Bare',
							type: 'n8n-nodes-base.set',
							typeVersion: 3.4,
							parameters: { mode: 'raw', jsonOutput: '{}', options: { stripBinary: true } },
						},
						{
							...common,
							id: 'n',
							name: NODE,
							type: 'n8n-nodes-nexconn.geminiImage',
							parameters,
							credentials: { nexconnApi: { id: '1', name: 'Nexconn account' } },
						},
					],
					connections: {
						Start: { main: [[{ node: 'Bare', type: 'main' as const, index: 0 }]] },
						Bare: { main: [[{ node: NODE, type: 'main' as const, index: 0 }]] },
					},
					settings: { executionOrder: 'v1' },
				},
				{ input: [item], instanceUrl: chat.url },
			);
			expect(error).toBeUndefined();
			expect(output('Bare')[0]?.binary).toBeUndefined();
			expect(sentImages(chat.emulator.requests.at(-1)?.body as IDataObject)).toHaveLength(1);
			expect(JSON.stringify(output(NODE)[0]?.json.messages).includes('token=')).toBe(isLinked);
		},
	);

	const OWN: Array<[string, Mode, string]> = [
		['its field', 'separate', 'photo'],
		['its field', 'combined', 'photo'],
		['its path', 'combined', '_files.photo'],
		['an expression', 'combined', '={{ $json._files.photo }}'],
		['an expression', 'separate', '={{ $input.item.binary.photo }}'],
	];
	test.each(OWN)(
		'A file that the item has gets a link if it is named by %s, in %s binary mode (%s)',
		async (_what, binaryMode, binaryPropertyName) => {
			const item = await itemWith(chat.engine, { photo: await photo() });
			if (binaryMode === 'combined') {
				item.json = { _files: item.binary as never };
				delete item.binary;
			}
			const { json, error, hints } = await chat.say(
				'Words only: what is this?',
				{ input: [item], binaryMode },
				{ imageSource: 'binary', binaryPropertyName },
			);
			expect(error).toBeUndefined();
			expect(hints(NODE)).toEqual([]);
			expect((json.messages as IDataObject[])[0]?.content).toContain('token=');
		},
	);
});
