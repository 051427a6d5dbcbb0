import { createHash } from 'node:crypto';
import sharp from 'sharp';

import type { Image } from '../types';

const SIDE = 8;

/** An 8 x 8 PNG that is cheap to make; its 64 shades are the hash of what was asked for. */
export async function tinyImage(prompt: string, variant = 0): Promise<Image> {
	const shades = createHash('sha512').update(`${variant} ${prompt}`).digest();
	const raw = { width: SIDE, height: SIDE, channels: 1 as const };
	return { bytes: await sharp(shades, { raw }).png().toBuffer(), mime: 'image/png' };
}
