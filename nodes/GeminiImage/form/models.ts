/** What a model takes. Source: Google's and Qiniu's published tables, as of 2026-11. */
export interface Model {
	id: string;
	name: string;
	/** What it is good at, in one sentence. */
	description: string;
	aspectRatios: string[];
	imageSizes: string[];
	/** Most input images in one request. */
	maxInputImages: number;
	/** MIME types of input images. */
	inputTypes: string[];
}

const COMMON_RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'];
const COMMON_TYPES = ['image/png', 'image/jpeg', 'image/webp'];
const PHONE_TYPES = ['image/heic', 'image/heif'];

const ALL_RATIOS = [...COMMON_RATIOS, '1:4', '4:1', '1:8', '8:1'];
const ALL_SIZES = ['512', '1K', '2K', '4K'];

export const DEFAULT_MODEL = 'gemini-2.5-flash-image';

export const MODELS: Model[] = [
	{
		id: DEFAULT_MODEL,
		name: 'Gemini 2.5 Flash Image',
		description: 'Fast and inexpensive, 1K pictures, up to 3 input images',
		aspectRatios: COMMON_RATIOS,
		imageSizes: ['1K'],
		maxInputImages: 3,
		inputTypes: COMMON_TYPES,
	},
	{
		id: 'gemini-3.0-pro-image-preview',
		name: 'Gemini 3.0 Pro Image',
		description: 'Best quality and text in pictures, up to 4K, up to 14 input images',
		aspectRatios: COMMON_RATIOS,
		imageSizes: ['1K', '2K', '4K'],
		maxInputImages: 14,
		inputTypes: [...COMMON_TYPES, ...PHONE_TYPES],
	},
	{
		id: 'gemini-3.1-flash-image-preview',
		name: 'Gemini 3.1 Flash Image',
		description: 'Every ratio from 8:1 to 1:8, from 512 pixels to 4K, up to 14 input images',
		aspectRatios: ALL_RATIOS,
		imageSizes: ALL_SIZES,
		maxInputImages: 14,
		inputTypes: [...COMMON_TYPES, ...PHONE_TYPES],
	},
];

/** What one of the models takes, in the order of the form. */
export const ASPECT_RATIOS = [...new Set(MODELS.flatMap(({ aspectRatios }) => aspectRatios))];
export const IMAGE_SIZES = ALL_SIZES.filter((size) =>
	MODELS.some(({ imageSizes }) => imageSizes.includes(size)),
);

/** The limits of a known model; undefined for any other, whose values are sent unchecked. */
export function findModel(id: string): Model | undefined {
	return MODELS.find((model) => model.id === id);
}
