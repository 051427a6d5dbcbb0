import { createCipheriv } from 'node:crypto';
import sharp from 'sharp';

import type { Image } from '../types';

const WIDTH = 1024;
const MEBIBYTE = 1024 * 1024;
const cache = new Map<number, Promise<Buffer>>();

async function makeNoise(mebibytes: number): Promise<Buffer> {
	const height = Math.round((mebibytes * MEBIBYTE) / (WIDTH * 3 + 1));
	// A cipher over zeros is noise that is quick to make and the same in every process.
	const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16));
	const pixels = cipher.update(Buffer.alloc(WIDTH * height * 3));
	return sharp(pixels, { raw: { width: WIDTH, height, channels: 3 }, limitInputPixels: false })
		.png({ compressionLevel: 0 })
		.toBuffer();
}

/** A valid PNG of about that many MiB, made once per process. */
export async function noiseImage(mebibytes: number): Promise<Image> {
	const known = cache.get(mebibytes) ?? makeNoise(mebibytes);
	cache.set(mebibytes, known);
	return { bytes: await known, mime: 'image/png' };
}
