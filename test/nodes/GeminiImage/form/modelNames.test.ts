import fc from 'fast-check';

import { goneAdvice, idsInsteadOf } from '../../../../nodes/GeminiImage/errors/goneModel';
import { guessModel, listName } from '../../../../nodes/GeminiImage/form/modelNames';
import {
	commonIdsOf,
	currentIdOf,
	findModel,
	MODELS,
} from '../../../../nodes/GeminiImage/form/models';

const FLASH_25 = 'gemini-2.5-flash-image';
const PRO = 'gemini-3-pro-image';
const FLASH_31 = 'gemini-3.1-flash-image';
const LITE = 'gemini-3.1-flash-lite-image';
const NEWEST = 'gemini-nano-banana-2.1';

const guessed = (text: string) => {
	const model = guessModel(text);
	return model && currentIdOf(model);
};

describe('the model that a text means', () => {
	test.each([
		// Typos: letters that are missing, doubled, wrong or in the wrong order.
		['gemini-2.5-flash-imgae', FLASH_25],
		['gemini-2.5-flash-imag', FLASH_25],
		['gemini-2.5-flash-images', FLASH_25],
		['gemini-2.5-falsh-image', FLASH_25],
		['gemni-2.5-flash-image', FLASH_25],
		['gemini-2.5-flash-iamge-preview', FLASH_25],
		['gemini-25-flash-image', FLASH_25],
		['gemini_2.5_flash_image', FLASH_25],
		['gemini 2.5 flash image', FLASH_25],
		['gemini-2,5-flash-image', FLASH_25],
		['gemini-2.5-flash-image.', FLASH_25],
		['"gemini-2.5-flash-image"', FLASH_25],
		['gemini-3-pro-iamge', PRO],
		['gemini-3-pro-image-preveiw', PRO],
		['gemini-3-pro-image-preview-', PRO],
		['gemini-3.0-pro-imge-preview', PRO],
		['gemini-3.1-flash-imgae', FLASH_31],
		['gemini-3.1-flash-lite-imgae', LITE],
		['gemini-nano-bannana-2.1', NEWEST],
		// Names of the market.
		['Nano Banana', FLASH_25],
		['nano_banana', FLASH_25],
		['NanoBanana', FLASH_25],
		['nano bananna', FLASH_25],
		['nano banana pro', PRO],
		['Nano-Banana Pro', PRO],
		['nanobananapro', PRO],
		['Nano Banana 2', FLASH_31],
		['Nano Banana 2 Lite', LITE],
		['Nano Banana 2.1', NEWEST],
		// What other services put around an id.
		['google/gemini-2.5-flash-image:free', FLASH_25],
		['google/gemini-2.5-flash-image-preview:free', FLASH_25],
		['google/gemini-3-pro-image-preview:nitro', PRO],
		['fal-ai/nano-banana', FLASH_25],
		['fal-ai/nano-banana/edit', FLASH_25],
		['fal-ai/nano-banana-pro', PRO],
		['fal-ai/nano-banana-pro/edit', PRO],
		['fal-ai/nano-banana-2/edit', FLASH_31],
		['fal-ai/gemini-25-flash-image/edit', FLASH_25],
		['fal-ai/gemini-3-pro-image-preview/edit', PRO],
		['replicate/google/nano-banana', FLASH_25],
		['google/nano-banana-pro:5bda2ea5', PRO],
		['models/gemini-2.5-flash-image', FLASH_25],
		['publishers/google/models/gemini-3-pro-image@default', PRO],
		['vertex_ai/gemini-3-pro-image', PRO],
		['gemini-2.5-flash-image-001', FLASH_25],
		['gemini-2.5-flash-image-preview-09-2025', FLASH_25],
		['gemini-3-pro-image-20251120', PRO],
		['gemini-3.1-flash-lite-image-001', LITE],
		['gemini-nano-banana-2.1-001', NEWEST],
	])('The text %j most likely means the model %s', (text, id) => {
		expect(guessed(text)).toBe(id);
	});

	test.each([
		...['', ' ', '-', '/', ':', '()', '-preview', 'x', 'image', 'gemini', 'gemini-', 'google/'],
		...['dall-e-3', 'dall-e-2', 'gpt-image-1', 'gpt-image-1.5', 'gpt-image-1-mini', 'gpt-4o'],
		...['flux-pro', 'black-forest-labs/flux.2-pro', 'stable-diffusion-xl', 'seedream-4', 'banana'],
		...['gemini-2.5-flash', 'gemini-2.5-flash-lite', 'gemini-2.5-pro', 'gemini-3-pro'],
		...['google/gemini-2.5-flash:free', 'gemini-3.1-flash-lite', 'gemini-2.5-flash-preview-tts'],
		...['imagen-4', 'imagen-4.0-generate-001', 'google/imagen-4-ultra', 'imagen-3', 'veo-3'],
		...['qwen-image', 'qwen-image-edit', 'kling-v2', 'midjourney', 'recraft-v3', 'ideogram-v3'],
		...['constructor', '__proto__', '图像', '🍌', '🐈'.repeat(100)],
	])('The text %j means none of the models', (text) => {
		expect(guessed(text)).toBeUndefined();
	});

	test.each(MODELS.map((model) => [currentIdOf(model), model] as const))(
		'Each name that our lists and messages give the model %s means that model',
		(_id, model) => {
			const names = [
				...[...model.ids, ...commonIdsOf(model)],
				...[model.name, model.marketName ?? model.name, listName(model)],
				`${model.name} (${model.marketName ?? model.name})`,
				...model.ids.map((id) => `${listName(model)} [${id}]`),
			];
			for (const name of names) {
				for (const written of [name, name.toLowerCase(), name.toUpperCase(), ` ${name}\n`]) {
					expect([written, guessModel(written)?.name]).toEqual([written, model.name]);
				}
			}
		},
	);

	/** Every id of each model, in each of some ways of writing it; those that do not mean the model. */
	function missed(write: (id: string) => string[]) {
		return MODELS.flatMap((model) =>
			model.ids
				.flatMap(write)
				.filter((text) => guessModel(text) !== model)
				.map((text) => `${text}: ${guessModel(text)?.name}, not ${model.name}`),
		);
	}
	/** The places of an id whose character is a letter. Its digits are what tells the models apart. */
	const lettersOf = (id: string) => [...id].flatMap((each, at) => (/[a-z]/.test(each) ? [at] : []));

	test('An id with two of its neighbouring letters exchanged means the same model', () => {
		expect(
			missed((id) =>
				lettersOf(id)
					.filter((at) => /[a-z]/.test(id[at + 1] ?? ''))
					.map((at) => id.slice(0, at) + id[at + 1] + id[at] + id.slice(at + 2)),
			),
		).toEqual([]);
	});

	test('An id that lacks a letter, doubles one or has a wrong one means the same model', () => {
		const withTypo = (id: string, at: number) =>
			['', id[at]!.repeat(2), 'x'].map((typo) => id.slice(0, at) + typo + id.slice(at + 1));
		expect(missed((id) => lettersOf(id).flatMap((at) => withTypo(id, at)))).toEqual([]);
	});

	test('An id means its model with whatever other services put around it', () => {
		const before = ['', 'google/', 'models/', 'fal-ai/', 'openrouter/google/', 'r/'];
		const behind = [
			'',
			':free',
			'/edit',
			'-001',
			'@001',
			':5bda2ea5',
			'/text-to-image',
			'-latest',
			'-edit',
		];
		expect(
			missed((id) => before.flatMap((prefix) => behind.map((suffix) => prefix + id + suffix))),
		).toEqual([]);
	});

	test('A very long text is looked at within a moment, and means a model only by its start', () => {
		const before = Date.now();
		expect(guessed('x'.repeat(5_000_000))).toBeUndefined();
		expect(guessed('/'.repeat(5_000_000))).toBeUndefined();
		expect(guessed(`${'x/'.repeat(2_000_000)}gemini-2.5-flash-imgae`)).toBeUndefined();
		expect(guessed(`gemini-2.5-flash-image${' x'.repeat(2_000_000)}`)).toBe(FLASH_25);
		expect(Date.now() - before).toBeLessThan(1000);
	});

	test('No text whatever makes the guess fail', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
				guessModel(text);
				expect(idsInsteadOf(text)).not.toContain(text);
				expect(goneAdvice(text)).not.toMatch(/undefined|''/);
			}),
		);
	});
});

describe('the ids that are offered instead', () => {
	test.each([
		['gemini-2.5-flash-imgae', FLASH_25],
		['google/gemini-2.5-flash-image:free', FLASH_25],
		['fal-ai/nano-banana/edit', FLASH_25],
		['nano banana pro', PRO],
		['models/gemini-3-pro-image-preview', PRO],
		['gemini-3-pro-image-001', PRO],
		['Gemini 3.1 Flash Lite Image (Nano Banana 2 Lite)', LITE],
		['gemini-nano-banana-21', NEWEST],
	])('For %s, the id of the same model is offered first: %s', (text, id) => {
		expect(idsInsteadOf(text)[0]).toBe(id);
	});

	test.each([
		['Gemini-2.5-Flash-Image', FLASH_25],
		['GEMINI-3.1-FLASH-IMAGE', FLASH_31],
		['GEMINI-3-PRO-IMAGE', PRO],
	])('For %s, which differs by its case alone, %s is offered first', (text, id) => {
		expect(idsInsteadOf(text)[0]).toBe(id);
	});

	test.each([
		['nano-banana', FLASH_25],
		['nano-banana-2', FLASH_31],
		['nano-banana-pro', PRO],
		['nano-banana-2-lite', LITE],
		['nano-banana-2.1', NEWEST],
	])("For %s, another service's id, %s is offered first", (text, id) => {
		expect(idsInsteadOf(text)[0]).toBe(id);
	});

	test('A model that has been followed gets its successor as the second choice, behind itself', () => {
		const ids = idsInsteadOf('gemini-2.5-flash-imgae');
		expect(ids.indexOf(NEWEST)).toBeGreaterThan(ids.indexOf(FLASH_25));
		expect(ids).toContain(NEWEST);
	});

	test('No id is offered in the place of another that is the same, nor twice, nor one that nobody knows', () => {
		const texts = [
			...MODELS.flatMap(({ ids, name, marketName }) => [...ids, name, marketName ?? name]),
			...MODELS.flatMap(({ ids }) => ids.map((id) => `google/${id}`)),
			...['fal-ai/nano-banana/edit', 'gemini-2.5-flash-imgae', 'dall-e-3', ''],
		];
		for (const text of texts) {
			const ids = idsInsteadOf(text);
			expect(ids).not.toContain(text);
			expect(new Set(ids).size).toBe(ids.length);
			for (const id of ids) expect(findModel(id)).toBeDefined();
			// Google has switched these off.
			expect(ids.filter((id) => id.endsWith('-preview'))).toEqual([]);
		}
	});

	test.each(['dall-e-3', 'gpt-image-1', 'flux-pro', 'imagen-4', 'gemini-2.5-flash', ''])(
		'For %j, no id is offered, and the advice has the names of the list',
		(text) => {
			expect(idsInsteadOf(text)).toEqual([]);
			for (const { name } of MODELS) expect(goneAdvice(text)).toContain(name);
		},
	);
});
