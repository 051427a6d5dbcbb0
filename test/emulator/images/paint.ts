import { createCipheriv, createHash } from 'node:crypto';
import sharp, { type Sharp } from 'sharp';

import type { Image, ImageFormat } from '../types';
import { editInputs } from './edit';
import { sceneSvg } from './scene';

export interface Scene {
	prompt: string;
	/** Tells several images of one reply apart. */
	variant: number;
	width: number;
	height: number;
	format: ImageFormat;
	inputs: Buffer[];
}

const CACHE_LIMIT = 40;
const cache = new Map<string, Promise<Buffer>>();

const GRAIN_SIZE = 127;

// Without grain a PNG of smooth colours is far smaller than a real reply.
function grain(): Buffer {
	const count = GRAIN_SIZE * GRAIN_SIZE;
	const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
	const shades = noise.update(Buffer.alloc(count));
	return Buffer.from(Array.from(shades, (shade) => [shade, shade, shade, 11]).flat());
}

const GRAIN = {
	input: grain(),
	raw: { width: GRAIN_SIZE, height: GRAIN_SIZE, channels: 4 as const },
	tile: true,
	top: 0,
	left: 0,
};

/** Numbers from 0 to 1, the same ones for the same seed. */
function randomFrom(seed: string): () => number {
	let state = createHash('sha256').update(seed).digest().readUInt32LE();
	return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

function encode(image: Sharp, format: ImageFormat): Promise<Buffer> {
	if (format === 'jpeg') return image.jpeg({ quality: 88 }).toBuffer();
	if (format === 'webp') return image.webp({ quality: 85, effort: 1 }).toBuffer();
	return image.png({ compressionLevel: 4 }).toBuffer();
}

async function draw(scene: Scene): Promise<Buffer> {
	const random = randomFrom(`${scene.variant}:${scene.prompt}`);
	const image =
		scene.inputs.length > 0
			? await editInputs(scene, random)
			: sharp(Buffer.from(sceneSvg(scene, random))).composite([GRAIN]);
	return encode(image.removeAlpha(), scene.format);
}

function drawCached(scene: Scene): Promise<Buffer> {
	// Large images are not kept: a few of them would hold hundreds of megabytes.
	if (scene.width * scene.height > 2_000_000) return draw(scene);
	const inputs = scene.inputs.map((input) => createHash('sha256').update(input).digest('hex'));
	const key = JSON.stringify({ ...scene, inputs });
	const known = cache.get(key);
	if (known) return known;
	const drawn = draw(scene);
	const [oldest] = cache.keys();
	if (cache.size >= CACHE_LIMIT && oldest !== undefined) cache.delete(oldest);
	cache.set(key, drawn);
	return drawn;
}

/** Paints the same bytes for the same scene. */
export async function paint(scene: Scene): Promise<Image> {
	return { bytes: await drawCached(scene), mime: `image/${scene.format}` };
}
