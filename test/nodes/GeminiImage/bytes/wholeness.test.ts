import sharp from 'sharp';

import { createWholenessCheck } from '../../../../nodes/GeminiImage/bytes/wholeness';
import { cut } from '../../helpers';

const noise = { type: 'gaussian' as const, mean: 128, sigma: 40 };
const image = sharp({
	create: { width: 40, height: 30, channels: 3, background: 'red', noise },
});
const withMetadata = () => image.clone().withExif({ IFD0: { Copyright: 'me \xff\xd9 IEND' } });

const files: Array<[name: string, mimeType: string, bytes: Promise<Buffer>]> = [
	['PNG', 'image/png', image.clone().png().toBuffer()],
	['interlaced PNG', 'image/png', image.clone().png({ progressive: true }).toBuffer()],
	['PNG with metadata', 'image/png', withMetadata().png().toBuffer()],
	['JPEG', 'image/jpeg', image.clone().jpeg().toBuffer()],
	['progressive JPEG', 'image/jpeg', image.clone().jpeg({ progressive: true }).toBuffer()],
	['JPEG with metadata', 'image/jpeg', withMetadata().jpeg().toBuffer()],
	['WebP', 'image/webp', image.clone().webp().toBuffer()],
	['lossless WebP', 'image/webp', image.clone().webp({ lossless: true }).toBuffer()],
	['WebP with metadata', 'image/webp', withMetadata().webp().toBuffer()],
];

function isWhole(mimeType: string, bytes: Buffer, size: number): boolean {
	const check = createWholenessCheck(mimeType);
	for (const piece of cut(bytes, size)) check.push(piece);
	return check.isWhole();
}

describe.each(files)('a %s', (name, mimeType, made) => {
	test.each([1, 7, 64 * 1024])(
		`A whole ${name} passes the wholeness check in chunks of %i bytes`,
		async (size) => {
			expect(isWhole(mimeType, await made, size)).toBe(true);
		},
	);

	test(`A whole ${name} with more bytes behind its end passes the wholeness check`, async () => {
		const bytes = Buffer.concat([await made, Buffer.from('\0 appended \xff\xd8', 'latin1')]);
		expect(isWhole(mimeType, bytes, 100)).toBe(true);
	});

	test(`A ${name} without its end fails the wholeness check, wherever it is cut`, async () => {
		const bytes = await made;
		const cuts = Array.from({ length: 300 }, (_, i) => Math.floor((bytes.length * i) / 300));
		for (const length of [...cuts, bytes.length - 10]) {
			const isCut = !isWhole(mimeType, bytes.subarray(0, length), 512);
			expect([length, isCut]).toEqual([length, true]);
		}
	});
});

test('The mark of an end inside the metadata of a JPEG is not taken for the end of the JPEG', async () => {
	const thumbnail = await image.clone().jpeg().toBuffer();
	const bytes = await image.clone().jpeg({ progressive: true }).toBuffer();
	const length = Buffer.from([(thumbnail.length + 2) >> 8, (thumbnail.length + 2) & 0xff]);
	const segment = Buffer.concat([Buffer.from([0xff, 0xff, 0xe1]), length, thumbnail]);
	const file = Buffer.concat([bytes.subarray(0, 2), segment, bytes.subarray(2)]);
	expect(isWhole('image/jpeg', file, 33)).toBe(true);
	expect(isWhole('image/jpeg', file.subarray(0, -50), 33)).toBe(false);
});

test.each(files.filter(([, mimeType]) => mimeType === 'image/webp'))(
	'A %s is whole without its last byte, which some writers leave out, but not without two',
	async (_name, mimeType, made) => {
		const bytes = await made;
		expect(isWhole(mimeType, bytes.subarray(0, -1), 100)).toBe(true);
		expect(isWhole(mimeType, bytes.subarray(0, -2), 100)).toBe(false);
	},
);

test.each([1, 5, 4096])(
	'A PNG whose last chunk says that data follow is not whole, in chunks of %i bytes',
	async (size) => {
		const png = await image.clone().png().toBuffer();
		const damaged = Buffer.from(png);
		damaged[png.length - 12] = 1;
		expect(isWhole('image/png', damaged, size)).toBe(false);
		const names = Buffer.from('IEND'.repeat(100));
		expect(isWhole('image/png', Buffer.concat([png, names]), size)).toBe(true);
		expect(isWhole('image/png', Buffer.concat([damaged, names]), size)).toBe(false);
	},
);

test('A PNG that is not made of chunks passes the wholeness check', async () => {
	const png = await image.clone().png().toBuffer();
	const odd = Buffer.concat([png.subarray(0, 33), Buffer.alloc(10_000)]);
	expect(isWhole('image/png', odd, 1000)).toBe(true);
});

test('A HEIC image, whose end has no mark, passes the wholeness check', () => {
	expect(isWhole('image/heic', Buffer.from('????ftypheic'), 5)).toBe(true);
});
