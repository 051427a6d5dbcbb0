import { createCipheriv, createHash } from 'node:crypto';
import sharp, { type Sharp } from 'sharp';

import type { ImageFormat, Image } from '../types';
import { textPanel } from './textBlock';

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

function numbersFrom(seed: string): number[] {
	return [...createHash('sha512').update(seed).digest()].map((byte) => byte / 255);
}

const hsl = (turn: number, saturation: number, lightness: number) =>
	`hsl(${Math.round(turn * 360)},${saturation}%,${lightness}%)`;

function backdrop(seed: string, width: number, height: number): string {
	const n = numbersFrom(seed);
	const at = (index: number) => n[index % n.length] ?? 0;
	const hue = at(0);
	const shapes = Array.from({ length: 14 }, (_, i) => {
		const radius = Math.round((0.06 + at(4 * i + 3) * 0.22) * Math.max(width, height));
		const x = Math.round(at(4 * i + 1) * width);
		const y = Math.round(at(4 * i + 2) * height);
		const fill = hsl((hue + at(4 * i + 5) * 0.4) % 1, 70, 35 + Math.round(at(4 * i + 6) * 40));
		return `<circle cx="${x}" cy="${y}" r="${radius}" fill="${fill}" fill-opacity="0.45"/>`;
	});
	return (
		'<defs><linearGradient id="g" x2="1" y2="1">' +
		`<stop offset="0" stop-color="${hsl(hue, 65, 45)}"/>` +
		`<stop offset="1" stop-color="${hsl((hue + 0.2 + at(1) * 0.4) % 1, 65, 25)}"/>` +
		`</linearGradient></defs><rect width="${width}" height="${height}" fill="url(#g)"/>` +
		shapes.join('')
	);
}

function svg(width: number, height: number, content: string): Buffer {
	return Buffer.from(
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content}</svg>`,
	);
}

function encode(image: Sharp, format: ImageFormat): Promise<Buffer> {
	if (format === 'jpeg') return image.jpeg({ quality: 88 }).toBuffer();
	if (format === 'webp') return image.webp({ quality: 85, effort: 1 }).toBuffer();
	return image.png({ compressionLevel: 4 }).toBuffer();
}

const GRAIN_SIZE = 61;

// Without grain a PNG of smooth colours is far smaller than a real reply.
function grain(): Buffer {
	const count = GRAIN_SIZE * GRAIN_SIZE;
	const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
	const shades = noise.update(Buffer.alloc(count));
	return Buffer.from(Array.from(shades, (shade) => [shade, shade, shade, 6]).flat());
}

const GRAIN = {
	input: grain(),
	raw: { width: GRAIN_SIZE, height: GRAIN_SIZE, channels: 4 as const },
	tile: true,
	top: 0,
	left: 0,
};

function paintFromText({ prompt, variant, width, height }: Scene): Sharp {
	const content =
		backdrop(`${variant}:${prompt}`, width, height) + textPanel(prompt, width, height, 'middle');
	return sharp(svg(width, height, content))
		.composite([GRAIN])
		.removeAlpha();
}

function tintOf(seed: string) {
	const [r = 0, g = 0, b = 0] = numbersFrom(seed).map((n) => Math.round(60 + n * 195));
	return { r, g, b };
}

async function paintFromInputs(scene: Scene): Promise<Sharp> {
	const { prompt, variant, width, height, inputs } = scene;
	const edges = inputs.map((_, i) => Math.round((i * width) / inputs.length)).concat(width);
	const tiles = await Promise.all(
		inputs.map(async (input, i) => {
			const left = edges[i] ?? 0;
			const size = { width: (edges[i + 1] ?? width) - left, height };
			const tile = sharp(input, { limitInputPixels: false }).autoOrient().resize(size);
			return { input: await tile.removeAlpha().png({ compressionLevel: 1 }).toBuffer(), left };
		}),
	);
	const canvas = sharp({ create: { width, height, channels: 3, background: '#000' } });
	const tiled = await canvas
		.composite(tiles.map((tile) => ({ ...tile, top: 0 })))
		.png({ compressionLevel: 1 })
		.toBuffer();
	const caption = svg(width, height, textPanel(prompt, width, height, 'bottom'));
	return sharp(
		await sharp(tiled)
			.tint(tintOf(`${variant}:${prompt}`))
			.toBuffer(),
	)
		.composite([{ input: caption, top: 0, left: 0 }])
		.removeAlpha();
}

function paintCached(scene: Scene): Promise<Buffer> {
	const key = JSON.stringify(scene);
	const known = cache.get(key);
	if (known) return known;
	const painted = encode(paintFromText(scene), scene.format);
	// Large images are not kept: a few of them would hold hundreds of megabytes.
	if (scene.width * scene.height > 2_000_000) return painted;
	const oldest = cache.keys().next().value;
	if (cache.size >= CACHE_LIMIT && oldest !== undefined) cache.delete(oldest);
	cache.set(key, painted);
	return painted;
}

/** Paints the same bytes for the same scene. */
export async function paint(scene: Scene): Promise<Image> {
	const bytes =
		scene.inputs.length > 0
			? await encode(await paintFromInputs(scene), scene.format)
			: await paintCached(scene);
	return { bytes, mime: `image/${scene.format}` };
}
