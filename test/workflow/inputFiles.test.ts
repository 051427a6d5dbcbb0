import { createHash, randomBytes } from 'node:crypto';
import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';
import type { IBinaryData, IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import sharp from 'sharp';

import { itemWith, imageFile, startHarness, type Harness } from './harness';
import { expectRefusal, FLASH_31, model, PRO, tryItem } from './refusal';

const FIELD = 'Input Data Field Name';
const edit: INodeParameters = {
	operation: 'imageToImage',
	prompt: 'Make it blue',
	imageSource: 'binary',
};
const talk: INodeParameters = { operation: 'chat', imageSource: 'auto' };
/** The ways to choose the file in the field `data`. */
const WAYS: Record<string, INodeParameters> = {
	'named in Input Data Field Name': { ...edit, imageSource: 'binary', binaryPropertyName: 'data' },
	'one of the field name *': { ...edit, imageSource: 'binary', binaryPropertyName: '*' },
	'attached to a chat': talk,
};
const PDF = '%PDF-1.7\n1 0 obj';

let harness: Harness;
beforeAll(async () => {
	harness = await startHarness();
});
afterEach(() => harness.engine.clear());
afterAll(async () => await harness.close());

const run = async (parameters: INodeParameters, input?: INodeExecutionData) =>
	await tryItem(harness, parameters, input);
const refused = async (field: string, parameters: INodeParameters, input?: INodeExecutionData) =>
	await expectRefusal(harness, field, parameters, input);

const withFile = async (bytes: Buffer) => await itemWith(harness.engine, { data: bytes });

describe('files', () => {
	test.each<[string, string, RegExp]>([
		['a missing field', 'photo', /^The item has no binary field 'photo'$/],
		['a name that all objects have', 'constructor', /^The item has no binary field 'constructor'$/],
		[
			'another name that all objects have',
			'__proto__',
			/^The item has no binary field '__proto__'$/,
		],
		['commas alone', ', ,', /^'Input Data Field Name' got no value$/],
		[
			'several fields of which one is missing',
			'data, photo',
			/^The item has no binary field 'photo'$/,
		],
		[
			'an expression that gives nothing',
			'={{ undefined }}',
			/^'Input Data Field Name' got no value$/,
		],
		['an empty field name', '={{ "" }}', /^'Input Data Field Name' got no value$/],
		['an object', '={{ { a: 1 } }}', /^'Input Data Field Name' got an object$/],
		['a number', '={{ 7 }}', /^'Input Data Field Name' got a number$/],
		['a list of objects', '={{ [{ a: 1 }] }}', /^'Input Data Field Name' got an object$/],
	])(
		'Input Data Field Name refuses %s and tells which fields there are',
		async (_what, binaryPropertyName, expected) => {
			const input = await withFile(await imageFile());
			const { message, description } = await refused(FIELD, { ...edit, binaryPropertyName }, input);
			expect(message).toMatch(expected);
			expect(description).toContain("The item's binary fields are: data.");
		},
	);

	test('An item without files is refused, and the error says that it has none', async () => {
		const { message, description } = await refused(FIELD, edit);
		expect(message).toBe("The item has no binary field 'data'");
		expect(description).toContain('The item has no files.');
		const all = await refused(FIELD, { ...edit, binaryPropertyName: '*' });
		expect(all.message).toBe('The item has no image in its binary fields');
	});

	test('The field name * refuses an item whose only file is no image, and names that file', async () => {
		const data = await harness.engine.store(Buffer.from(PDF), 'notes.pdf', 'application/pdf');
		const input = { json: {}, binary: { data } };
		const all = await refused(FIELD, { ...edit, binaryPropertyName: '*' }, input);
		expect(all.message).toBe('The item has no image in its binary fields');
		expect(all.description).toContain('data');
	});

	test('An empty image file is refused, however it is chosen', async () => {
		const input = await withFile(Buffer.alloc(0));
		for (const parameters of Object.values(WAYS)) {
			const { message } = await refused(FIELD, parameters, input);
			expect(message).toBe("The file of 'data' is empty");
		}
	});

	test.each<[string, () => Promise<Buffer>]>([
		['half a PNG', async () => half(await imageFile('png'))],
		['half a JPEG', async () => half(await imageFile('jpeg'))],
		['half a WebP', async () => half(await imageFile('webp'))],
		['a PNG signature alone', async () => (await imageFile()).subarray(0, 8)],
		// As Samsung's panoramas are.
		['a JPEG without its end mark', async () => (await imageFile('jpeg')).subarray(0, -2)],
	])(
		'An input image that is %s is sent as it is, for the service to judge',
		async (_what, make) => {
			const bytes = await make();
			const { requests } = await run(edit, await withFile(bytes));
			expect(JSON.stringify(requests[0]?.body)).toContain(trace(bytes));
		},
	);

	test.each([' * ', '={{ ["*"] }}', 'data,', ' , data'])(
		'Input Data Field Name takes %j, and the image is sent',
		async (binaryPropertyName) => {
			const bytes = await imageFile();
			const { requests } = await run({ ...edit, binaryPropertyName }, await withFile(bytes));
			expect(JSON.stringify(requests[0]?.body)).toContain(trace(bytes));
		},
	);

	test('The field name * passes over an empty text file, but refuses an empty image file', async () => {
		const bytes = await imageFile();
		const item = await withFile(bytes);
		const all = { ...edit, binaryPropertyName: '*' };
		item.binary!.notes = await harness.engine.store(Buffer.alloc(0), 'notes.txt', 'text/plain');
		const { requests } = await run(all, item);
		expect(JSON.stringify(requests[0]?.body)).toContain(trace(bytes));
		item.binary!.scan = await harness.engine.store(Buffer.alloc(0), 'scan.png', 'image/png');
		expect((await refused(FIELD, all, item)).message).toBe("The file of 'scan' is empty");
	});

	test('The JSON field _files gives no files outside combined binary mode', async () => {
		const { binary } = await withFile(await imageFile());
		const input = { json: { _files: binary as never } };
		expect((await refused(FIELD, edit, input)).message).toBe("The item has no binary field 'data'");
	});

	test('A JPEG with fill bytes before a marker is sent as it is', async () => {
		const jpeg = await imageFile('jpeg');
		const fill = Buffer.from([0xff, 0xff]);
		const bytes = Buffer.concat([jpeg.subarray(0, 2), fill, jpeg.subarray(2)]);
		const { requests } = await run(edit, await withFile(bytes));
		expect(JSON.stringify(requests[0]?.body)).toContain(trace(bytes));
	});

	test('A JPEG with more bytes behind its end is sent as it is', async () => {
		const bytes = Buffer.concat([await imageFile('jpeg'), Buffer.from('appended by a camera')]);
		const { item, requests } = await run(edit, await withFile(bytes));
		expect(item?.json.error).toBeUndefined();
		expect(JSON.stringify(requests[0]?.body)).toContain(trace(bytes));
	});
});

describe('image files that are none', () => {
	const PAGE = '<!DOCTYPE html>\n<html lang="en"><head><title>Sign in</title></head></html>';
	const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
	const XML = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n';
	const DOCTYPE =
		'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n';
	const DAMAGED = 'damaged at its start or of an unknown kind';
	const MEDIA = 'a video or sound file';
	const ICO = Buffer.from('00000100010010100000010020006804000016000000', 'hex');
	const PSD = Buffer.from('8BPS\0\x01\0\0\0\0\0\0\0\x03\0\0\0\x10\0\0\0\x10', 'latin1');
	const latin1 = (text: string) =>
		Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(99, 0xe5)]);

	test.each<[string, string, string | Buffer | (() => Promise<Buffer>)]>([
		['a web page', 'a sign-in page', PAGE],
		['a web page', 'a page without a doctype', '<HTML><body>Not found</body></HTML>'],
		['a web page', 'a page behind a byte order mark and blanks', `\uFEFF \r\n\t${PAGE}`],
		['a web page', 'a page behind comments', `<!-- saved -->\n<!-- as ${SVG} -->\n${PAGE}`],
		[
			'a web page',
			'a page with a drawing in it',
			`<!doctype html><html><body>${SVG}</body></html>`,
		],
		['an SVG', 'a drawing', SVG],
		['an SVG', 'a drawing behind an XML declaration', XML + SVG],
		['an SVG', 'a drawing behind a doctype', XML + DOCTYPE + SVG],
		['an SVG', 'a drawing behind a comment', `${XML}<!-- Saved from a <html> page -->\n${SVG}`],
		['an SVG', 'a drawing behind a byte order mark', `\uFEFF${SVG}`],
		['an icon (ICO)', 'an icon', ICO],
		['a Photoshop file (PSD)', 'a Photoshop file', PSD],
		['a PDF', 'a PDF', PDF],
		['a ZIP archive', 'an archive', latin1('PK\x03\x04\x14\0\0\0\x08\0')],
		['a text', 'a text', 'hello'],
		['a text', 'a text in other languages', 'Grüße, 你好 🦊\n'],
		['a text', 'an error of an API', '{"error":{"message":"Not found"}}'],
		[MEDIA, 'an MP4', latin1('\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41')],
		[MEDIA, 'an MP3 with tags', latin1('ID3\x03\0\0\0\0\0\x21TIT2')],
		[MEDIA, 'an MP3 without tags', latin1('\xff\xfb\x90\x64\0\0\0\0')],
		[MEDIA, 'a WebM', latin1('\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01')],
		[DAMAGED, 'a JPEG without its first marker', async () => (await imageFile('jpeg')).subarray(2)],
		[DAMAGED, 'the end of a JPEG', async () => (await imageFile('jpeg')).subarray(100)],
		[DAMAGED, 'a PNG without its first byte', async () => (await imageFile()).subarray(1)],
		[
			DAMAGED,
			'a PNG that was transferred as text',
			async () =>
				Buffer.from((await imageFile()).toString('latin1').replace('\r\n', '\n'), 'latin1'),
		],
		[DAMAGED, 'a file of zeros', Buffer.alloc(2000)],
	])(
		'An image file is refused as %s if it is %s, and nothing is sent',
		async (what, _example, content) => {
			const bytes = typeof content === 'function' ? await content() : Buffer.from(content);
			const input = await withFile(bytes);
			for (const [way, parameters] of Object.entries(WAYS)) {
				const { message } = await refused(FIELD, parameters, input);
				expect([way, message]).toEqual([
					way,
					`The file of 'data' (image/png) is ${what}, not an image that the models take`,
				]);
			}
		},
	);

	test.each([
		['image/svg+xml', 'an SVG', Buffer.from(SVG)],
		['image/x-icon', 'an icon (ICO)', ICO],
		['image/vnd.adobe.photoshop', 'a Photoshop file (PSD)', PSD],
	])('A file of the type %s is refused as %s', async (mimeType, what, bytes) => {
		const data = await harness.engine.store(bytes, 'drawing', mimeType);
		for (const parameters of Object.values(WAYS)) {
			const { message } = await refused(FIELD, parameters, { json: {}, binary: { data } });
			expect(message).toBe(
				`The file of 'data' (${mimeType}) is ${what}, not an image that the models take`,
			);
		}
	});

	test('An image file that is none is refused beside a good image, too', async () => {
		const input = await itemWith(harness.engine, { a: await imageFile(), b: Buffer.from(PAGE) });
		const all = { ...edit, imageSource: 'binary', binaryPropertyName: '*' };
		for (const parameters of [talk, all]) {
			const { message } = await refused(FIELD, parameters, input);
			expect(message).toMatch(/^The file of 'b' \(image\/png\) is a web page, /);
		}
	});

	test('A file whose label is no image type but for a blank before it is refused, however it is chosen', async () => {
		const data = await harness.engine.store(Buffer.from(PAGE), 'photo.png', ' image/png');
		for (const parameters of Object.values(WAYS)) {
			const { message } = await refused(FIELD, parameters, { json: {}, binary: { data } });
			expect(message).toMatch(/is a web page, not an image that the models take$/);
		}
	});

	test('A file of another type that is named is refused for what it is', async () => {
		const data = await harness.engine.store(Buffer.from(PDF), 'notes.pdf', 'application/pdf');
		const named = WAYS['named in Input Data Field Name']!;
		const { message } = await refused(FIELD, named, { json: {}, binary: { data } });
		expect(message).toBe(
			"The file of 'data' (application/pdf) is a PDF, not an image that the models take",
		);
	});
});

describe('files of other types', () => {
	const NOT_SENT = /^Not sent, as they are no images: /;
	const all: INodeParameters = { ...edit, imageSource: 'binary', binaryPropertyName: '*' };
	const TAKERS: Array<[string, INodeParameters]> = [
		['a chat', talk],
		['the field name *', all],
	];

	/** An item with a PDF and a table, whose names hold `name`, and with images behind them. */
	async function withOthers(name: string, images: Record<string, Buffer> = {}) {
		const { store } = harness.engine;
		const { binary } = await itemWith(harness.engine, images);
		const data0 = await store(Buffer.from(PDF), `${name}.pdf`, 'application/pdf');
		const data1 = await store(Buffer.from('a;b\n1;2\n'), `${name}.csv`, 'text/csv');
		return { json: {}, binary: { data0, data1, ...binary } };
	}

	test.each(TAKERS)(
		'Files that are no images are passed over by %s, and one hint names them all',
		async (_taker, parameters) => {
			const bytes = await imageFile();
			const { item, requests, hints } = await run(
				parameters,
				await withOthers('notes', { photo: bytes }),
			);
			expect(item?.json.error).toBeUndefined();
			expect(JSON.stringify(requests[0]?.body)).toContain(trace(bytes));
			expect(hints).toEqual([expect.stringMatching(NOT_SENT)]);
			expect(hints[0]).toContain('data0 (notes.pdf)');
			expect(hints[0]).toContain('data1 (notes.csv)');
			expect(hints[0]).not.toContain('photo');
		},
	);

	test('The files that are passed over are told by one hint for each item', async () => {
		const photo = await imageFile();
		const input = [await withOthers('notes', { photo }), await withOthers('plans', { photo })];
		const { error, hints } = await harness.run({ ...talk, prompt: 'A fox' }, { input });
		expect(error).toBeUndefined();
		const told = hints('Gemini Image').filter((hint) => NOT_SENT.test(hint));
		expect(told.sort()).toEqual(
			['notes', 'plans'].map((name) =>
				expect.stringMatching(
					new RegExp(`: data0 \\(${name}\\.pdf\\), data1 \\(${name}\\.csv\\)$`),
				),
			),
		);
	});

	test('A hint on files that are passed over names twenty of them', async () => {
		const data = await harness.engine.store(Buffer.from(PDF), 'notes.pdf', 'application/pdf');
		const binary = Object.fromEntries(Array.from({ length: 1200 }, (_, at) => [`data${at}`, data]));
		const { hints } = await run(talk, { json: {}, binary });
		expect(hints).toEqual([expect.stringMatching(NOT_SENT)]);
		expect(hints[0]).toMatch(/data19 \(notes\.pdf\) and 1180 more$/);
	});

	test.each([[7], [null], [{ name: 'notes.pdf' }]])(
		'A file of another type is passed over and told of, even if its name is %j',
		async (fileName) => {
			const bytes = await imageFile();
			const input = await withOthers('notes', { photo: bytes });
			input.binary.data0.fileName = fileName as never;
			const { item, requests, hints } = await run(talk, input);
			expect(item?.json.error).toBeUndefined();
			expect(JSON.stringify(requests[0]?.body)).toContain(trace(bytes));
			expect(hints).toEqual([expect.stringMatching(NOT_SENT)]);
			expect(hints[0]).toContain('data0');
		},
	);

	test('A chat whose item has files of other types alone is sent without them, and a hint names them', async () => {
		const { item, requests, hints } = await run(talk, await withOthers('notes'));
		expect(item?.json.error).toBeUndefined();
		expect(requests).toHaveLength(1);
		expect(JSON.stringify(requests[0]?.body)).not.toContain('image_url');
		expect(hints).toEqual([expect.stringMatching(NOT_SENT)]);
		expect(hints[0]).toContain('data0 (notes.pdf)');
	});

	test.each([...TAKERS, ['a named field', WAYS['named in Input Data Field Name']!] as const])(
		'An image whose file is labelled as application/octet-stream is sent by %s',
		async (_taker, parameters) => {
			const bytes = await imageFile();
			const data = await harness.engine.store(bytes, 'photo', 'application/octet-stream');
			const { requests, hints } = await run(parameters, { json: {}, binary: { data } });
			expect(JSON.stringify(requests[0]?.body)).toContain(`data:image/png;base64,${trace(bytes)}`);
			expect(hints).toEqual([]);
		},
	);
});

/** What the emulator keeps of a file. */
function trace(bytes: Buffer): string {
	const hash = createHash('sha256').update(bytes).digest('hex');
	return `<${bytes.length} bytes sha256=${hash}>`;
}

/** Larger than a piece of base64. */
const noise = async () => {
	const channels = 3;
	const raw = { width: 200, height: 200, channels } as const;
	return await sharp(randomBytes(200 * 200 * channels), { raw })
		.png()
		.toBuffer();
};
const wrapped = (base64: string) => base64.replace(/.{76}/g, '$&\r\n');

describe('files in the item itself, as a Code node makes them', () => {
	const inline = (data: string): INodeExecutionData => ({
		json: {},
		binary: { data: { mimeType: 'image/png', data } },
	});

	test.each<[string, (bytes: Buffer) => string]>([
		['plain', (bytes) => bytes.toString('base64')],
		['in lines', (bytes) => wrapped(bytes.toString('base64'))],
		['ended by a line break', (bytes) => `${bytes.toString('base64')}\n`],
		['URL-safe', (bytes) => bytes.toString('base64url')],
	])('A file held in the item itself is sent if its base64 is %s', async (_what, encode) => {
		const bytes = await noise();
		const { item, requests } = await run(edit, inline(encode(bytes)));
		expect(item?.json.error).toBeUndefined();
		expect(JSON.stringify(requests[0]?.body)).toContain(trace(bytes));
	});

	test('A file with an empty id is read from its data, and is none without data', async () => {
		const bytes = await imageFile();
		const file = { mimeType: 'image/png', id: '' };
		const data = bytes.toString('base64');
		for (const parameters of Object.values(WAYS)) {
			const { item, requests } = await run(parameters, {
				json: {},
				binary: { data: { ...file, data } },
			});
			expect(item?.json.error).toBeUndefined();
			expect(JSON.stringify(requests[0]?.body)).toContain(trace(bytes));
		}
		const empty = { json: {}, binary: { data: file as IBinaryData } };
		const { message } = await refused(FIELD, edit, empty);
		expect(message).toBe("The file of 'data' is empty");
	});

	test('A file from $binary is refused for want of content, and one from $input is taken', async () => {
		const input = inline((await imageFile()).toString('base64'));
		const parameters = { ...edit, binaryPropertyName: '={{ $binary.data }}' };
		const { message, description } = await refused(FIELD, parameters, input);
		expect(message).toBe("'Input Data Field Name' got a file without its content");
		expect(description).toContain('$input.item.binary.data');
		const whole = { ...edit, binaryPropertyName: '={{ $input.item.binary.data }}' };
		expect((await run(whole, input)).requests).toHaveLength(1);
	});
});

describe('files that lack something', () => {
	test.each([[undefined], [null], [7], ['']])(
		'An image whose type is given as %j is sent, however it is chosen',
		async (mimeType) => {
			const bytes = await imageFile();
			const file = await harness.engine.store(bytes, 'photo.png', 'image/png');
			const inline = { data: bytes.toString('base64'), fileName: 'photo.png' };
			for (const data of [file, inline]) {
				const input = { json: {}, binary: { data: { ...data, mimeType: mimeType as never } } };
				for (const parameters of Object.values(WAYS)) {
					const { item, requests } = await run(parameters, input);
					expect(item?.json.error).toBeUndefined();
					expect(JSON.stringify(requests[0]?.body)).toContain(trace(bytes));
				}
			}
		},
	);

	test('A file without a type that is no image is refused if it is named, and else passed over with a hint', async () => {
		const data = { data: Buffer.from(PDF).toString('base64'), fileName: 'notes.pdf' } as never;
		const input = { json: {}, binary: { data } };
		const { message } = await refused(FIELD, WAYS['named in Input Data Field Name']!, input);
		expect(message).toBe(
			"The file of 'data' (without a type) is a PDF, not an image that the models take",
		);
		const { hints } = await run(talk, input);
		expect(hints).toEqual(['Not sent, as they are no images: data (notes.pdf)']);
	});

	test('An image file without content is refused as empty, however it is chosen', async () => {
		const data = { mimeType: 'image/png', fileName: 'photo.png' } as never;
		for (const parameters of Object.values(WAYS)) {
			const { message } = await refused(FIELD, parameters, { json: {}, binary: { data } });
			expect(message).toBe("The file of 'data' is empty");
		}
	});
});

interface Body {
	messages: Array<{ content: Array<{ image_url?: { url: string } }> }>;
}

const half = (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length / 2));

describe('formats', () => {
	const draw = (format: 'gif' | 'tiff' | 'avif') =>
		sharp({ create: { width: 32, height: 32, channels: 3, background: 'red' } })
			.toFormat(format)
			.toBuffer();
	const bmp = Buffer.concat([Buffer.from('BM\x42\0\0\0\0\0\0\0', 'latin1'), randomBytes(99)]);
	/** Formats that cannot be drawn here are built like AVIF, but for their name. */
	const brand = async (name: string) =>
		Buffer.from(
			(await draw('avif')).toString('latin1').replace('ftypavif', `ftyp${name}`),
			'latin1',
		);
	const files: Record<string, () => Promise<Buffer>> = {
		gif: () => draw('gif'),
		bmp: async () => bmp,
		tiff: () => draw('tiff'),
		avif: () => draw('avif'),
		heic: () => brand('heic'),
		heif: () => brand('mif1'),
	};
	const taken = 'image/png, image/jpeg, image/webp';

	test.each(['gif', 'bmp', 'tiff', 'avif', 'heic', 'heif'])(
		'Gemini 2.5 Flash Image refuses %s and says what it takes',
		async (format) => {
			const { message } = await refused(FIELD, edit, await withFile(await files[format]!()));
			expect(message).toBe(
				`The image of 'data' is image/${format}, which Gemini 2.5 Flash Image does not take; it takes ${taken}`,
			);
		},
	);

	test.each([PRO, FLASH_31])(
		'The model %s takes heic and heif, and refuses gif, bmp, tiff and avif',
		async (id) => {
			for (const format of ['gif', 'bmp', 'tiff', 'avif']) {
				const input = await withFile(await files[format]!());
				const { message } = await refused(FIELD, { ...edit, ...model(id) }, input);
				expect(message).toMatch(
					new RegExp(`is image/${format}, .* it takes ${taken}, image/heic, `),
				);
			}
			for (const format of ['heic', 'heif']) {
				const { item, requests } = await run(
					{ ...edit, ...model(id) },
					await withFile(await files[format]!()),
				);
				expect(item?.json.error).toBeUndefined();
				expect(JSON.stringify(requests[0]?.body)).toContain(`data:image/${format};base64,<`);
			}
		},
	);

	test('An unknown model is sent images of every format', async () => {
		for (const [format, make] of Object.entries(files)) {
			const { requests } = await run(
				{ ...edit, ...model('gemini-9-image') },
				await withFile(await make()),
			);
			expect(JSON.stringify(requests[0]?.body)).toContain(`data:image/${format};base64,<`);
		}
	});
});

test('No file is opened if it is known before that there are too many, and few if it is not', async () => {
	const bytes = await imageFile();
	const files = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`photo${at}`, bytes]));
	const item = await itemWith(harness.engine, files);
	const opened = jest.spyOn(Container.get(BinaryDataService), 'getAsStream');
	const parameters = { ...edit, ...model(FLASH_31), binaryPropertyName: '*' };
	const { message } = await refused('Image Source', parameters, item);
	expect(message).toBe('Gemini 3.1 Flash Image takes at most 14 input images, not 40');
	expect(opened).not.toHaveBeenCalled();
	for (const file of Object.values(item.binary!)) file.mimeType = 'application/octet-stream';
	const other = await refused('Image Source', parameters, item);
	expect(other.message).toContain('takes at most 14 input images, and there are more');
	expect(opened).toHaveBeenCalledTimes(15);
	opened.mockRestore();
});

test.each([
	['gemini-2.5-flash-image', 3, '2.5 Flash'],
	[PRO, 14, '3 Pro'],
	[FLASH_31, 14, '3.1 Flash'],
])('The model %s takes %i input images and no more', async (id, most, name) => {
	const bytes = await imageFile();
	const input = await withFile(bytes);
	const imageUrls = Array.from({ length: most }, (_, index) => `https://example.com/${index}.png`);
	const parameters = { ...edit, ...model(id), imageSource: 'binaryAndUrl' };
	const { message } = await refused('Image Source', { ...parameters, imageUrls }, input);
	expect(message).toBe(`Gemini ${name} Image takes at most ${most} input images, not ${most + 1}`);
	const { requests } = await run({ ...parameters, imageUrls: imageUrls.slice(1) }, input);
	expect(requests).toHaveLength(1);
});

describe('URLs', () => {
	const urls = (...imageUrls: string[]) => ({ ...edit, imageSource: 'url', imageUrls });

	test.each([
		'photo',
		'example.com/photo.jpg',
		'/photo.jpg',
		'https://',
		'file:///etc/passwd',
		'ftp://example.com/a.png',
		'javascript:alert(1)',
	])('The field Image URLs refuses %j as no http(s) or data URL', async (url) => {
		const { message, description } = await refused(
			'Image URLs',
			urls('https://example.com/a.png', url),
		);
		expect(message).toBe(`'Image URLs' has '${url}', which is not an http(s) or data URL`);
		expect(description).toContain('https://example.com/photo.jpg');
	});

	const sent = ({ requests }: Awaited<ReturnType<typeof run>>) =>
		(requests[0]?.body as Body | undefined)?.messages[0]?.content
			.slice(1)
			.map((part) => part.image_url?.url);
	const three = [1, 2, 3].map((index) => `https://example.com/${index}.png`);

	test.each<[string, unknown]>([
		['a list in the list', ['={{ $json.urls }}']],
		['a list of texts of several lines', ['={{ $json.urls.join("\\r\\n \\n") }}']],
		['one text of several lines', '={{ $json.urls.join("\\n") }}'],
		['a list with nulls and blanks', '={{ [null, [$json.urls], undefined, " "] }}'],
	])('The field Image URLs gives every URL of %s', async (_what, imageUrls) => {
		const parameters = { ...edit, imageSource: 'url', imageUrls } as INodeParameters;
		expect(sent(await run(parameters, { json: { urls: three } }))).toEqual(three);
	});

	const [one, two] = ['https://a.example/1.png', 'https://b.example/2.png'];
	const withComma = 'https://a.example/w_200,h_300/x.png';
	test.each<[string, string, string[]]>([
		['a comma and a blank', `${one}, ${two}`, [one, two]],
		['a blank', `${one} ${two}`, [one, two]],
		['a comma alone', `${one},${two}`, [one, two]],
		['a comma at the end of the line', `${one},\n${two},\r\n`, [one, two]],
		[
			'commas, blanks and lines',
			` ,\t${one} ,\n , ${two}\n${one}?v=2 , `,
			[one, two, `${one}?v=2`],
		],
		['empty entries', `${one},,${two},, ,`, [one, two]],
		['tabs', `${one}\t${two}`, [one, two]],
		['semicolons', `${one};${two}; ${one}?v=2;`, [one, two, `${one}?v=2`]],
		['commas of Chinese', `${one}，${two}、${one}?v=2；`, [one, two, `${one}?v=2`]],
		['the same in capitals', `${one},HTTPS://B.EXAMPLE/2.png`, [one, 'HTTPS://B.EXAMPLE/2.png']],
		['a comma, with one inside an address', `${withComma}, ${two}`, [withComma, two]],
		['a comma alone, with one inside an address', `${withComma},${two}`, [withComma, two]],
	])('Addresses of one entry that are parted by %s are several', async (_what, text, expected) => {
		expect(sent(await run(urls('={{ $json.text }}'), { json: { text } }))).toEqual(expected);
	});

	test('An address with a comma inside is one address', async () => {
		expect(sent(await run(urls(withComma)))).toEqual([withComma]);
	});

	test.each([
		['a comma', `${one}, photo.jpg`],
		['a blank', `${one} photo.jpg`],
		['a line', `${one}\nphoto.jpg\n${two}`],
		['commas on both sides', `${one}, photo.jpg, ${two}`],
	])(
		'What is no address is refused alone if it is parted from others by %s',
		async (_what, text) => {
			const { message } = await refused('Image URLs', urls('={{ $json.text }}'), {
				json: { text },
			});
			expect(message).toBe("'Image URLs' has 'photo.jpg', which is not an http(s) or data URL");
		},
	);

	const airtable = [
		{ id: 'att1', url: one, filename: '1.png', thumbnails: { small: { url: `${one}?small` } } },
		{ id: 'att2', url: two, filename: '2.png' },
	];
	const notion = [
		{ name: '1.png', type: 'file', file: { url: one, expiry_time: '2026-11-26T00:00:00Z' } },
		{ name: '2.png', type: 'external', external: { url: two } },
	];
	test.each<[string, unknown]>([
		['attachments of Airtable', airtable],
		['files of Notion', notion],
		['a property of Notion', { id: 'p', type: 'files', files: notion }],
		['parts of a message', [one, two].map((url) => ({ type: 'image_url', image_url: { url } }))],
		['objects with several addresses in one', { url: `${one}, ${two}` }],
		['a JSON list as text', JSON.stringify([one, two])],
		['a JSON list of objects as text', ` ${JSON.stringify(airtable, null, 2)}\n`],
		['a JSON object as text, in a list', [JSON.stringify(airtable[0]), two]],
	])('The field Image URLs gives every address of %s', async (_what, value) => {
		const field = Array.isArray(value) ? ['={{ $json.value }}'] : '={{ $json.value }}';
		const parameters = { ...edit, imageSource: 'url', imageUrls: field };
		expect(sent(await run(parameters, { json: { value } as IDataObject }))).toEqual([one, two]);
	});

	test.each<[string, string, string, string]>([
		['an object without an address', '{ id: 7, name: "x" }', "an object without 'url'", 'id, name'],
		['an empty object', '{}', "an object without 'url'", "'url'"],
		['a file', '$json.file', 'a file', "'Image Source' to Binary Field"],
	])(
		'The field Image URLs refuses %s and says what to do',
		async (_what, expression, kind, advice) => {
			const json = { file: { mimeType: 'image/png', data: 'filesystem-v2', fileName: 'a.png' } };
			const parameters = { ...edit, imageSource: 'url', imageUrls: `={{ [${expression}] }}` };
			const { message, description } = await refused('Image URLs', parameters, { json });
			expect(message).toBe(`'Image URLs' has ${kind}, not an address`);
			expect(description).toContain(advice);
		},
	);

	test('An object in the middle of text is refused in Image URLs and Input Data Field Name', async () => {
		const input = { json: { photo: { url: one } } };
		const inUrls = await refused(
			'Image URLs',
			urls('={{ $json.photo }}, https://a.example'),
			input,
		);
		expect(inUrls.message).toBe(
			"'Image URLs' has an object in the middle of text, where its addresses are lost",
		);
		const fields = { imageSource: 'binary', binaryPropertyName: '={{ $json.photo }},data' };
		const inFields = await refused(FIELD, { ...edit, ...fields }, input);
		expect(inFields.message).toBe(
			"'Input Data Field Name' has a file in the middle of text, where its content is lost",
		);
		expect(inFields.description).toContain("{{ [$('Form').item.binary.photo, $binary.data] }}");
	});

	test('Addresses that are nested without end are refused', async () => {
		const text = `${'['.repeat(50_000)}"${one}"${']'.repeat(50_000)}`;
		const { message } = await refused('Image URLs', urls('={{ $json.text }}'), { json: { text } });
		expect(message).toBe("'Image URLs' is nested too deep");
	});

	test.each<[string, (bytes: Buffer) => string]>([
		['plain', (bytes) => bytes.toString('base64')],
		['in lines', (bytes) => wrapped(bytes.toString('base64'))],
		['percent-encoded', (bytes) => encodeURIComponent(bytes.toString('base64'))],
		['URL-safe', (bytes) => bytes.toString('base64url')],
	])(
		'A data URL whose base64 is %s is sent in its place between other URLs',
		async (_what, encode) => {
			const bytes = await noise();
			const text = `${three[0]}\ndata:image/png;base64,${encode(bytes)}\n${three[1]}`;
			const parameters = { ...edit, imageSource: 'url', imageUrls: ['={{ $json.text }}'] };
			const dataUrl = `data:image/png;base64,${trace(bytes)}`;
			expect(sent(await run(parameters, { json: { text } }))).toEqual([
				three[0],
				dataUrl,
				three[1],
			]);
		},
	);

	test.each<[string, (dataUrl: string, other: string) => string, number[]]>([
		['alone', (dataUrl) => dataUrl, [0]],
		['before an address', (dataUrl) => `${dataUrl}, ${one}`, [0, 1]],
		['right before an address', (dataUrl) => `${dataUrl},${one}`, [0, 1]],
		['behind an address', (dataUrl) => `${one}, ${dataUrl}`, [1, 0]],
		['right behind an address', (dataUrl) => `${one},${dataUrl}`, [1, 0]],
		['behind an address and a blank', (dataUrl) => `${one} ${dataUrl}`, [1, 0]],
		['beside another data URL', (dataUrl, other) => `${dataUrl}, ${other}`, [0, 2]],
		['right beside another data URL', (dataUrl, other) => `${dataUrl},${other}`, [0, 2]],
	])(
		'A data URL stays whole if it stands %s, however it is written',
		async (_where, write, which) => {
			const [bytes, other] = [await noise(), await imageFile()];
			const expected = [trace(bytes), one, trace(other)].map((content) =>
				content === one ? one : `data:image/png;base64,${content}`,
			);
			const base64 = bytes.toString('base64');
			for (const content of [base64, wrapped(base64), ` ${base64}`, ` ${wrapped(base64)}`]) {
				const dataUrl = `data:image/png;base64,${content}`;
				const text = write(dataUrl, `data:image/png;base64,${other.toString('base64')}`);
				expect(sent(await run(urls('={{ $json.text }}'), { json: { text } }))).toEqual(
					which.map((index) => expected[index]),
				);
			}
		},
	);

	test.each([
		['no URL', urls()],
		['blanks alone', urls('={{ " " }}', '={{ "" }}')],
		['an expression that gives null', { ...edit, imageSource: 'url', imageUrls: '={{ null }}' }],
	])('The field Image URLs is refused as empty if it holds %s', async (_what, parameters) => {
		const { message } = await refused('Image URLs', parameters);
		expect(message).toBe("'Image URLs' is empty");
	});

	test('A data URL that holds no image is refused', async () => {
		const text = `data:image/png;base64,${Buffer.from('This is no image').toString('base64')}`;
		expect((await refused('Image URLs', urls(text))).message).toBe(
			"'Image URLs' has a data URL that holds no image",
		);
	});

	test('A data URL that holds a part of an image is sent, for the service to judge', async () => {
		const part = half(await imageFile());
		const { requests } = await run(urls(`data:image/png;base64,${part.toString('base64')}`));
		expect(JSON.stringify(requests[0]?.body)).toContain(trace(part));
	});
});
