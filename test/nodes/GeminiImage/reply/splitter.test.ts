import fc from 'fast-check';

import { DamagedImage } from '../../../../nodes/GeminiImage/errors/apiError';
import { SplitError } from '../../../../nodes/GeminiImage/reply/splitter';
import { cut, fill, halves, placeholderOf, png, random, split } from '../../helpers';

let small: Buffer;
let base64: string;
beforeAll(async () => {
	small = await png(16, 16, true);
	base64 = small.toString('base64');
});

const CHUNK = '{"object":"chat.completion.chunk","choices":[{"index":0,"delta":';
/** Replies by shape; the base64 of an image stands for each {{IMAGE}}. */
const REPLIES: Record<string, string> = {
	'a chat completion':
		'{"id":"c1","choices":[{"message":{"content":"Voilà, a cat 🐈","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,{{IMAGE}}"},"index":0}]},"finish_reason":"stop"}]}',
	'an event stream': `: ping\r\n\r\ndata: ${CHUNK}{"reasoning_content":"data: data:image"}}]}\r\n\r\ndata: ${CHUNK}{"images":[{"image_url":{"url":"data:image/png;base64,{{IMAGE}}"}}]}}]}\r\n\r\ndata: [DONE]\r\n\r\n`,
	'an images reply':
		'{"created":1,"data":[{"b64_json":"{{IMAGE}}","index":0}],"output_format":"png"}',
	'b64_json with a data URL': '{"data":[{"b64_json":"data:image/png;base64,{{IMAGE}}"}]}',
	'b64_json with white space': '{"data": [ { "b64_json" : \n "{{IMAGE}}" } ] }',
	'several images':
		'{"images":[{"image_url":{"url":"data:image/png;base64,{{IMAGE}}"}},{"image_url":{"url":"data:image/png;base64,{{IMAGE}}"}}],"data":[{"b64_json":"{{IMAGE}}"}]}',
	'markdown in the content':
		'{"content":"Here:\\n![image](data:image/png;base64,{{IMAGE}})\\nand <img src=\\"data:image/png;base64,{{IMAGE}}\\"> too"}',
	'an escaped slash in the type': '{"url":"data:image\\/png;base64,{{IMAGE}}"}',
	'parameters in the type': '{"url":"data:image/png;charset=utf-8;name=a.png;base64,{{IMAGE}}"}',
	'a data URL in capitals': '{"url":"DATA:IMAGE/PNG;BASE64,{{IMAGE}}"}',
	'a quoted parameter': '{"url":"data:image/png;name=\\"a.png\\";base64,{{IMAGE}}"}',
	'a type that says nothing': '{"url":"data:application/octet-stream;base64,{{IMAGE}}"}',
	'a data URL without a type': '{"url":"data:;base64,{{IMAGE}}"}',
	'a space behind the comma': '{"url":"data:image/png;base64, {{IMAGE}}"}',
	'bare base64 under any key':
		'{"multi_mod_content":[{"text":"A"},{"inline_data":{"mime_type":"image/png","data":"{{IMAGE}}"}}],"image":[{"data":"{{IMAGE}}"}]}',
	'bare base64 in a list': '{"images":["{{IMAGE}}","data:image/png;base64,{{IMAGE}}"]}',
	'bare base64 as a URL': '{"images":[{"url":"{{IMAGE}}"},{"image_url":{"url":"{{IMAGE}}"}}]}',
	'linked markdown': '{"content":"[![t](data:image/png;base64,{{IMAGE}})](https://example.com/)"}',
	HTML: `{"content":"<img src='data:image/png;base64,{{IMAGE}}'>"}`,
	'events of the images endpoint':
		'data: {"type":"image_generation.partial_image","b64_json":"{{IMAGE}}"}\n\ndata: {"type":"image_generation.completed","b64_json":"{{IMAGE}}"}\n\n',
	'a wrong label': '{"url":"data:image/x-unknown.v2+raw;base64,{{IMAGE}}"}',
};

/** Ways to write the same base64 inside a JSON string. */
const SPELLINGS: Record<string, (base64: string) => string> = {
	'as it is': (text) => text,
	'escaped slashes': (text) => text.replaceAll('/', '\\/'),
	'\\u escapes': (text) =>
		text.replaceAll('+', '\\u002b').replaceAll('/', '\\u002F').replaceAll('=', '\\u003d'),
	'escapes of letters': (text) => text.replaceAll('A', '\\u0041'),
	'line feeds': (text) => text.replace(/.{76}/g, '$&\\n'),
	'line breaks of two characters': (text) => text.replace(/.{19}/g, '$&\\r\\n'),
	'a line feed at the end': (text) => `${text}\\n`,
	'URL-safe alphabet': (text) => text.replaceAll('+', '-').replaceAll('/', '_'),
	'no padding': (text) => text.replace(/=+$/, ''),
	'URL-safe without padding': (text) =>
		text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
};

/** The same image with bytes behind its end, so that its base64 ends in 0, 1 or 2 `=`. */
const endings = () => [0, 1, 2].map((more) => Buffer.concat([small, Buffer.alloc(more, 0xfb)]));

async function expectImages(template: string, pieces: Uint8Array[], images: Buffer[]) {
	const { text, images: found, error } = await split(pieces);
	if (error) throw error;
	// White space behind the base64 is not part of it, and stays.
	expect(text.replace(/(<image \d+>)(?:\\[rnt])+(?=")/g, '$1')).toBe(
		fill(
			template,
			images.map((_image, index) => placeholderOf(index)),
		),
	);
	expect(found.map(({ bytes }) => bytes.toString('base64'))).toEqual(
		images.map((image) => image.toString('base64')),
	);
	for (const { type } of found) expect(type.mimeType).toBe('image/png');
}

describe('images in a reply', () => {
	test.each(Object.entries(REPLIES))(
		'The splitter takes the images out of a reply with %s, wherever it is cut in two',
		async (_name, template) => {
			const images = [...template.matchAll(/\{\{IMAGE\}\}/g)].map(() => small);
			const reply = Buffer.from(
				fill(
					template,
					images.map(() => base64),
				),
			);
			for (const pieces of halves(reply)) await expectImages(template, pieces, images);
		},
	);

	test.each(Object.entries(REPLIES))(
		'The splitter takes images of any padding out of a reply with %s, byte by byte',
		async (_name, template) => {
			const images = [...template.matchAll(/\{\{IMAGE\}\}/g)].map((_match, n) => endings()[n % 3]!);
			const reply = fill(
				template,
				images.map((image) => image.toString('base64')),
			);
			await expectImages(template, cut(Buffer.from(reply), 1), images);
		},
	);

	test.each(Object.entries(SPELLINGS))(
		'The splitter decodes base64 in the spelling "%s", wherever it is cut',
		async (_name, spell) => {
			const template = REPLIES['a chat completion']!;
			for (const image of endings()) {
				const reply = Buffer.from(fill(template, [spell(image.toString('base64'))]));
				for (const size of [1, 2, 3, 5, reply.length]) {
					await expectImages(template, cut(reply, size), [image]);
				}
			}
			const reply = Buffer.from(fill(template, [spell(base64)]));
			for (const pieces of halves(reply)) await expectImages(template, pieces, [small]);
		},
	);

	test('The splitter takes an image of more than 200 KB out of an event stream that is cut at random', async () => {
		const image = await png(500, 450, true);
		expect(image.length).toBeGreaterThan(200_000);
		const template = REPLIES['an event stream']!;
		const replies = [SPELLINGS['as it is']!, SPELLINGS['escaped slashes']!].map((spell) =>
			Buffer.from(fill(template, [spell(image.toString('base64'))])),
		);
		const cuts = fc.asyncProperty(
			fc.constantFrom(...replies),
			fc.integer(),
			fc.constantFrom(64, 5_000, 100_000),
			async (reply, seed, longest) => {
				const { upTo } = random(seed);
				await expectImages(
					template,
					cut(reply, () => upTo(longest)),
					[image],
				);
			},
		);
		await fc.assert(cuts, { seed: 20, numRuns: 40 });
	});

	test('The splitter takes an image out right, whatever bytes follow its signature', async () => {
		const template = REPLIES['an images reply']!;
		const spellings = fc.constantFrom(...Object.values(SPELLINGS));
		const anyImage = fc.asyncProperty(
			fc.uint8Array({ minLength: 48, maxLength: 300 }),
			spellings,
			fc.integer({ min: 1, max: 90 }),
			async (tail, spell, size) => {
				const image = Buffer.concat([small.subarray(0, 16), tail]);
				const reply = fill(template, [spell(image.toString('base64'))]);
				await expectImages(template, cut(Buffer.from(reply), size), [image]);
			},
		);
		await fc.assert(anyImage, { seed: 21, numRuns: 300 });
	});
});

describe('base64 that is no image', () => {
	const opaque = random(9).bytes(30_000).toString('base64');
	const reply = (signature: string) =>
		`{"thought_signature":"${signature}","data":[{"b64_json":"${base64}"}],"id":"c1"}`;
	const left = (start: string) =>
		`{"thought_signature":"${start}","data":[{"b64_json":"<image 0>"}],"id":"c1"}`;

	test.each(Object.entries(SPELLINGS))(
		'Base64 that is no image, in the spelling "%s", leaves only its start in the text',
		async (_name, spell) => {
			const bytes = Buffer.from(reply(spell(opaque)));
			for (const size of [1, 100, 5_000, bytes.length]) {
				const { text, images, error } = await split(cut(bytes, size));
				if (error) throw error;
				const start = (JSON.parse(text) as { thought_signature: string }).thought_signature;
				expect(start.length).toBeLessThanOrEqual(35);
				expect(start).toMatch(/^[\w+/-]{32}…\n?$/);
				expect(text.replace(/…\\n/, '…')).toBe(left(start.trim()));
				expect(images.map((image) => image.bytes.equals(small))).toEqual([true]);
			}
		},
	);

	test('Base64 of 40 MB that is no image costs next to no text, and less than 20 MB of memory', async () => {
		const block = random(9)
			.bytes(48 * 1024)
			.toString('base64');
		let most = 0;
		function* pieces() {
			yield Buffer.from('{"thought_signature":"');
			for (let sent = 0; sent < 40_000_000; sent += block.length) {
				yield Buffer.from(block);
				most = Math.max(most, process.memoryUsage().arrayBuffers);
			}
			yield Buffer.from('"}');
		}
		const before = process.memoryUsage().arrayBuffers;
		const { text, images, error } = await split(pieces());
		expect(error).toBeUndefined();
		expect(images).toEqual([]);
		expect(text.length).toBeLessThan(100);
		expect(JSON.parse(text)).toEqual({ thought_signature: `${block.slice(0, 32)}…` });
		expect(most - before).toBeLessThan(20_000_000);
	}, 60_000);

	test.each([
		['a long word', 'a'.repeat(5_000)],
		['a path', 'usr/share/'.repeat(500)],
		['an identifier', opaque.slice(0, 1_000)],
	])('What may be words, such as %s, stays in the text as it is', async (_name, word) => {
		const text = `{"id":"${word}","content":"${word}"}`;
		for (const size of [1, 777, 100_000]) {
			expect((await split(cut(Buffer.from(text), size))).text).toBe(text);
		}
	});

	test.each([
		'A',
		'-',
		'/',
		'\\/',
		'"',
		'base64,',
		'"b',
		'\\n',
		'data:image/png;base64,',
		'\\u0041',
	])('A reply of megabytes of %j is split up to its end, and has no image', async (piece) => {
		const text = piece.repeat(4_000_000 / piece.length);
		const { text: read, images } = await split(cut(Buffer.from(text), 65_536));
		expect(images).toEqual([]);
		expect(read.length).toBeLessThanOrEqual(text.length);
	});
});

/** The image of the two seed documents, as they print it. */
const ELIDED = 'iVBORw0KGgoAAAANSUhEUgAABYAAAAMACAIAAAASU1SbA..........';

type Case = [string, number, string];

describe('a data URL in prose', () => {
	/** An image whose base64 ends in so many `=`; for 0.5, one that is left out. */
	const spelled = (padding: number): [Buffer, string] => {
		const [image] = endings().filter((each) => each.length % 3 === (3 - Math.ceil(padding)) % 3);
		const text = image!.toString('base64');
		return [image!, padding === 0.5 ? text.slice(0, -1) : text];
	};

	test.each<Case>([
		['padded, in the next line', 1, '\\nText'],
		['padded, in the next line of a Windows text', 2, '\\r\\nText'],
		['padded, without a space', 1, '(Text)'],
		...['.', ',', '\\n\\nText', '\\r\\n\\r\\nText', '.\\nText'].flatMap((tail): Case[] => [
			[`padded, then ${tail}`, 2, tail],
			[`without padding, then ${tail}`, 0.5, tail],
			[`of full groups, then ${tail}`, 0, tail],
		]),
	])('A data URL in prose ends where the prose goes on: %s', async (_name, padding, tail) => {
		const [image, spelling] = spelled(padding);
		const template = `{"content":"A data:image/png;base64,{{IMAGE}}${tail}, 猫"}`;
		const reply = Buffer.from(fill(template, [spelling]));
		for (const pieces of [...halves(reply), cut(reply, 1)])
			await expectImages(template, pieces, [image]);
	});
});

describe('what is no image', () => {
	const long = Buffer.from('This is only a text, and quite a long one at that. '.repeat(4));
	test.each([
		['base64 in prose', '{"content":"write data:image/png;base64,iVBORw0KGgo= into the page"}'],
		['the abbreviated sample of the reference', `{"url":"data:image/png;base64,${ELIDED}"}`],
		[
			'a long text with an image label',
			`{"url":"data:image/png;base64,${long.toString('base64')}"}`,
		],
		['a text as b64_json', `{"b64_json":"${long.toString('base64')}"}`],
		['an empty data URL', '{"url":"data:image/png;base64,"}'],
		['an empty b64_json', '{"b64_json":"","url":"https://example.com/cat.png"}'],
		['b64_json that is null', '{"b64_json":null}'],
		['a data URL without base64', '{"url":"data:image/svg+xml,<svg/>"}'],
		[
			'the words that announce an image',
			'{"content":"data:image and \\"b64_json\\" and data:image/png;base64"}',
		],
		['the beginning of such words at its end', 'data:ima'],
		['text of several bytes per character', '{"content":"猫 🐈 data:image/猫;base64,Ü"}'],
	])('A reply with %s has no image and stays as it is', async (_name, reply) => {
		for (const pieces of [...halves(Buffer.from(reply)), cut(Buffer.from(reply), 1)]) {
			expect(await split(pieces)).toEqual({ text: reply, images: [], error: undefined });
		}
	});

	test('An image is found behind the beginnings of data URLs that hold none', async () => {
		const template =
			'{"content":"data:image/png;base64,iVBORw data:image/png;base64,data:image/png;base64,{{IMAGE}}"}';
		const reply = Buffer.from(fill(template, [base64]));
		for (const pieces of halves(reply)) await expectImages(template, pieces, [small]);
	});
});

describe('a damaged image', () => {
	const reply = (data: string) => Buffer.from(`{"data":[{"b64_json":"${data}"}]}`);
	const insert = (at: number, what: string) => base64.slice(0, at) + what + base64.slice(at);

	test.each<[string, () => string]>([
		["'=' in the middle", () => insert(400, '=')],
		["'==' in the middle", () => insert(402, '==')],
		['one character left over', () => `${base64.replace(/=+$/, '')}AAAA`.slice(0, 401)],
		['too much padding', () => `${base64.slice(0, 400)}=`],
		...['A===', 'AAAA====', 'AAAAA===', 'AA==BBBB', 'AAA=A', 'AA=A', 'AA=', 'AAA=='].map(
			(tail): [string, () => string] => [tail, () => base64.slice(0, 400) + tail],
		),
	])('An image whose base64 has %s is an error and never a wrong image', async (_name, make) => {
		for (const pieces of [...halves(reply(make())), cut(reply(make()), 1)]) {
			const { error, images } = await split(pieces);
			expect(error).toBeInstanceOf(DamagedImage);
			expect(images).toEqual([]);
		}
	});

	test.each(['\\t', '\\\\', '%2B', '%3D%3D', '\\f'])(
		'An image whose base64 is broken by %s in prose is an error, and none of it gets into the text',
		async (what) => {
			const prose = Buffer.from(
				`{"content":"A ![](data:image/png;base64,${insert(402, what)}) B"}`,
			);
			for (const pieces of [...halves(prose), cut(prose, 1)]) {
				const { images, error } = await split(pieces);
				expect(error).toBeInstanceOf(DamagedImage);
				expect(images).toEqual([]);
			}
		},
	);

	test('An image whose plus signs became blanks is an error, and none of it gets into the text', async () => {
		const spaced = base64.replaceAll('+', ' ');
		const prose = Buffer.from(`{"content":"A ![](data:image/png;base64,${spaced}) B"}`);
		for (const pieces of [...halves(prose), cut(prose, 1)]) {
			const { images, error } = await split(pieces);
			expect(error).toBeInstanceOf(DamagedImage);
			expect(images).toEqual([]);
		}
	});

	test('An image with words behind a blank is whole, however long they are', async () => {
		const words = ' and here stand WORDS of all kinds 2026 without a full stop'.repeat(4);
		const template = `{"content":"A data:image/png;base64,{{IMAGE}}${words}"}`;
		const prose = Buffer.from(fill(template, [base64]));
		for (const pieces of halves(prose)) await expectImages(template, pieces, [small]);
	});

	test('A reply that ends inside an image gives no image, and an error once it can be told from text', async () => {
		const whole = reply(base64);
		const start = whole.indexOf(base64);
		for (let length = start; length <= start + base64.length; length++) {
			const { error, images, text } = await split(cut(whole.subarray(0, length), 97));
			expect(images).toEqual([]);
			// Too little to tell an image: the JSON that it leaves is cut short, which its reader sees.
			if (length < start + 64) expect(text).toBe(whole.toString('latin1', 0, length));
			else expect(error).toBeInstanceOf(SplitError);
		}
	});

	test('An image before one that is cut off is whole', async () => {
		const { images, error } = await split([reply(base64), reply(base64).subarray(0, 500)]);
		expect(images.map(({ bytes }) => bytes.equals(small))).toEqual([true]);
		expect(error).toBeInstanceOf(SplitError);
	});
});
