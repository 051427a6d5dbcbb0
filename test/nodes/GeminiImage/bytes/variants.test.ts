import sharp, { type Sharp } from 'sharp';

import { imageTypeOf } from '../../../../nodes/GeminiImage/bytes/imageType';
import { openImage } from '../../../../nodes/GeminiImage/request/inputImage';
import { arriving, cut } from '../../helpers';

/** What the bytes of a file may be like that some program has written whole. */
type Variants = Record<string, (image: Sharp) => Sharp>;

const noise = { type: 'gaussian' as const, mean: 128, sigma: 40 };
const create = { width: 90, height: 60, channels: 3 as const, background: 'red', noise };
const XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/">IEND \xff\xd9</x:xmpmeta>';

const COLOURS: Variants = {
	sRGB: (image) => image,
	grey: (image) => image.toColourspace('b-w'),
	'16 bit': (image) => image.toColourspace('rgb16'),
	transparent: (image) => image.ensureAlpha(0.5),
};
const METADATA: Variants = {
	'no metadata': (image) => image,
	EXIF: (image) =>
		image.withExif({ IFD0: { Copyright: 'IEND \xff\xd9', Artist: 'x'.repeat(9000) } }),
	ICC: (image) => image.withIccProfile('p3'),
	XMP: (image) => image.withXmp(XMP),
	rotated: (image) => image.withMetadata({ orientation: 6 }),
};
const FORMATS: Variants = {
	PNG: (image) => image.png(),
	'interlaced PNG': (image) => image.png({ progressive: true }),
	'PNG with a palette': (image) => image.png({ palette: true, colours: 16 }),
	'uncompressed PNG': (image) => image.png({ compressionLevel: 0 }),
	JPEG: (image) => image.jpeg(),
	'progressive JPEG': (image) => image.jpeg({ progressive: true, chromaSubsampling: '4:4:4' }),
	'JPEG by mozjpeg': (image) => image.jpeg({ mozjpeg: true }),
	'CMYK JPEG': (image) => image.toColourspace('cmyk').jpeg(),
	WebP: (image) => image.webp(),
	'lossless WebP': (image) => image.webp({ lossless: true }),
};
const TAILS: Record<string, Buffer> = {
	'as it is': Buffer.alloc(0),
	'with data behind it': Buffer.from('\0\xff\xda\xff\xd8 a film, IDAT, RIFF', 'latin1'),
};

const FRAMES = [1, 2, 3].map((n) => ({
	create: { ...create, background: { r: n * 80, g: 0, b: 0 } },
}));

async function* allFiles(): AsyncGenerator<[name: string, bytes: Buffer]> {
	for (const [format, write] of Object.entries(FORMATS)) {
		for (const [colour, paint] of Object.entries(COLOURS)) {
			for (const [metadata, label] of Object.entries(METADATA)) {
				const bytes = await label(write(paint(sharp({ create })))).toBuffer();
				for (const [tail, more] of Object.entries(TAILS)) {
					yield [`${format}, ${colour}, ${metadata}, ${tail}`, Buffer.concat([bytes, more])];
				}
			}
		}
	}
	const frames = await Promise.all(FRAMES.map((frame) => sharp(frame).png().toBuffer()));
	const animated = sharp(frames, { join: { animated: true } });
	yield ['animated WebP', await animated.webp().toBuffer()];
	yield ['animated GIF', await animated.gif().toBuffer()];
}

test('No whole image is refused, however it was written and in whatever pieces it comes', async () => {
	const refused: string[] = [];
	let count = 0;
	for await (const [name, content] of allFiles()) {
		count++;
		const file = {
			field: 'Input Data Field Name',
			name: "'data'",
			bytes: content.length,
			open: async () => arriving(cut(content, 1 + (count % 4000))),
		};
		const sent: Buffer[] = [];
		try {
			const image = await openImage(file);
			if (typeof image === 'string') throw new Error(image);
			for await (const piece of image.encode()) sent.push(piece);
		} catch (error) {
			refused.push(`${name}: ${(error as Error).message}`);
			continue;
		}
		const { mimeType } = imageTypeOf(content)!;
		const url = `"data:${mimeType};base64,${content.toString('base64')}"`;
		if (Buffer.concat(sent).toString() !== url) refused.push(`${name}: not sent as it is`);
	}
	expect(refused).toEqual([]);
	expect(count).toBeGreaterThan(100);
});
