/** One model, under all the names that services give it. */
export interface Model {
	/** The id that a list offers where nothing is known of the account. */
	id: string;
	/** Google's id of today. */
	currentId: string;
	/** Further ids of the same model; its previews, which Google has switched off, among them. */
	otherIds: string[];
	name: string;
	/** What it is called outside the API, where that differs from `name`. */
	marketName?: string;
	/** What it is good for, in a few words. */
	goodFor: string;
	aspectRatios: string[];
	imageSizes: string[];
	/** Most input images in one request. */
	maxInputImages: number;
	/** MIME types of input images. */
	inputTypes: string[];
	/** Values of Reasoning Effort; empty where it thinks always or never. */
	reasoningEfforts: string[];
	/** What Google has said of its future. */
	status: string;
	/** `currentId` of the model that follows it. */
	successor?: string;
}

/** The month in which the facts below were gathered, from Google's and several gateways' pages. */
export const AS_OF = 'November 2026';

const TEN_RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'];
const FOURTEEN_RATIOS = [...TEN_RATIOS, '1:4', '4:1', '1:8', '8:1'];
const ALL_SIZES = ['512', '1K', '2K', '4K'];
const COMMON_TYPES = ['image/png', 'image/jpeg', 'image/webp'];
const ALL_TYPES = [...COMMON_TYPES, 'image/heic', 'image/heif'];
const NEWEST = 'gemini-nano-banana-2.1';

/** The models, in the order of the form. Sources that disagree are read generously. */
export const MODELS: Model[] = [
	{
		id: 'gemini-2.5-flash-image',
		currentId: 'gemini-2.5-flash-image',
		otherIds: ['nano-banana'],
		name: 'Gemini 2.5 Flash Image',
		marketName: 'Nano Banana',
		goodFor: 'fast, 1K',
		aspectRatios: TEN_RATIOS,
		imageSizes: ['1K'],
		maxInputImages: 3,
		inputTypes: COMMON_TYPES,
		reasoningEfforts: [],
		status:
			"for past users only since September 2026; ends on 2 October 2026 or on 15 March 2027, as Google's pages disagree",
		successor: NEWEST,
	},
	{
		id: 'gemini-3.0-pro-image-preview',
		currentId: 'gemini-3-pro-image',
		otherIds: ['gemini-3-pro-image-preview', 'nano-banana-pro'],
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
		id: 'gemini-3.1-flash-image-preview',
		currentId: 'gemini-3.1-flash-image',
		otherIds: ['nano-banana-2'],
		name: 'Gemini 3.1 Flash Image',
		marketName: 'Nano Banana 2',
		goodFor: 'fast, all ratios, 512 to 4K',
		aspectRatios: FOURTEEN_RATIOS,
		imageSizes: ALL_SIZES,
		maxInputImages: 14,
		inputTypes: ALL_TYPES,
		reasoningEfforts: ['minimal', 'high'],
		status: 'deprecated, without a date; Google has switched off its preview',
		successor: NEWEST,
	},
	{
		id: 'gemini-3.1-flash-lite-image',
		currentId: 'gemini-3.1-flash-lite-image',
		otherIds: ['gemini-3.1-flash-lite-image-preview', 'nano-banana-2-lite'],
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
		id: NEWEST,
		currentId: NEWEST,
		otherIds: ['nano-banana-2.1'],
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

/** What one of the models takes, in the order of the form. */
export const ASPECT_RATIOS = [...new Set(MODELS.flatMap(({ aspectRatios }) => aspectRatios))];
export const IMAGE_SIZES = ALL_SIZES.filter((size) =>
	MODELS.some(({ imageSizes }) => imageSizes.includes(size)),
);

/** An id without what gateways vary: prefix, case, `-preview`. */
function nameOf(id: string): string {
	const name = id
		.slice(id.lastIndexOf('/') + 1)
		.trim()
		.toLowerCase();
	return name.replace(/-preview$/, '');
}

const namesOf = ({ id, currentId, otherIds }: Model): string[] => [
	...new Set([id, currentId, ...otherIds].map(nameOf)),
];

const FAMILIES = new Map(
	MODELS.flatMap((model) => namesOf(model).map((name) => [name, model] as const)),
);

/** The model that any spelling of its id names; undefined for others, whose values go unchecked. */
export function findModel(id: string): Model | undefined {
	return FAMILIES.get(nameOf(id));
}

const PREFIXES = ['', 'google/', 'gemini/', 'models/', 'vertexai/'];

/** The spellings of a model's ids that gateways are known to use. */
export function spellingsOf(model: Model): string[] {
	const ids = namesOf(model).flatMap((name) => [name, `${name}-preview`]);
	return PREFIXES.flatMap((prefix) => ids.map((id) => prefix + id));
}

/** What a list calls a model: n8n shows names alone, so they say what it is good for. */
export function listName({ name, marketName, goodFor }: Model): string {
	return `${name}${marketName ? ` (${marketName})` : ''} · ${goodFor}`;
}
