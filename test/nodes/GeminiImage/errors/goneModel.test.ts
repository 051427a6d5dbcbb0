import {
	goneAdvice,
	idsInsteadOf,
	isModelGone,
} from '../../../../nodes/GeminiImage/errors/goneModel';

describe('what services say of a model that is gone', () => {
	test.each([
		[400, 'google/gemini-3-pro-image-preview is not a valid model ID'],
		[400, '/chat/completions: Invalid model name passed in model=nano-banana'],
		[400, "The requested model 'gemini-2.5-flash-image' is not supported."],
		[400, 'Unsupported model gemini-3-pro-image-preview'],
		[404, 'The model does not exist'],
		[404, 'model_not_found'],
		[
			404,
			'models/gemini-3-pro-image-preview is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models.',
		],
		[404, 'This model models/gemini-2.5-flash-image is no longer available to new users.'],
		[404, 'Publisher Model `projects/p/models/gemini-2.5-flash-image` was not found'],
		[404, 'No endpoints found for google/gemini-2.5-flash-image-preview.'],
		[404, 'gemini-3.1-flash-image-preview has been retired'],
		[502, 'upstream_error: unknown model'],
		[503, 'No available channel for model gemini-2.5-flash-image under group default'],
		[503, '当前分组 default 下对于模型 gemini-3-pro-image-preview 无可用渠道'],
		[503, 'the price of the model is not set (model: gemini-3.0-pro-image-preview)'],
	])('A %i that says "%s" means that the model is gone', (status, message) => {
		expect(isModelGone(status, message)).toBe(true);
	});

	test.each([
		[400, 'Invalid request parameters'],
		[400, "image_config.image_size: '4K' is not supported by this model"],
		[400, "Model gemini-2.5-flash-image: aspect_ratio '1:8' is not supported"],
		[400, 'model gemini-3-pro-image: MIME type image/gif not supported'],
		[400, 'Thinking level low is not supported for model gemini-3.1-flash-lite-image'],
		[400, 'API key not found. Please pass a valid API key.'],
		[404, 'Not Found'],
		[404, 'No such route: POST /v1/v1/chat/completions'],
		[502, 'Upstream request failed'],
		[503, 'The model is overloaded. Please try again later.'],
		[503, 'The model gemini-3-pro-image is temporarily not available'],
		[503, 'The service is overloaded'],
		...[401, 402, 403, 413, 429, 500, 504].map((status): [number, string] => [
			status,
			'The model does not exist',
		]),
	])('A %i that says "%s" does not mean that the model is gone', (status, message) => {
		expect(isModelGone(status, message)).toBe(false);
	});

	test('Only the start of a long message can say that the model is gone', () => {
		expect(isModelGone(404, `${'-'.repeat(5000)} model not found`)).toBe(false);
		expect(isModelGone(404, `model not found ${'-'.repeat(5_000_000)}`)).toBe(true);
	});
});

describe('the successors of a model', () => {
	const NEWEST = ['gemini-nano-banana-2.1', 'google/gemini-nano-banana-2.1'];
	const PRO = ['gemini-3-pro-image', 'google/gemini-3-pro-image'];

	test.each([
		['gemini-3.0-pro-image-preview', PRO],
		['gemini-3-pro-image-preview', PRO],
		['google/gemini-3-pro-image-preview', PRO],
		[
			'GEMINI-3.1-FLASH-IMAGE-PREVIEW',
			['gemini-3.1-flash-image', 'google/gemini-3.1-flash-image', ...NEWEST],
		],
		[
			'gemini-2.5-flash-image-preview',
			['gemini-2.5-flash-image', 'google/gemini-2.5-flash-image', ...NEWEST],
		],
		['gemini-2.5-flash-image', NEWEST],
		['google/nano-banana', ['gemini-2.5-flash-image', ...NEWEST]],
		['models/gemini-2.5-flash-image', ['gemini-2.5-flash-image', ...NEWEST]],
		['gemini-2.5-flash-imgae', ['gemini-2.5-flash-image', ...NEWEST]],
		['nano banana pro', PRO],
		['Nano Banana 2 Lite', ['gemini-3.1-flash-lite-image', 'google/gemini-3.1-flash-lite-image']],
		['gemini-3.1-flash-image', NEWEST],
		['nano-banana-pro', PRO],
		['gemini-3-pro-image', ['google/gemini-3-pro-image']],
		['google/gemini-nano-banana-2.1', ['gemini-nano-banana-2.1']],
		['gemini-9-image', []],
	])('The successors of %s are %j, and the advice names each of them', (id, ids) => {
		expect(idsInsteadOf(id)).toEqual(ids);
		for (const next of ids) expect(goneAdvice(id)).toContain(`'${next}'`);
	});

	test.each([
		[
			'gemini-3.0-pro-image-preview',
			"Google has switched off the preview of Gemini 3 Pro Image (as of November 2026): set 'Model' to 'gemini-3-pro-image' or 'google/gemini-3-pro-image'",
		],
		[
			'gemini-2.5-flash-image',
			"Nano Banana 2.1 follows Gemini 2.5 Flash Image: set 'Model' to 'gemini-nano-banana-2.1' or 'google/gemini-nano-banana-2.1'",
		],
		[
			'google/gemini-3-pro-image',
			"Gemini 3 Pro Image may have another id here: set 'Model' to 'gemini-3-pro-image'",
		],
		[
			'google/gemini-2.5-flash-image',
			"Gemini 2.5 Flash Image may have another id here, and Nano Banana 2.1 follows it: set 'Model' to 'gemini-2.5-flash-image', 'gemini-nano-banana-2.1' or 'google/gemini-nano-banana-2.1'",
		],
		[
			'nano banana pro',
			"Gemini 3 Pro Image may be meant: set 'Model' to 'gemini-3-pro-image' or 'google/gemini-3-pro-image'",
		],
		[
			'gpt-image-9',
			"Choose another 'Model'; its list has Gemini 2.5 Flash Image, Gemini 3 Pro Image, Gemini 3.1 Flash Image, Gemini 3.1 Flash Lite Image, Nano Banana 2.1, and what else the account offers",
		],
	])('The advice for the gone model %s reads as its row says', (id, advice) => {
		expect(goneAdvice(id)).toBe(advice);
	});
});
