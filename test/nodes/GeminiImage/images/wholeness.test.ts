import sharp from 'sharp';

import { isWhole } from '../../../../nodes/GeminiImage/images/wholeness';

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

async function* pieces(bytes: Buffer, size: number) {
	for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe.each(files)('a %s', (_name, mimeType, made) => {
	test.each([1, 7, 64 * 1024])('is whole, in chunks of %i bytes', async (size) => {
		expect(await isWhole(mimeType, pieces(await made, size))).toBe(true);
	});

	test('is whole with more behind it', async () => {
		const bytes = Buffer.concat([await made, Buffer.from('\0 appended \xff\xd8', 'latin1')]);
		expect(await isWhole(mimeType, pieces(bytes, 100))).toBe(true);
	});

	test('is not whole without its end, wherever it is cut', async () => {
		const bytes = await made;
		const cuts = Array.from({ length: 300 }, (_, i) => Math.floor((bytes.length * i) / 300));
		for (const cut of [...cuts, bytes.length - 10]) {
			const isCut = !(await isWhole(mimeType, pieces(bytes.subarray(0, cut), 512)));
			expect([cut, isCut]).toEqual([cut, true]);
		}
	});
});

test('what stands for the end inside the metadata of a JPEG is not the end', async () => {
	const thumbnail = await image.clone().jpeg().toBuffer();
	const bytes = await image.clone().jpeg({ progressive: true }).toBuffer();
	const length = Buffer.from([(thumbnail.length + 2) >> 8, (thumbnail.length + 2) & 0xff]);
	const segment = Buffer.concat([Buffer.from([0xff, 0xff, 0xe1]), length, thumbnail]);
	const file = Buffer.concat([bytes.subarray(0, 2), segment, bytes.subarray(2)]);
	expect(await isWhole('image/jpeg', pieces(file, 33))).toBe(true);
	expect(await isWhole('image/jpeg', pieces(file.subarray(0, -50), 33))).toBe(false);
});

test('a PNG that is not made of chunks is left to the service', async () => {
	const png = await image.clone().png().toBuffer();
	const bytes = Buffer.concat([png.subarray(0, 33), Buffer.alloc(100_000)]);
	expect(await isWhole('image/png', pieces(bytes, 1000))).toBe(true);
});

test('another format is not judged', async () => {
	expect(await isWhole('image/heic', pieces(Buffer.from('????ftypheic'), 5))).toBe(true);
});
