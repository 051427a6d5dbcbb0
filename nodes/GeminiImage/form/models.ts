import { distance } from 'fastest-levenshtein';

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

const stemsOf = ({ ids }: Model): string[] => [...new Set(ids.map(stemOf))];

const BY_STEM = new Map(
	MODELS.flatMap((model) => stemsOf(model).map((stem) => [stem, model] as const)),
);

/** The model that any spelling of its id names; undefined for others, whose values go unchecked. */
export function findModel(id: string): Model | undefined {
	return BY_STEM.get(stemOf(id));
}

/** Characters of a text that are looked at, and most typos in a name of a model. */
const MAX_NAME_CHARS = 200;
const MAX_TYPOS = 3;
/** A name that a text holds whole fits better than one with three typos, and worse than with two. */
const HELD = 2.5;

/** What people write for words of the names. */
const SAME: Record<string, string> = { two: '2', three: '3', light: 'lite' };

const wordsIn = (text: string): string[] =>
	text
		.toLowerCase()
		.replace(/\./g, '')
		.split(/[^a-z\d]+/)
		.filter((word) => word !== '')
		.map((word) => SAME[word] ?? word);

const digitsIn = (text: string): string => text.replace(/\D/g, '');

/** All that a model is called, in words. */
const CALLED = MODELS.flatMap((model) =>
	[...stemsOf(model), model.name, model.marketName ?? model.name].map((name) => ({
		model,
		name: wordsIn(name),
	})),
);

/**
 * The model that a text most likely means: an id with typos, or with what another service puts around
 * it, or a name of the model. Undefined if it looks like none, or like another version of one: it is
 * advice, never sent.
 */
export function guessModel(text: string): Model | undefined {
	const start = text.slice(0, MAX_NAME_CHARS).replace(/-preview\s*$/i, '');
	const parts = [start, ...start.split(/[/:@()]/)].map(wordsIn);
	const held = heldIn(parts[0] ?? []);
	const [best] = CALLED.map((called) => {
		const typos = Math.min(...parts.map((part) => typosIn(part, called.name)));
		return { ...called, typos: Math.min(typos, called === held ? HELD : Infinity) };
		// Of those that fit as well, the longer name says more.
	}).sort((a, b) => a.typos - b.typos || b.name.length - a.name.length);
	return best && best.typos < Infinity ? best.model : undefined;
}

/** Digits are no typos: they tell one version from another. They may all be missing, or in another place. */
function typosIn(text: string[], name: string[]): number {
	const [written, called] = [text.join(''), name.join('')];
	if ([...text].sort().join('') === [...name].sort().join('')) return 0;
	if (digitsIn(written) !== digitsIn(called)) {
		return written === called.replace(/\d/g, '') ? 1 : Infinity;
	}
	const typos = distance(written, called);
	return typos <= Math.min(MAX_TYPOS, called.length / 4) ? typos : Infinity;
}

/** The longest name that stands among `words`, unless the number of another version is behind it. */
function heldIn(words: string[]) {
	const ends = CALLED.map(({ name }) => {
		const at = words.findIndex((_word, from) =>
			name.every((word, index) => words[from + index] === word),
		);
		return at === -1 ? -1 : at + name.length;
	});
	const [longest] = CALLED.map((called, index) => ({ called, end: ends[index] ?? -1 }))
		.filter(({ end }) => end !== -1)
		.sort((a, b) => b.called.name.length - a.called.name.length);
	if (!longest) return undefined;
	const [next = '', afterNext = ''] = words.slice(longest.end);
	// Two numbers are a ratio.
	const isVersion = /^\d{1,2}$/.test(next) && !/^\d{1,2}$/.test(afterNext);
	return isVersion ? undefined : longest.called;
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

/**
 * What a list calls a model, what matters first, as n8n cuts long names.
 *
 * @param difference what tells it from others of its name
 */
export function listName({ name, marketName, ended, goodFor }: Model, difference = ''): string {
	const short = name.replace(/^Gemini (.+) Image$/, '$1');
	return [short, ended, difference, marketName, goodFor].filter((part) => part).join(' · ');
}

/** What n8n shows of a name in a list, in characters. */
const SHOWN_CHARS = 36;

const wordsOf = (id: string): string[] => id.toLowerCase().split(/[^a-z\d.]+/);

/**
 * What a list calls ids of one model. Several are told apart by their words that Google's id has not,
 * by how they begin where these words are too long, or else by how they end.
 */
export function listNames(model: Model, ids: string[]): string[] {
	if (ids.length === 1) return [listName(model)];
	const common = wordsOf(currentIdOf(model));
	const byWords = ids.map((id) =>
		listName(
			model,
			wordsOf(id)
				.filter((word) => !common.includes(word))
				.join(' '),
		),
	);
	const start = model.ended ? `${model.ended} · ` : '';
	const byStart = ids.map((id) => start + id);
	const byEnd = ids.map((id) => `${start}…${id.slice(start.length + 1 - SHOWN_CHARS)} · ${id}`);
	const isApart = (names: string[], at: number) => {
		const shown = names.map((name) => name.slice(0, SHOWN_CHARS));
		return shown.indexOf(shown[at] ?? '') === shown.lastIndexOf(shown[at] ?? '');
	};
	// `nano-banana-2` beside Google's id would differ from the market name by its case alone.
	const uncased = byWords.map((name) => name.toLowerCase());
	return ids.map((id, at) => {
		const names = isApart(uncased, at) ? byWords : isApart(byStart, at) ? byStart : byEnd;
		return names[at] ?? id;
	});
}
