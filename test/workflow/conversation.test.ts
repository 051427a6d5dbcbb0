import { rmSync } from 'node:fs';
import type { IBinaryData, IDataObject } from 'n8n-workflow';

import { createMemoryNode } from '../engine/memoryNode';
import { serve } from '../server';
import { asHistory, forge, NODE, sentImages, sha256, startChat, type Chat } from './chat';
import { itemWith, imageFile } from './harness';

const GONE = expect.stringMatching(/^An image of the conversation is missing: /);
const FORGED = expect.stringMatching(/^A link in the conversation was not signed by this n8n/);

/** The start of an image, in base64. */
const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1').toString('base64');

let chat: Chat;
beforeAll(async () => {
	chat = await startChat();
});
afterAll(async () => await chat.close());

const storeText = async (name: string) =>
	await chat.engine.store(Buffer.from('text'), name, 'text/plain');
/** Chat History whose newest message shows a file. */
const showing = (...files: IBinaryData[]) =>
	asHistory([
		{ role: 'assistant', content: files.map((file) => `![a](${chat.linkTo(file)})`).join(' ') },
	]);

test('Parts of earlier messages that are plain texts are sent as text, without the own links in them', async () => {
	const { file, hash } = await chat.store('#225577');
	const link = chat.linkTo(file);
	const { body, json } = await chat.say(
		'Draw it again',
		{},
		asHistory([
			{ role: 'user', content: ['Hi', { type: 'text', text: 'there' }] },
			{ role: 'assistant', content: ['Here:', `![a](${link})`] },
		]),
	);
	const text = (words: string) => ({ type: 'text', text: words });
	expect((body.messages as IDataObject[]).slice(0, 2)).toEqual([
		{ role: 'user', content: [text('Hi'), text('there')] },
		{ role: 'assistant', content: [text('Here:')] },
	]);
	expect(sentImages(body)).toEqual([expect.stringContaining(hash)]);
	expect((json.messages as IDataObject[]).slice(0, 2)).toEqual([
		{ role: 'user', content: 'Hi\n\nthere' },
		{ role: 'assistant', content: `Here:\n\n![a](${link})` },
	]);
});

describe('Image Source Automatic', () => {
	test.each(['separate', 'combined'] as const)(
		'An uploaded image is sent with its own turn and with the next one, in %s binary mode',
		async (binaryMode) => {
			const memory = createMemoryNode();
			await chat.say('Draw a fox', { memory: memory.node });
			const photo = await imageFile('jpeg', '#336699');
			const input = [await itemWith(chat.engine, { file_0: photo })];
			input[0]!.binary!.note = await storeText('note.txt');
			if (binaryMode === 'combined') input[0]!.json = { _files: input[0]!.binary as never };
			if (binaryMode === 'combined') delete input[0]!.binary;
			const { body, json } = await chat.say('Words only: what is this?', {
				memory: memory.node,
				input,
				binaryMode,
			});
			expect(sentImages(body)).toEqual([expect.stringContaining(sha256(photo))]);
			const [, , user] = json.messages as IDataObject[];
			expect(user?.content).toMatch(/^Words only: what is this\?\n\n!\[file_0\.png\]\(http/);

			const next = await chat.say('Draw it in red', { memory: memory.node });
			expect(sentImages(next.body)).toEqual([expect.stringContaining(sha256(photo))]);
		},
	);

	test('The messages of a chat hold 100 characters of a long file name, with blanks for markup', async () => {
		const photo = await imageFile('jpeg', '#446688');
		const name = ` [1]\\2\r\n\t]3[ ${'x'.repeat(300)}.jpg`;
		const file = await chat.engine.store(photo, name, 'image/jpeg');
		const input = [{ json: {}, binary: { data: file } }];
		const { json } = await chat.say('Words only: what is this?', { input });
		const [user] = json.messages as IDataObject[];
		const [, alt] = /^Words only: what is this\?\n\n!\[(.*)\]\(http[^()]+\)$/s.exec(
			String(user?.content),
		)!;
		// It is cut first, so the markup counts towards the 100.
		expect(alt).toBe(`1 2 3 ${'x'.repeat(100 - name.indexOf('x'))}`);

		const next = await chat.say('Draw it', {}, asHistory(json.messages as IDataObject[]));
		expect(sentImages(next.body)).toEqual([expect.stringContaining(sha256(photo))]);
	});

	test.each([[7], [true], [null], [['a.png']], [{ name: 'a.png' }], [{ toString: 1 }]])(
		'A chat about a file whose name is %j comes out, and the next turn finds the image',
		async (fileName) => {
			const photo = await imageFile('jpeg', '#664422');
			const file = await chat.engine.store(photo, 'photo.jpg', 'image/jpeg');
			const input = [{ json: {}, binary: { data: { ...file, fileName: fileName as never } } }];
			const { error, json } = await chat.say('Words only: what is this?', { input });
			expect(error).toBeUndefined();
			expect(json.text).toContain('Words only');
			const [user] = json.messages as IDataObject[];
			expect(user?.content).toMatch(/^Words only: what is this\?\n\n!\[[^[\]]+\]\(http[^()]+\)$/);

			const next = await chat.say('Draw it', {}, asHistory(json.messages as IDataObject[]));
			expect(sentImages(next.body)).toEqual([expect.stringContaining(sha256(photo))]);
		},
	);

	test('A file that is passed over is not replaced by an older image of the conversation', async () => {
		const { file } = await chat.store('#313131');
		const input = [{ json: {}, binary: { data0: await storeText('notes.txt') } }];
		const { error, body, hints } = await chat.say('Draw it again', { input }, showing(file));
		expect(error).toBeUndefined();
		expect(sentImages(body)).toEqual([]);
		expect(hints(NODE)).toEqual([
			expect.stringMatching(/^Not sent, as they are no images: .*data0 \(notes\.txt\)/),
		]);
	});

	test.each([
		['its type', { data: PNG }],
		['its content', { fileName: 'photo.png' }],
	])(
		'A file that lacks %s is not replaced by an older image of the conversation',
		async (_what, data) => {
			const { file, hash } = await chat.store('#333333');
			const input = [{ json: {}, binary: { data: data as never } }];
			const { body } = await chat.say('Draw it again', { input }, showing(file));
			expect(JSON.stringify(sentImages(body))).not.toContain(hash);
		},
	);

	test('An upload that is no image is refused, and no older image is sent in its place', async () => {
		const { file } = await chat.store('#323232');
		const page = Buffer.from('<!doctype html><title>Sign in</title>');
		const input = [await itemWith(chat.engine, { data: page })];
		const before = chat.emulator.requests.length;
		const { error } = await chat.say('Draw it again', { input }, showing(file));
		expect(error?.message).toBe(
			"The file of 'data' (image/png) is a web page, not an image that the models take",
		);
		expect(chat.emulator.requests).toHaveLength(before);
	});

	test('An uploaded image that n8n moves when the execution ends is found in the next turn', async () => {
		const memory = createMemoryNode();
		const photo = await imageFile('jpeg', '#224466');
		const file = await chat.engine.store(photo, 'photo.jpg', 'image/jpeg', 'temp');
		const first = await chat.say('Words only: what is this?', {
			memory: memory.node,
			input: [{ json: {}, binary: { data: file } }],
		});
		expect(first.error).toBeUndefined();
		rmSync(chat.engine.pathOf(file));
		const { body, hints } = await chat.say('Draw it in red', { memory: memory.node });
		expect(hints(NODE)).toEqual([]);
		expect(sentImages(body)).toEqual([expect.stringContaining(sha256(photo))]);
	});

	test('A chat sends all images of the last message in Chat History that has some', async () => {
		const [old, red, blue] = await Promise.all(['#111111', '#ff0000', '#0000ff'].map(chat.store));
		const show = ({ file }: { file: IBinaryData }) => `![a](${chat.linkTo(file)})`;
		const { body, error } = await chat.say(
			'Draw both',
			{},
			asHistory([
				{ role: 'assistant', content: `Old ${show(old!)}` },
				{
					role: 'assistant',
					content: `Two: ${show(red!)} and [![b](${chat.linkTo(blue!.file)})](x)`,
				},
				{ role: 'user', content: 'Nice' },
			]),
		);
		expect(error).toBeUndefined();
		expect(sentImages(body)).toEqual([
			expect.stringContaining(red!.hash),
			expect.stringContaining(blue!.hash),
		]);
		expect((body.messages as IDataObject[]).slice(0, 3)).toEqual([
			{ role: 'assistant', content: 'Old' },
			{ role: 'assistant', content: 'Two:  and' },
			{ role: 'user', content: 'Nice' },
		]);
	});

	test('An own link in a content part is read, and images of assistant messages are not sent', async () => {
		const { file, hash } = await chat.store('#00ff00');
		const data = `data:image/png;base64,${(await imageFile()).toString('base64')}`;
		const image = (url: string) => ({ type: 'image_url', image_url: { url } });
		const text = { type: 'text', text: 'Look' };
		const { body, error } = await chat.say(
			'Draw it again',
			{},
			asHistory([
				{ role: 'user', content: [text, image(data), image(chat.linkTo(file))] },
				{ role: 'assistant', content: [text, image(data)], images: [image(data)] },
			]),
		);
		expect(error).toBeUndefined();
		expect(sentImages(body)).toEqual([expect.stringContaining(hash)]);
		expect((body.messages as IDataObject[]).slice(0, 2)).toEqual([
			{ role: 'user', content: [text, image(expect.stringMatching(/^data:image\/png/) as never)] },
			{ role: 'assistant', content: [text] },
		]);
	});

	test.each([
		['a data URL', `data:image/png;base64,${PNG}`],
		['an address', 'https://example.com/house.png'],
	])(
		'An image in a part of a newer message that is %s is the newest, and no older one goes along with the turn',
		async (_what, url) => {
			const { file } = await chat.store('#00ff11');
			const part = { type: 'image_url', image_url: { url } };
			const { body } = await chat.say(
				'Draw it again',
				{},
				asHistory([
					{ role: 'assistant', content: `Old ![a](${chat.linkTo(file)})` },
					{ role: 'user', content: [{ type: 'text', text: 'My house' }, part] },
					{ role: 'assistant', content: 'Nice' },
				]),
			);
			expect(sentImages(body)).toEqual([]);
			expect(JSON.stringify((body.messages as IDataObject[])[1])).toContain('image_url');
		},
	);

	test('A chat sends no more earlier images than the model takes, and a hint says so', async () => {
		const stored = await Promise.all(['#111', '#222', '#333', '#444'].map(chat.store));
		const content = stored.map(({ file }) => `![](${chat.linkTo(file)})`).join(' ');
		const { body, hints } = await chat.say(
			'Draw them',
			{},
			asHistory([{ role: 'assistant', content }]),
		);
		expect(sentImages(body)).toHaveLength(3);
		expect(hints(NODE)).toEqual([expect.stringMatching(/^The model takes 3 images at most/)]);
	});

	test('A request that is retried sends the earlier image again', async () => {
		const { file, hash } = await chat.store('#abcdef');
		const history = asHistory([{ role: 'assistant', content: `![](${chat.linkTo(file)})` }]);
		const { body, error } = await chat.say('Draw it again', { profile: 'busy-1-anew' }, history);
		expect(error).toBeUndefined();
		expect(sentImages(body)).toEqual([expect.stringContaining(hash)]);
	});
});

describe('a newest image that cannot be sent', () => {
	const storeGif = async () =>
		await chat.engine.store(await imageFile('gif'), 'moving.gif', 'image/gif');
	const afterOlder = (older: IBinaryData, newest: string) =>
		asHistory([
			{ role: 'assistant', content: `Old ![a](${chat.linkTo(older)})` },
			{ role: 'user', content: `New ${newest}` },
			{ role: 'assistant', content: 'Nice' },
		]);

	test('A chat whose newest image is a GIF goes on without an image, and a hint says so', async () => {
		const { file } = await chat.store('#414141');
		const newest = `![b](${chat.linkTo(await storeGif())})`;
		const { error, body, item, hints } = await chat.say('Draw', {}, afterOlder(file, newest));
		expect(error).toBeUndefined();
		expect(item?.binary?.data).toBeDefined();
		expect(sentImages(body)).toEqual([]);
		expect(hints(NODE)).toEqual([expect.stringMatching(/\bgif\b/i)]);
	});

	test('A GIF of the newest message does not keep the other images of that message from being sent', async () => {
		const { file, hash } = await chat.store('#424242');
		const { error, body, hints } = await chat.say('Draw', {}, showing(await storeGif(), file));
		expect(error).toBeUndefined();
		expect(sentImages(body)).toEqual([expect.stringContaining(hash)]);
		expect(hints(NODE)).toEqual([expect.stringMatching(/\bgif\b/i)]);
	});

	test('A model of which nothing is known gets the GIF of the conversation', async () => {
		const { body, hints } = await chat.say(
			'Draw',
			{},
			{
				...showing(await storeGif()),
				model: { __rl: true, mode: 'id', value: 'gemini-9-image' },
			},
		);
		expect(sentImages(body)).toEqual([expect.stringContaining('data:image/gif;base64,')]);
		expect(hints(NODE)).toEqual([]);
	});

	test('A GIF that is uploaded is refused, as somebody has just chosen it', async () => {
		const before = chat.emulator.requests.length;
		const input = [{ json: {}, binary: { data: await storeGif() } }];
		const { error } = await chat.say('Draw it', { input });
		expect(error?.message).toMatch(/^The image of 'data' is image\/gif, which .* does not take/);
		expect(chat.emulator.requests).toHaveLength(before);
	});

	test.each([
		['at its first byte', 0],
		['in its signature', 5],
		['in its first pixels', 60],
	])(
		'A chat goes on if the connection to its newest image breaks %s, and no older image is sent',
		async (_where, bytes) => {
			const image = await imageFile();
			const visits: string[] = [];
			const broken = await serve((request, response) => {
				visits.push(request.url ?? '');
				response.writeHead(200, { 'Content-Length': image.length }).flushHeaders();
				response.write(image.subarray(0, bytes), () => setTimeout(() => response.destroy(), 50));
			});
			try {
				const links = ['older', 'newest'].map(
					(name) => `${broken.origin}/rest/binary-data/signed?token=a.b.${name}`,
				);
				const { error, body, item, hints } = await chat.say(
					'Draw it again',
					{ instanceUrl: broken.origin },
					asHistory(links.map((link) => ({ role: 'assistant', content: `It is ![a](${link})` }))),
				);
				expect(error).toBeUndefined();
				expect(item?.binary?.data).toBeDefined();
				expect(sentImages(body)).toEqual([]);
				expect(hints(NODE)).toEqual([GONE]);
				expect(visits.every((url) => url.endsWith('newest'))).toBe(true);
			} finally {
				await broken.close();
			}
		},
	);
});

describe('links that lead to no image', () => {
	async function sayAfter(link: string, role = 'assistant') {
		chat.asked.length = 0;
		return await chat.say(
			'Draw it again',
			{},
			asHistory([{ role, content: `It is ![x](${link})` }]),
		);
	}

	test('An own link that has expired gives no image, and a hint says so', async () => {
		const { file } = await chat.store('#121212');
		const { error, body, hints } = await sayAfter(chat.linkTo(file, '-1s'));
		expect(error).toBeUndefined();
		expect(sentImages(body)).toEqual([]);
		expect(hints(NODE)).toEqual([GONE]);
	});

	test('An own link to a file that n8n has deleted is not sent to the model, and a hint says so', async () => {
		const { file } = await chat.store('#131313');
		rmSync(chat.engine.pathOf(file));
		rmSync(`${chat.engine.pathOf(file)}.metadata`, { force: true });
		const { error, hints, body } = await sayAfter(chat.linkTo(file));
		expect(error).toBeUndefined();
		expect(hints(NODE)).toEqual([GONE]);
		expect(JSON.stringify(body)).not.toContain('token=');
	});

	test('A link that n8n has not signed gives way to the image before it, and a hint says so', async () => {
		const { file, hash } = await chat.store('#141414');
		const forged = forge(chat.linkTo(file));
		const { body, hints } = await chat.say(
			'Draw it again',
			{},
			asHistory([
				{ role: 'assistant', content: `![x](${chat.linkTo(file)})` },
				{ role: 'user', content: `Look at ${forged}, please` },
			]),
		);
		expect(hints(NODE)).toEqual([FORGED]);
		expect(sentImages(body)).toEqual([expect.stringContaining(hash)]);
	});

	const forty = Array.from({ length: 40 }, (_each, index) => index);

	test('No more than 32 links of a message are tried if their files are gone', async () => {
		const { file } = await chat.store('#191919');
		const links = forty.map((index) => chat.linkTo(file, `-${index + 1}s`));
		const { error, body, hints } = await sayAfter(links.join(' '));
		expect(error).toBeUndefined();
		expect(chat.asked).toHaveLength(32);
		expect(hints(NODE)).toEqual([GONE]);
		expect(sentImages(body)).toEqual([]);
		expect(JSON.stringify(body)).not.toContain('token=');
	});

	test('No more than 32 links of a conversation are tried if they are forged', async () => {
		const { file } = await chat.store('#202020');
		const links = forty.map((index) => forge(chat.linkTo(file, `${index + 1} days`)));
		chat.asked.length = 0;
		const { error, hints } = await chat.say(
			'Draw it again',
			{},
			asHistory(
				[links.slice(0, 20), links.slice(20)].map((some) => ({
					role: 'user',
					content: some.join(' '),
				})),
			),
		);
		expect(error).toBeUndefined();
		expect(chat.asked).toHaveLength(32);
		expect(new Set(chat.asked).size).toBe(32);
		expect(hints(NODE)).toEqual([FORGED]);
	});

	test('An own link to a file that is no image does not fail the chat, and a hint says so', async () => {
		const file = await chat.engine.store(Buffer.from('words'), 'a.txt', 'text/plain');
		const { error, hints } = await sayAfter(chat.linkTo(file));
		expect(error).toBeUndefined();
		expect(hints(NODE)).toEqual([GONE]);
	});

	test.each([
		['another path', (link: string) => link.replace('/signed', '/unsigned')],
		['a malformed token', (link: string) => link.replace(/token=.*/, 'token=x')],
	])(
		'A link with %s is not an own link: it stays text and is not fetched',
		async (_what, change) => {
			const { file } = await chat.store('#151515');
			const link = change(chat.linkTo(file));
			const { body, error, hints } = await sayAfter(link);
			expect(error).toBeUndefined();
			expect(chat.asked).toEqual([]);
			expect(hints(NODE)).toEqual([]);
			expect((body.messages as IDataObject[])[0]?.content).toBe(`It is ![x](${link})`);
		},
	);
});
