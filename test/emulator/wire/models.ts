import type { Ask } from '../types';

type Sizes = Record<string, [number, number]>;

export interface ImageModel {
	/** Pixels by image size, then by aspect ratio. */
	pixels: Record<string, Sizes>;
	tokens: Record<string, number>;
	maxInputs: number;
	mimeTypes: string[];
	/** Pixels at 1K when neither the request nor an input image says anything. */
	fallback: [number, number];
}

const FLASH_25: Sizes = {
	'1:1': [1024, 1024],
	'2:3': [832, 1248],
	'3:2': [1248, 832],
	'3:4': [864, 1184],
	'4:3': [1184, 864],
	'4:5': [896, 1152],
	'5:4': [1152, 896],
	'9:16': [768, 1344],
	'16:9': [1344, 768],
	'21:9': [1536, 672],
};

const AT_512: Sizes = {
	'1:1': [512, 512],
	'2:3': [424, 632],
	'3:2': [632, 424],
	'3:4': [448, 600],
	'4:3': [600, 448],
	'4:5': [464, 576],
	'5:4': [576, 464],
	'9:16': [384, 688],
	'16:9': [688, 384],
	'21:9': [792, 336],
	'1:4': [256, 1024],
	'4:1': [1024, 256],
	'1:8': [192, 1536],
	'8:1': [1536, 192],
};

const AT_1K: Sizes = {
	'1:1': [1024, 1024],
	'2:3': [848, 1264],
	'3:2': [1264, 848],
	'3:4': [896, 1200],
	'4:3': [1200, 896],
	'4:5': [928, 1152],
	'5:4': [1152, 928],
	'9:16': [768, 1376],
	'16:9': [1376, 768],
	'21:9': [1584, 672],
	'1:4': [512, 2048],
	'4:1': [2048, 512],
	'1:8': [384, 3072],
	'8:1': [3072, 384],
};

function times(sizes: Sizes, factor: number): Sizes {
	return Object.fromEntries(
		Object.entries(sizes).map(([ratio, [width, height]]) => [
			ratio,
			[width * factor, height * factor],
		]),
	);
}

function onlyRatiosOf(known: Sizes, sizes: Sizes): Sizes {
	return Object.fromEntries(Object.entries(sizes).filter(([ratio]) => ratio in known));
}

const COMMON_MIME_TYPES = ['image/png', 'image/jpeg', 'image/webp'];
const APPLE_MIME_TYPES = [...COMMON_MIME_TYPES, 'image/heic', 'image/heif'];
const PRO_1K = onlyRatiosOf(FLASH_25, AT_1K);

const PRO_3: ImageModel = {
	pixels: { '1K': PRO_1K, '2K': times(PRO_1K, 2), '4K': times(PRO_1K, 4) },
	tokens: { '1K': 1120, '2K': 1120, '4K': 2000 },
	maxInputs: 14,
	mimeTypes: APPLE_MIME_TYPES,
	// The published sample reply decodes to this size although no ratio was asked for.
	fallback: [1408, 768],
};

const FLASH_31: ImageModel = {
	pixels: { '512': AT_512, '1K': AT_1K, '2K': times(AT_1K, 2), '4K': times(AT_1K, 4) },
	tokens: { '512': 747, '1K': 1120, '2K': 1680, '4K': 2520 },
	maxInputs: 14,
	mimeTypes: APPLE_MIME_TYPES,
	fallback: [1024, 1024],
};

/** The models that draw, under the ids of Nexconn's pages and those that Google gives them today. */
export const imageModels: Record<string, ImageModel> = {
	'gemini-2.5-flash-image': {
		pixels: { '1K': FLASH_25 },
		tokens: { '1K': 1290 },
		maxInputs: 3,
		mimeTypes: COMMON_MIME_TYPES,
		fallback: [1024, 1024],
	},
	'gemini-3.0-pro-image-preview': PRO_3,
	'gemini-3-pro-image': PRO_3,
	'gemini-3.1-flash-image-preview': FLASH_31,
	'gemini-3.1-flash-image': FLASH_31,
	'gemini-3.1-flash-lite-image': {
		...FLASH_31,
		pixels: { '1K': AT_1K },
		tokens: { '1K': 1120 },
	},
	'gemini-nano-banana-2.1': {
		...FLASH_31,
		pixels: { '1K': AT_1K, '2K': times(AT_1K, 2), '4K': times(AT_1K, 4) },
		tokens: { '1K': 1120, '2K': 1680, '4K': 3770 },
	},
};

export const ASYNC_MODEL = 'kling-v2';

export const modelIds = [
	...Object.keys(imageModels),
	'gemini-2.5-pro',
	'gemini-2.5-flash',
	'deepseek-v3',
	'qwen3-235b-a22b',
	ASYNC_MODEL,
	'veo-3.1-generate-preview',
];

const ratioOf = ([width, height]: [number, number]) => width / height;

function nearest(sizes: Sizes, aspect: number): [number, number] {
	const distance = (size: [number, number]) => Math.abs(Math.log(ratioOf(size) / aspect));
	return Object.values(sizes).reduce((best, size) =>
		distance(size) < distance(best) ? size : best,
	);
}

/** `inputAspect` is width / height of the first input image, if there is one. */
export function pixelSize(ask: Ask, inputAspect: number | undefined): [number, number] {
	const model = imageModels[ask.model];
	const size = ask.imageSize ?? '1K';
	const sizes = model?.pixels[size];
	if (!model || !sizes) return [1024, 1024];
	const asked = ask.aspectRatio ? sizes[ask.aspectRatio] : undefined;
	if (asked) return asked;
	if (inputAspect) return nearest(sizes, inputAspect);
	const scale = { '512': 0.5, '2K': 2, '4K': 4 }[size] ?? 1;
	return [model.fallback[0] * scale, model.fallback[1] * scale];
}
