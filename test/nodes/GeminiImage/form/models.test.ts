import {
	ASPECT_RATIOS,
	DEFAULT_MODEL,
	findModel,
	IMAGE_SIZES,
	MODELS,
} from '../../../../nodes/GeminiImage/form/models';

const TEN = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'];
const NARROW = ['1:4', '4:1', '1:8', '8:1'];
const COMMON = ['image/png', 'image/jpeg', 'image/webp'];
const PHONE = ['image/heic', 'image/heif'];

test.each([
	['gemini-2.5-flash-image', TEN, ['1K'], 3, COMMON],
	['gemini-3.0-pro-image-preview', TEN, ['1K', '2K', '4K'], 14, [...COMMON, ...PHONE]],
	[
		'gemini-3.1-flash-image-preview',
		[...TEN, ...NARROW],
		['512', '1K', '2K', '4K'],
		14,
		[...COMMON, ...PHONE],
	],
])('%s takes what the reference says', (id, ratios, imageSizes, maxInputImages, inputTypes) => {
	const model = findModel(id);
	expect(model).toMatchObject({ id, imageSizes, maxInputImages, inputTypes });
	expect([...(model?.aspectRatios ?? [])].sort()).toEqual([...ratios].sort());
});

test('the form offers every ratio and size of the contract', () => {
	expect([...ASPECT_RATIOS].sort()).toEqual([...TEN, ...NARROW].sort());
	expect(IMAGE_SIZES).toEqual(['512', '1K', '2K', '4K']);
});

test('the default is a known model', () => {
	expect(DEFAULT_MODEL).toBe('gemini-2.5-flash-image');
	expect(findModel(DEFAULT_MODEL)).toBeDefined();
	expect(new Set(MODELS.map(({ id }) => id)).size).toBe(MODELS.length);
});

test.each(['gemini-4-image', 'Gemini-2.5-flash-image', 'google/gemini-2.5-flash-image', ''])(
	'%j is not known, so its values are not checked',
	(id) => {
		expect(findModel(id)).toBeUndefined();
	},
);
