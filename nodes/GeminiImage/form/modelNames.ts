import { distance } from 'fastest-levenshtein';

import { currentIdOf, MODELS, stemsOf, type Model } from './models';

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

/** Lower case, with the dots of versions. */
const partsOf = (id: string): string[] => id.toLowerCase().split(/[^a-z\d.]+/);

/** For each name, whether n8n shows something else of it than of all others. */
function areApart(names: string[]): boolean[] {
	const shown = names.map((name) => name.slice(0, SHOWN_CHARS));
	return shown.map((start) => shown.indexOf(start) === shown.lastIndexOf(start));
}

/**
 * What a list calls ids of one model. Several are told apart by their words that Google's id has not,
 * by how they begin where these words are too long, or else by how they end.
 */
export function listNames(model: Model, ids: string[]): string[] {
	if (ids.length === 1) return [listName(model)];
	const common = partsOf(currentIdOf(model));
	const byWords = ids.map((id) => {
		const own = partsOf(id).filter((part) => !common.includes(part));
		return listName(model, own.join(' '));
	});
	const ended = model.ended ? `${model.ended} · ` : '';
	const byStart = ids.map((id) => ended + id);
	const byEnd = ids.map((id) => `${ended}…${id.slice(ended.length + 1 - SHOWN_CHARS)} · ${id}`);
	// `nano-banana-2` beside Google's id would differ from the market name by its case alone.
	const apartByWords = areApart(byWords.map((name) => name.toLowerCase()));
	const apartByStart = areApart(byStart);
	return ids.map((id, at) => {
		const names = apartByWords[at] ? byWords : apartByStart[at] ? byStart : byEnd;
		return names[at] ?? id;
	});
}

/** Characters of a text that are looked at, and most typos in a name of a model. */
const MAX_NAME_CHARS = 200;
const MAX_TYPOS = 3;
/** A name that a text holds whole fits better than one with three typos, and worse than with two. */
const HELD = 2.5;

/** What people write for words of the names. */
const SAME = new Map([
	['two', '2'],
	['three', '3'],
	['light', 'lite'],
]);

const wordsIn = (text: string): string[] =>
	text
		.toLowerCase()
		.replace(/\./g, '')
		.split(/[^a-z\d]+/)
		.filter((word) => word !== '')
		.map((word) => SAME.get(word) ?? word);

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
	const words = wordsIn(start);
	const parts = [words, ...start.split(/[/:@()]/).map(wordsIn)];
	const [best] = CALLED.map(({ model, name }) => {
		const behind = wordsBehind(name, words);
		const typos = Math.min(...parts.map((part) => typosIn(part, name)), behind ? HELD : Infinity);
		return { model, name, typos, behind };
		// Of those that fit as well, the longer name says more.
	}).sort((a, b) => a.typos - b.typos || b.name.length - a.name.length);
	if (!best || best.typos === Infinity) return undefined;
	return best.typos === HELD && isVersion(best.behind) ? undefined : best.model;
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

/** What follows a name that stands whole among `words`; undefined if it does not. */
function wordsBehind(name: string[], words: string[]): string[] | undefined {
	const at = words.findIndex((_word, from) =>
		name.every((word, index) => words[from + index] === word),
	);
	return at === -1 ? undefined : words.slice(at + name.length);
}

/** Whether a name goes on with the number of another version; two numbers are a ratio. */
function isVersion([next = '', afterNext = '']: string[] = []): boolean {
	return /^\d{1,2}$/.test(next) && !/^\d{1,2}$/.test(afterNext);
}
