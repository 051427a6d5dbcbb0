import fc from 'fast-check';

import { listNames } from '../../../../nodes/GeminiImage/form/modelNames';
import {
	ASPECT_RATIOS,
	currentIdOf,
	DEFAULT_MODEL,
	findModel,
	IMAGE_SIZES,
	MODELS,
	sideOf,
} from '../../../../nodes/GeminiImage/form/models';
import { imageModels } from '../../../emulator/wire/models';

const SEEDS = [
	'gemini-2.5-flash-image',
	'gemini-3.0-pro-image-preview',
	'gemini-3.1-flash-image-preview',
];

/** Google's id of today of the model that an id names. */
function currentIdOfAny(id: string): string | undefined {
	const model = findModel(id);
	return model && currentIdOf(model);
}

/** The emulator knows the models of itself; README's table holds what it does not tell. */
test.each(Object.entries(imageModels))(
	'The model %s takes what the reference says',
	(id, { pixels, maxInputs: maxInputImages, mimeTypes: inputTypes }) => {
		const model = findModel(id);
		expect(model).toMatchObject({ imageSizes: Object.keys(pixels), maxInputImages, inputTypes });
		for (const sizes of Object.values(pixels)) {
			expect(model?.aspectRatios.toSorted()).toEqual(Object.keys(sizes).sort());
		}
	},
);

test('The reference knows every model that the form offers', () => {
	const ids = MODELS.flatMap((model) => [model.ids[0], currentIdOf(model)]);
	expect(Object.keys(imageModels).sort()).toEqual([...new Set(ids)].sort());
});

test('The form offers every aspect ratio and image size of the contract', () => {
	const pixels = Object.values(imageModels).map((model) => model.pixels);
	const ratios = pixels.flatMap(Object.values<object>).flatMap(Object.keys);
	expect(ASPECT_RATIOS.toSorted()).toEqual([...new Set(ratios)].sort());
	expect(IMAGE_SIZES.toSorted()).toEqual([...new Set(pixels.flatMap(Object.keys))].sort());
});

test.each([
	['512', 512],
	['768', 768],
	['0.5K', 512],
	['1K', 1024],
	['2k', 2048],
	['4K', 4096],
	['8K', 8192],
	['16K', 16_384],
])('A square image of the size %s has %i pixels a side', (imageSize, side) => {
	expect(sideOf(imageSize)).toBe(side);
});

test('A size that is no number of pixels tells no side', () => {
	expect(sideOf('large')).toBeNaN();
});

test('The default model is a known one, and the ids of Nexconn come first in the list', () => {
	expect(DEFAULT_MODEL).toBe('gemini-2.5-flash-image');
	expect(findModel(DEFAULT_MODEL)?.ids[0]).toBe(DEFAULT_MODEL);
	expect(MODELS.slice(0, 3).map(({ ids }) => ids[0])).toEqual(SEEDS);
});

test('No two models share an id, and each successor is one of the models', () => {
	const ids = MODELS.flatMap((model) => model.ids);
	expect(new Set(ids).size).toBe(ids.length);
	for (const model of MODELS) {
		for (const id of model.ids) {
			expect(findModel(id)).toBe(model);
		}
		if (model.successor) expect(currentIdOfAny(model.successor)).toBe(model.successor);
	}
});

describe('the names of several ids of one model', () => {
	const shownOf = (ids: string[]) =>
		listNames(findModel(ids[0]!)!, ids).map((name) => name.slice(0, 36));

	test('Ids of one model are told apart by their words in the first 36 characters', () => {
		const id = 'gemini-3.1-flash-image';
		expect(shownOf([id, `google/${id}`, `${id}-preview`])).toEqual([
			'3.1 Flash · ended Oct · Nano Banana ',
			'3.1 Flash · ended Oct · google · Nan',
			'3.1 Flash · ended Oct · preview · Na',
		]);
	});

	test('An id that is the name of the market is told apart from the name of another id', () => {
		expect(shownOf(['gemini-3.1-flash-image', 'nano-banana-2'])).toEqual([
			'ended Oct · gemini-3.1-flash-image',
			'ended Oct · nano-banana-2',
		]);
	});

	test('Ids whose words are too long are told apart by how they end', () => {
		const id = 'publishers/google/models/gemini-3.1-flash-image';
		expect(shownOf([id, `${id}-preview`])).toEqual([
			'ended Oct · …/gemini-3.1-flash-image',
			'ended Oct · …3.1-flash-image-preview',
		]);
	});
});

describe('any spelling of an id', () => {
	test.each([
		['vertexai/gemini-3.1-flash-image-preview', 'gemini-3.1-flash-image'],
		['openrouter/google/gemini-2.5-flash-image-preview', 'gemini-2.5-flash-image'],
		['gemini-3.0-pro-image', 'gemini-3-pro-image'],
		[' Gemini-2.5-Flash-Image\n', 'gemini-2.5-flash-image'],
		['nano-banana', 'gemini-2.5-flash-image'],
		['nano-banana-pro', 'gemini-3-pro-image'],
		['google/nano-banana-2', 'gemini-3.1-flash-image'],
		['nano-banana-2-lite', 'gemini-3.1-flash-lite-image'],
		['NANO-BANANA-2.1', 'gemini-nano-banana-2.1'],
	])('The id %j leads to the model %s', (id, currentId) => {
		expect(currentIdOfAny(id)).toBe(currentId);
	});

	const known = fc
		.constantFrom(...MODELS)
		.chain((model) =>
			fc.constantFrom(...model.ids).map((id) => ({ id: id.replace(/-preview$/, ''), model })),
		);
	const prefix = fc.constantFrom(
		'',
		'google/',
		'gemini/',
		'models/',
		'a/b/',
		'v3.0/',
		'x-preview/',
	);
	const space = fc.constantFrom('', ' ', '\n', '\t ');

	test('A known id leads to its model with any prefix, suffix, case and white space', () => {
		const changes = fc.record({
			before: space,
			prefix,
			isPreview: fc.boolean(),
			isThreePointZero: fc.boolean(),
			isUpper: fc.boolean(),
			after: space,
		});
		fc.assert(
			fc.property(known, changes, ({ id, model }, change) => {
				const name = change.isThreePointZero ? id.replace(/^gemini-3-/, 'gemini-3.0-') : id;
				const spelled = change.prefix + name + (change.isPreview ? '-preview' : '');
				const cased = change.isUpper ? spelled.toUpperCase() : spelled;
				expect(findModel(change.before + cased + change.after)).toBe(model);
			}),
		);
	});

	test('The prefix of an id never decides which model it is', () => {
		const near = fc.stringMatching(/^(?:gemini-|nano-banana|-|image|preview|[23]|\.[015]|pro|x)*$/);
		fc.assert(
			fc.property(near, prefix, (name, before) => {
				expect(findModel(before + name)).toBe(findModel(name));
			}),
		);
	});

	test.each([
		...['gemini-4-image', 'gemini-2.5-flash', 'gemini-2.5-flash-image-2', 'gemini-3-image', ''],
		...['google/', '-preview', 'nano-banana-3', 'imagen-4', 'constructor', 'gemini-30-pro-image'],
	])('The id %j leads to no model', (id) => {
		expect(findModel(id)).toBeUndefined();
	});
});
