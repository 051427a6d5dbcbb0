import sharp from 'sharp';

import {
	imageTypeOf,
	pixelSizeOf,
	SIGNATURE_BYTES,
} from '../../../../nodes/GeminiImage/bytes/imageType';

const orange = () =>
	sharp({ create: { width: 30, height: 20, channels: 3, background: 'orange' } });

describe('real files', () => {
	test.each([
		['png', 'image/png', 'png'],
		['jpeg', 'image/jpeg', 'jpg'],
		['webp', 'image/webp', 'webp'],
		['gif', 'image/gif', 'gif'],
		['tiff', 'image/tiff', 'tiff'],
		['avif', 'image/avif', 'avif'],
	] as const)(
		'The type and the pixel size of a real %s file are found, the type from its first bytes alone',
		async (format, mimeType, extension) => {
			const file = await orange().toFormat(format).toBuffer();
			expect(imageTypeOf(file)).toEqual({ mimeType, extension });
			expect(imageTypeOf(file.subarray(0, SIGNATURE_BYTES))).toEqual({ mimeType, extension });
			expect(pixelSizeOf(file)).toEqual({ width: 30, height: 20 });
		},
	);
});

describe('types by their first bytes', () => {
	test.each([
		['\0\0\0\x18ftypheic\0\0\0\0', 'image/heic'],
		['\0\0\0\x18ftyphevc\0\0\0\0', 'image/heic'],
		['\0\0\0\x18ftypmif1\0\0\0\0', 'image/heif'],
		['\0\0\0\x18ftypavis\0\0\0\0', 'image/avif'],
		['BM\x36\x01\0\0\0\0\0\0\x36\0\0\0', 'image/bmp'],
		['II*\0\x08\0\0\0', 'image/tiff'],
		['MM\0*\0\0\0\x08', 'image/tiff'],
		['GIF87a\x01\0\x01\0', 'image/gif'],
		['\xff\xd8\xff\xe1', 'image/jpeg'],
	])('A file that begins with %j is of the type %s', (head, mimeType) => {
		expect(imageTypeOf(Buffer.from(head, 'latin1'))?.mimeType).toBe(mimeType);
	});

	test.each([
		'',
		'<svg xmlns="http://www.w3.org/2000/svg"/>',
		'%PDF-1.7',
		'<!doctype html>',
		'RIFF\x24\0\0\0WAVEfmt ',
		'\0\0\0\x18ftypmp42',
		'BMW is a car maker',
		'\x89PNG',
		'just a text',
	])('A file that begins with %j is no image', (head) => {
		expect(imageTypeOf(Buffer.from(head, 'latin1'))).toBeUndefined();
	});
});

describe('pixel size', () => {
	test('The pixel size of a PNG is found in its first 64 bytes', async () => {
		const file = await orange().png().toBuffer();
		expect(pixelSizeOf(file.subarray(0, 64))).toEqual({ width: 30, height: 20 });
	});

	test('The pixel size of a JPEG is found behind 30 KB of metadata', async () => {
		const file = await orange()
			.jpeg()
			.withExif({ IFD0: { ImageDescription: 'a cat '.repeat(5_000) } })
			.toBuffer();
		expect(file.length).toBeGreaterThan(30_000);
		expect(pixelSizeOf(file)).toEqual({ width: 30, height: 20 });
	});

	test.each([
		['a PNG that is cut off', '\x89PNG\r\n\x1a\n\0\0'],
		['plain text', 'just a text, long enough to be looked at'],
		['an empty file', ''],
	])('The pixel size of %s is unknown', (_name, head) => {
		expect(pixelSizeOf(Buffer.from(head, 'latin1'))).toEqual({ width: null, height: null });
	});
});

test('The pixel size is that of the bytes alone, and not of what lies behind them in memory', async () => {
	for (const format of ['png', 'gif', 'webp', 'tiff', 'avif', 'jpeg'] as const) {
		const file = await orange().toFormat(format).toBuffer();
		const pool = Buffer.concat([Buffer.alloc(64, 7), file, Buffer.alloc(64, 7)]);
		for (const bytes of [6, 8, 12, SIGNATURE_BYTES]) {
			const cut = Buffer.from(file.subarray(0, bytes));
			const size = pixelSizeOf(pool.subarray(64, 64 + bytes));
			expect([format, bytes, size]).toEqual([format, bytes, pixelSizeOf(cut)]);
			if (bytes < 10) expect(size).toEqual({ width: null, height: null });
		}
	}
});

test('Of a file made of boxes the first 16 KiB are searched, as each box takes the time of all', () => {
	const box = (name: string, content: Buffer) => {
		const head = Buffer.alloc(8);
		head.writeUInt32BE(8 + content.length);
		head.write(name, 4, 'latin1');
		return Buffer.concat([head, content]);
	};
	const sized = (side: number) => {
		const content = Buffer.alloc(12);
		content.writeUInt32BE(side, 4);
		content.writeUInt32BE(side, 8);
		return box('ispe', content);
	};
	const heic = (sides: number[]) => {
		const boxes = box('iprp', box('ipco', Buffer.concat(sides.map(sized))));
		const meta = box('meta', Buffer.concat([Buffer.alloc(4), boxes]));
		return Buffer.concat([box('ftyp', Buffer.from('heic\0\0\0\0heic')), meta]);
	};
	const boxes = (count: number) => Array.from({ length: count }, () => 8);
	expect(pixelSizeOf(heic([...boxes(700), 64]))).toEqual({ width: 64, height: 64 });
	expect(pixelSizeOf(heic([...boxes(10_000), 64]))).toEqual({ width: null, height: null });
});
