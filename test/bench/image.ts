import { randomFillSync } from 'node:crypto';

/** PNG signature and IHDR of a 1024 x 1024 picture; noise follows, as nothing here decodes it. */
const HEADER = Buffer.from(
	'89504e470d0a1a0a0000000d4948445200000400000004000802000000f07f9cb2',
	'hex',
);

/** Bytes of the size of an image file that no compression shrinks. */
export function imageOf(mebibytes: number): Buffer {
	const image = Buffer.alloc(Math.round(mebibytes * 1024 * 1024));
	randomFillSync(image);
	HEADER.copy(image);
	return image;
}

/** The same as base64, without ever making one string of it. */
export function base64OfImage(mebibytes: number): Buffer {
	const image = imageOf(mebibytes);
	const step = 3 * 64 * 1024;
	const parts: Buffer[] = [];
	for (let at = 0; at < image.length; at += step) {
		parts.push(Buffer.from(image.toString('base64', at, at + step), 'latin1'));
	}
	return Buffer.concat(parts);
}
