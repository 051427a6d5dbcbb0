import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { imageFile, itemWith, startHarness, type Harness } from './harness';
import { model } from './refusal';

/** Ids of the models that draw in one size, in several spellings. */
const OF_ONE_SIZE = [
	...['gemini-2.5-flash-image', 'google/gemini-2.5-flash-image', 'gemini-2.5-flash-image-preview'],
	...['gemini-3.1-flash-lite-image', 'gemini-3.1-flash-lite-image-preview', 'nano-banana'],
	...['nano-banana-2-lite', 'Google/Gemini-3.1-Flash-Lite-Image'],
];
const OF_SEVERAL = [
	...['gemini-3.0-pro-image-preview', 'gemini-3-pro-image', 'google/gemini-3-pro-image'],
	...['gemini-3.1-flash-image-preview', 'nano-banana-2', 'gemini-nano-banana-2.1'],
];
const WAYS: INodeParameters[] = ['textToImage', 'imageToImage', 'chat'].map((operation) => ({
	operation,
}));
const OVER_IMAGES: INodeParameters[] = ['textToImage', 'imageToImage'].map((operation) => ({
	operation,
	options: { endpoint: 'images' },
}));

let harness: Harness;
beforeAll(async () => {
	harness = await startHarness();
});
afterAll(async () => await harness.close());

/** The body that is sent, if any. The emulator has a part of the models alone, which does not matter here. */
async function sentFor(parameters: INodeParameters) {
	const before = harness.emulator.requests.length;
	const input = [await itemWith(harness.engine, { data: await imageFile() })];
	const { error } = await harness.run(
		{ prompt: 'A fox', ...parameters },
		{ input, profile: 'tiny' },
	);
	const body = harness.emulator.requests.slice(before).at(-1)?.body as IDataObject | undefined;
	return { error, body, text: JSON.stringify(body) };
}

describe('models of one size', () => {
	test.each(OF_ONE_SIZE)('The model %s is sent no image_size, for 1K and for Auto', async (id) => {
		for (const way of [...WAYS, ...OVER_IMAGES]) {
			for (const imageSize of ['1K', 'auto', '={{ "1K" }}', '={{ " 1K " }}', '={{ undefined }}']) {
				const { body, text } = await sentFor({ ...way, ...model(id), imageSize });
				expect({ way, imageSize, model: body?.model }).toEqual({ way, imageSize, model: id });
				expect(text).not.toMatch(/image_size|image_config|1K/);
			}
		}
	});

	test.each(OF_ONE_SIZE)('The model %s is sent its Aspect Ratio without a size', async (id) => {
		for (const way of [WAYS[0]!, OVER_IMAGES[0]!]) {
			const shape = { imageSize: '1K', aspectRatio: '16:9' };
			const { body } = await sentFor({ ...way, ...model(id), ...shape });
			expect(body?.image_config).toEqual({ aspect_ratio: '16:9' });
		}
	});

	test.each(OF_ONE_SIZE)(
		'The model %s is refused any other size, and nothing is sent',
		async (id) => {
			for (const imageSize of ['2K', '4K', '512', '1k', '1024x1024']) {
				const { error, body } = await sentFor({ ...WAYS[0], ...model(id), imageSize });
				expect(error?.message).toContain(`does not take the Image Size '${imageSize}'`);
				expect(error).toMatchObject({ context: { details: { field: 'Image Size' } } });
				expect(body).toBeUndefined();
			}
		},
	);

	test('A size in Extra Body is sent as the user has written it, whatever the model', async () => {
		const options = { extraBody: '{"image_config":{"image_size":"1K"}}' };
		const { body } = await sentFor({ ...WAYS[0], ...model(OF_ONE_SIZE[0]!), options });
		expect(body?.image_config).toEqual({ image_size: '1K' });
	});
});

describe('models of several sizes', () => {
	test.each([...OF_SEVERAL, 'gemini-9-image'])(
		'The model %s is sent 1K if it is chosen, and nothing for Auto',
		async (id) => {
			for (const way of [...WAYS, ...OVER_IMAGES]) {
				const chosen = await sentFor({ ...way, ...model(id), imageSize: '1K' });
				expect(chosen.body).toMatchObject({ model: id, image_config: { image_size: '1K' } });
				const auto = await sentFor({ ...way, ...model(id), imageSize: 'auto' });
				expect(auto.body?.model).toBe(id);
				expect(auto.text).not.toContain('image_config');
			}
		},
	);
});
