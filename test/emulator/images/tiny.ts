import { createHash } from 'node:crypto';
import sharp from 'sharp';

import type { Image } from '../types';

const SIDE = 8;

/** A PNG that is cheap to make; its shades, 64 at most, are the hash of what was asked for. */
export async function tinyImage(prompt: string, variant = 0, side = SIDE): Promise<Image> {
	const shades = createHash('sha512').update(`${variant} ${prompt}`).digest();
	const raw = { width: side, height: side, channels: 1 as const };
	const pixels = shades.subarray(0, side * side);
	return { bytes: await sharp(pixels, { raw }).png().toBuffer(), mime: 'image/png' };
}
