import fc from 'fast-check';

import { listName, listNames } from '../../../../nodes/GeminiImage/form/modelNames';
import { currentIdOf, findModel, MODELS } from '../../../../nodes/GeminiImage/form/models';

/** What n8n shows of a name in a list, in characters. */
const SHOWN = 36;
const shownOf = (name: string) => name.slice(0, SHOWN);
const modelOf = (id: string) => MODELS.find((model) => currentIdOf(model) === id)!;

describe('the name of a model in a list', () => {
	test.each([
		['gemini-2.5-flash-image', '2.5 Flash · ended Oct · Nano Banana'],
		['gemini-3-pro-image', '3 Pro · Nano Banana Pro'],
		['gemini-3.1-flash-image', '3.1 Flash · ended Oct · Nano Banana 2'],
		['gemini-3.1-flash-lite-image', '3.1 Flash Lite · Nano Banana 2 Lite'],
		['gemini-nano-banana-2.1', 'Nano Banana 2.1'],
	])('The model %s is called "%s" in front of what it is good for', (id, name) => {
		const model = modelOf(id);
		expect(listName(model)).toBe(`${name} · ${model.goodFor}`);
	});

	test('The names of all models differ in what is shown of them', () => {
		const shown = MODELS.map((model) => shownOf(listName(model)));
		expect(new Set(shown).size).toBe(MODELS.length);
	});

	test('A model that has ended says so in what is shown of its name, with the mark of an account that lacks it', () => {
		for (const model of MODELS.filter(({ ended }) => ended)) {
			expect(shownOf(listName(model))).toContain('ended Oct');
			expect(shownOf(listName(model, "not in your account's list"))).toContain('ended Oct');
		}
	});

	test('What differs stands in what is shown of the names of several ids', () => {
		const ids = ['gemini-3.1-flash-image', 'gemini-3.1-flash-image-preview'];
		expect(listNames(modelOf('gemini-3.1-flash-image'), ids)).toEqual([
			'3.1 Flash · ended Oct · Nano Banana 2 · fast, all ratios, 512 to 4K',
			'3.1 Flash · ended Oct · preview · Nano Banana 2 · fast, all ratios, 512 to 4K',
		]);
	});

	test('The only id of a model has its plain name, whatever the id is', () => {
		for (const model of MODELS) {
			for (const id of model.ids) {
				expect(listNames(model, [`google/${id}`])).toEqual([listName(model)]);
			}
		}
	});
});

describe('the names of the ids that an account lists', () => {
	const prefix = fc.oneof(
		fc.constantFrom('', 'google/', 'models/', 'vertex/google/', 'a/b/c/', 'Google/', 'gemini/'),
		fc.stringMatching(/^[a-zA-Z\d._-]{1,40}\/$/),
	);
	const suffix = fc.constantFrom('', '-preview');
	const cased = fc.constantFrom(
		(id: string) => id,
		(id: string) => id.toUpperCase(),
	);
	/** A model, and ids of it as an account may list them. */
	const listed = fc.constantFrom(...MODELS).chain((model) => {
		const stem = fc.constantFrom(...model.ids).map((id) => id.replace(/-preview$/, ''));
		const id = fc
			.tuple(prefix, stem, suffix, cased)
			.map(([before, name, behind, write]) => before + write(name + behind));
		return fc.uniqueArray(id, { minLength: 1, maxLength: 8 }).map((ids) => ({ model, ids }));
	});

	test('What is shown of the names differs wherever what would be shown of the ids does', () => {
		fc.assert(
			fc.property(listed, ({ model, ids }) => {
				const names = listNames(model, ids);
				expect(names).toHaveLength(ids.length);
				const pairs = ids.flatMap((one, at) =>
					ids.slice(at + 1).map((two, behind) => [at, at + 1 + behind, one, two] as const),
				);
				for (const [at, other, one, two] of pairs) {
					if (shownOf(one) === shownOf(two)) continue;
					expect({ one, two, name: shownOf(names[at]!) }).not.toEqual({
						one,
						two,
						name: shownOf(names[other]!),
					});
				}
			}),
			{ numRuns: 2000 },
		);
	});

	test('No two ids have the same name', () => {
		fc.assert(
			fc.property(listed, ({ model, ids }) => {
				expect(new Set(listNames(model, ids)).size).toBe(ids.length);
			}),
			{ numRuns: 1000 },
		);
	});

	test('An ended model says so in what is shown of each of its names that is not its id', () => {
		fc.assert(
			fc.property(listed, ({ model, ids }) => {
				listNames(model, ids).forEach((name, at) => {
					expect(findModel(ids[at]!)).toBe(model);
					if (name === ids[at]) return;
					expect({ name, isTold: shownOf(name).includes('ended Oct') }).toEqual({
						name,
						isTold: model.ended !== undefined,
					});
				});
			}),
			{ numRuns: 1000 },
		);
	});
});
