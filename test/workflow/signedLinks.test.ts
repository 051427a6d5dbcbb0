import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';

import { asHistory, forge, NODE, sentImages, startChat, type Chat } from './chat';
import { imageFile, itemWith, startHarness } from './harness';

let chat: Chat;
beforeAll(async () => {
	chat = await startChat();
});
afterAll(async () => await chat.close());

describe('Image URLs', () => {
	const urls = (...imageUrls: string[]) => ({
		operation: 'imageToImage',
		imageSource: 'url',
		imageUrls,
	});

	test('The field Image URLs reads an own link, and passes another URL on', async () => {
		const { file, hash } = await chat.store('#161616');
		const { body, error } = await chat.say(
			'Paint',
			{},
			urls(chat.linkTo(file), 'https://example.com/a.png'),
		);
		expect(error).toBeUndefined();
		expect(sentImages(body)).toEqual([expect.stringContaining(hash), 'https://example.com/a.png']);
	});

	test('The field Image URLs reads an own link that a comma parts from other addresses', async () => {
		const [red, blue] = [await chat.store('#261616'), await chat.store('#161626')];
		const [first, second] = [chat.linkTo(red.file), chat.linkTo(blue.file)];
		const { body, error } = await chat.say(
			'Paint',
			{},
			urls(`${first}, https://example.com/a.png,${second}`),
		);
		expect(error).toBeUndefined();
		expect(sentImages(body)).toEqual([
			expect.stringContaining(red.hash),
			'https://example.com/a.png',
			expect.stringContaining(blue.hash),
		]);
	});

	test.each([
		[
			'has expired',
			'-1s',
			(link: string) => link,
			/leads to a file that n8n does not hand out any more$/,
		],
		['is forged', '1 day', forge, /was not signed by this n8n$/],
	])(
		'A link in Image URLs that %s is refused before anything is sent',
		async (_what, expiry, change, message) => {
			const { file } = await chat.store('#171717');
			const before = chat.emulator.requests.length;
			const { error } = await chat.say('Paint', {}, urls(change(chat.linkTo(file, expiry))));
			expect(error?.message).toMatch(message);
			expect(error?.message).toMatch(/^A link in 'Image URLs' /);
			expect(chat.emulator.requests).toHaveLength(before);
		},
	);
});

// An n8n that nobody reaches, so that the link is read only if its own address counts as well.
const AWAY = 'http://n8n.invalid';

test.each([
	['the API of n8n', () => ({ restUrl: `${chat.url}/rest`, instanceUrl: AWAY })],
	['n8n itself', () => ({ restUrl: `${AWAY}/rest`, instanceUrl: chat.url })],
])('A link with the address of %s is an own link, if the two differ', async (_where, addresses) => {
	const { file, hash } = await chat.store('#181818');
	const history = asHistory([{ role: 'assistant', content: `![x](${chat.linkTo(file)})` }]);
	const { body, error, hints } = await chat.say('Draw it again', addresses(), history);
	expect(error).toBeUndefined();
	expect(hints(NODE)).toEqual([]);
	expect(sentImages(body)).toEqual([expect.stringContaining(hash)]);
});

describe('what a tool tells an agent', () => {
	test('A tool gives an agent a link to the image unless told otherwise, and says how to show it', async () => {
		const { json } = await chat.say('Draw a fox', { isTool: true }, { operation: 'textToImage' });
		const { url } = json.image as { url: string };
		expect(url).toContain('/rest/binary-data/signed?token=');
		expect(json.howToShow).toContain(`![image.png](${url})`);
		const edited = await chat.say(
			'Paint it',
			{ isTool: true },
			{ operation: 'imageToImage', imageSource: 'url', imageUrls: [url] },
		);
		expect(edited.error).toBeUndefined();
		expect(edited.json.howToShow).toBeDefined();
	});

	test('A tool with Image Link off gives no link, and a node that is no tool gives no advice', async () => {
		const off = { operation: 'textToImage', options: { imageLink: false } };
		const tool = await chat.say('Draw a fox', { isTool: true }, off);
		expect(tool.json.image).not.toHaveProperty('url');
		expect(tool.json).not.toHaveProperty('howToShow');
		const node = await chat.say('Draw a fox', {}, { ...off, options: { imageLink: true } });
		expect(node.json.image).toHaveProperty('url');
		expect(node.json).not.toHaveProperty('howToShow');
	});
});

describe('Image Link', () => {
	const ONLY_HERE = /^The Image Link has an address that only this computer knows.*WEBHOOK_URL/;
	const link = { operation: 'textToImage', options: { imageLink: true } };

	test.each(['textToImage', 'chat'])(
		'A link of %s that leads to this computer alone gets a hint, and one for all gets none',
		async (operation) => {
			const here = await chat.say('Draw a fox', {}, { ...link, operation });
			expect(here.hints(NODE)).toEqual([expect.stringMatching(ONLY_HERE)]);
			const addresses = { instanceUrl: 'https://n8n.example.com' };
			const there = await chat.say('Draw a fox', addresses, { ...link, operation });
			expect(there.hints(NODE)).toEqual([]);
		},
	);

	test('A link to this computer that nobody asked for gets no hint', async () => {
		const { hints, json } = await chat.say('Draw a fox');
		expect(json.output).toContain('/rest/binary-data/signed?token=');
		expect(hints(NODE)).toEqual([]);
	});

	test('The link stands at the top of the JSON, too', async () => {
		const { json } = await chat.say('Draw a fox', {}, link);
		expect(json.url).toBe((json.image as { url: string }).url);
		expect(json.url).toContain('/rest/binary-data/signed?token=');
		const without = await chat.say('Draw a fox', {}, { operation: 'textToImage' });
		expect(without.json).not.toHaveProperty('url');
	});
});

test.each([
	[{}, 24],
	[{ imageLinkHours: 0.5 }, 0.5],
	[{ imageLinkHours: '=72' }, 72],
])('Links with the options %j work for %d hours', async (options, hours) => {
	const { json } = await chat.say('Draw a fox', {}, { options });
	const [, payload = ''] = /token=[\w-]+\.([\w-]+)\./.exec(String(json.output)) ?? [];
	const { iat, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString());
	expect(exp - iat).toBe(hours * 3600);
});

describe('links that n8n fails to sign', () => {
	let signing: jest.SpyInstance;
	beforeEach(() => {
		const service = Container.get(BinaryDataService);
		signing = jest.spyOn(service, 'createSignedToken').mockImplementation(() => {
			throw new Error('No signing secret');
		});
	});
	afterEach(() => signing.mockRestore());

	test('A chat comes out without links if n8n fails to make them, and a hint says so', async () => {
		const { error, item, json, hints } = await chat.say('Draw a fox');
		expect(signing).toHaveBeenCalled();
		expect(error).toBeUndefined();
		expect(item?.binary?.data).toBeDefined();
		expect(json).toMatchObject({ output: '', images: [{ field: 'data' }] });
		expect(hints(NODE)).toEqual([expect.stringMatching(/^The chat cannot show the image: /)]);
	});

	test('A chat about an input file comes out if n8n fails to make a link to the file', async () => {
		const input = [await itemWith(chat.engine, { data: await imageFile() })];
		const { error, json, hints } = await chat.say('Words only: what is this?', { input });
		expect(signing).toHaveBeenCalled();
		expect(error).toBeUndefined();
		expect(json.text).toContain('Words only');
		expect(json.messages).toMatchObject([
			{ role: 'user', content: 'Words only: what is this?' },
			{ role: 'assistant' },
		]);
		expect(hints(NODE)).toHaveLength(1);
	});

	test('Image Link is null if n8n fails to make one, and a hint says so', async () => {
		const { error, item, json, hints } = await chat.say(
			'Draw a fox',
			{},
			{ operation: 'textToImage', options: { imageLink: true } },
		);
		expect(error).toBeUndefined();
		expect(item?.binary?.data).toBeDefined();
		expect(json.image).toMatchObject({ url: null });
		expect(hints(NODE)).toEqual([expect.stringMatching(/^No Image Link: /)]);
	});
});

test('A chat whose files are in memory outputs the text without links, and a hint says why', async () => {
	const inMemory = await startHarness('default');
	try {
		const { output, hints } = await inMemory.run({ operation: 'chat', prompt: 'Draw a fox' });
		expect(output(NODE)[0]?.json).toMatchObject({ output: '', text: '', images: [{}] });
		expect(hints(NODE)).toEqual([
			'The chat cannot show the image: n8n keeps binary data in memory here, and only stored files have links',
		]);
	} finally {
		await inMemory.close();
	}
});
