import { randomFillSync } from 'node:crypto';

/** PNG signature and IHDR of a 1024 x 1024 image. */
const HEADER = Buffer.from(
	'89504e470d0a1a0a0000000d4948445200000400000004000802000000f07f9cb2',
	'hex',
);
/** Length, type and checksum of the chunk that ends a PNG. */
const END = Buffer.from('0000000049454e44ae426082', 'hex');
/** What libpng writes into one chunk, in bytes; around it stand length, type and checksum. */
const CHUNK_BYTES = 8192;
const FRAME_BYTES = 12;

/**
 * Bytes of the size of an image file that no compression shrinks: a PNG whose chunks hold noise, as
 * nothing here decodes it.
 */
export function imageOf(mebibytes: number): Buffer {
	const image = Buffer.alloc(Math.round(mebibytes * 1024 * 1024));
	randomFillSync(image);
	HEADER.copy(image);
	const end = image.length - END.length;
	for (let at = HEADER.length; at < end; at += CHUNK_BYTES + FRAME_BYTES) {
		const left = end - at - FRAME_BYTES;
		// What would be too little for another chunk goes into the last one.
		const length = left < 2 * CHUNK_BYTES ? left : CHUNK_BYTES;
		image.writeUInt32BE(length, at);
		image.write('IDAT', at + 4, 'latin1');
		if (length === left) break;
	}
	END.copy(image, end);
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
