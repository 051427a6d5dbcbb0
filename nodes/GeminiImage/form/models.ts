/** One model, under all the names that services give it. */
export interface Model {
	/**
	 * Its ids. The first is what a list offers where nothing is known of the account; the first one
	 * without `-preview` is Google's id of today. Google has switched off those with it.
	 */
	ids: [string, ...string[]];
	name: string;
	/** What it is called outside the API, where that differs from `name`. */
	marketName?: string;
	/** What it is good for, in a few words. */
	goodFor: string;
	aspectRatios: string[];
	/**
	 * Values of Image Size: pixels a side of a square image, `K` for 1,024 of them. A model of one size
	 * has no choice, and is sent none, as services answer it with a failure.
	 */
	imageSizes: string[];
	/** Most input images in one request. */
	maxInputImages: number;
	/** MIME types of input images. */
	inputTypes: string[];
	/** Values of Reasoning Effort; empty where it thinks always or never. */
	reasoningEfforts: string[];
	/** What Google has said of its future. */
	status: string;
	/** The same in two words for a list, if Google has ended it or says when. */
	ended?: string;
	/** Google's id of the model that follows it. */
	successor?: string;
}

/** The month in which the facts below were gathered, from Google's and several gateways' pages. */
export const AS_OF = 'November 2026';

const TEN_RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'];
const FOURTEEN_RATIOS = [...TEN_RATIOS, '1:4', '4:1', '1:8', '8:1'];
const COMMON_TYPES = ['image/png', 'image/jpeg', 'image/webp'];
const ALL_TYPES = [...COMMON_TYPES, 'image/heic', 'image/heif'];
const NEWEST = 'gemini-nano-banana-2.1';

/** The models, in the order of the form. Where pages disagree, the more generous value stands. */
export const MODELS: Model[] = [
	{
		ids: ['gemini-2.5-flash-image', 'nano-banana'],
		name: 'Gemini 2.5 Flash Image',
		marketName: 'Nano Banana',
		goodFor: 'fast, 1K',
		aspectRatios: TEN_RATIOS,
		imageSizes: ['1K'],
		maxInputImages: 3,
		inputTypes: COMMON_TYPES,
		reasoningEfforts: [],
		status:
			'ended on 2 October 2026 by one page of Google, ends on 15 March 2027 by another; for past users only since September 2026',
		ended: 'ended Oct',
		successor: NEWEST,
	},
	{
		ids: [
			'gemini-3.0-pro-image-preview',
			'gemini-3-pro-image',
			'gemini-3-pro-image-preview',
			'nano-banana-pro',
		],
		name: 'Gemini 3 Pro Image',
		marketName: 'Nano Banana Pro',
		goodFor: 'best quality and lettering, up to 4K',
		aspectRatios: TEN_RATIOS,
		imageSizes: ['1K', '2K', '4K'],
		maxInputImages: 14,
		inputTypes: ALL_TYPES,
		reasoningEfforts: [],
		status: 'current since 28 May 2026; Google has switched off its preview',
	},
	{
		ids: ['gemini-3.1-flash-image-preview', 'gemini-3.1-flash-image', 'nano-banana-2'],
		name: 'Gemini 3.1 Flash Image',
		marketName: 'Nano Banana 2',
		goodFor: 'fast, all ratios, 512 to 4K',
		aspectRatios: FOURTEEN_RATIOS,
		imageSizes: ['512', '1K', '2K', '4K'],
		maxInputImages: 14,
		inputTypes: ALL_TYPES,
		reasoningEfforts: ['minimal', 'high'],
		status: "ended on 29 October 2026 at Google's own API, its preview before that",
		ended: 'ended Oct',
		successor: NEWEST,
	},
	{
		ids: [
			'gemini-3.1-flash-lite-image',
			'gemini-3.1-flash-lite-image-preview',
			'nano-banana-2-lite',
		],
		name: 'Gemini 3.1 Flash Lite Image',
		marketName: 'Nano Banana 2 Lite',
		goodFor: 'cheap, all ratios, 1K',
		aspectRatios: FOURTEEN_RATIOS,
		imageSizes: ['1K'],
		maxInputImages: 14,
		inputTypes: ALL_TYPES,
		reasoningEfforts: ['minimal', 'high'],
		status: 'current since 30 June 2026',
	},
	{
		ids: [NEWEST, 'nano-banana-2.1'],
		name: 'Nano Banana 2.1',
		goodFor: 'newest, all ratios, up to 4K',
		aspectRatios: FOURTEEN_RATIOS,
		imageSizes: ['1K', '2K', '4K'],
		maxInputImages: 14,
		inputTypes: ALL_TYPES,
		reasoningEfforts: ['minimal', 'medium', 'high'],
		status: "Google's choice for new projects since 6 October 2026",
	},
];

export const DEFAULT_MODEL = 'gemini-2.5-flash-image';

/** Pixels a side of a square image of a size, such as `2K`. */
export function sideOf(imageSize: string): number {
	return Number.parseFloat(imageSize) * (/k$/i.test(imageSize) ? 1024 : 1);
}

/** What one of the models takes, in the order of the form. */
export const ASPECT_RATIOS = [...new Set(MODELS.flatMap(({ aspectRatios }) => aspectRatios))];
export const IMAGE_SIZES = [...new Set(MODELS.flatMap(({ imageSizes }) => imageSizes))].sort(
	(a, b) => sideOf(a) - sideOf(b),
);

/** Those of the API (`reasoning_effort`), and any that a model has besides. */
export const REASONING_EFFORTS = [
	...new Set([
		...['none', 'minimal', 'low', 'medium', 'high'],
		...MODELS.flatMap(({ reasoningEfforts }) => reasoningEfforts),
	]),
].sort();

/** An id without what gateways vary: prefix, case, `-preview`. */
function stemOf(id: string): string {
	const stem = id
		.slice(id.lastIndexOf('/') + 1)
		.trim()
		.toLowerCase();
	return stem.replace(/-preview$/, '');
}

/** Its ids in the form in which they are compared. */
export const stemsOf = ({ ids }: Model): string[] => [...new Set(ids.map(stemOf))];

const BY_STEM = new Map(
	MODELS.flatMap((model) => stemsOf(model).map((stem) => [stem, model] as const)),
);

/** The model that any spelling of its id names; undefined for others, whose values go unchecked. */
export function findModel(id: string): Model | undefined {
	return BY_STEM.get(stemOf(id));
}

/** Whether an id can be one: without line breaks and other characters that nobody sees. */
export function isPlainId(id: string): boolean {
	return id !== '' && !/[\p{C}\p{Zl}\p{Zp}]/u.test(id);
}

/** Google's id of today. */
export function currentIdOf({ ids }: Model): string {
	return ids.find((id) => !id.endsWith('-preview')) ?? ids[0];
}

/** The ids of a model as Google and Nexconn write them, each with and without `-preview`. */
export function commonIdsOf(model: Model): string[] {
	return stemsOf(model).flatMap((stem) => [stem, `${stem}-preview`]);
}
