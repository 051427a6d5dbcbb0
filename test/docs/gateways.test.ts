import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { startHarness, type Harness } from '../workflow/harness';
import { readPage } from './markdown';

/** The examples of the page, by the field that each is about. */
const EXAMPLES = Object.fromEntries(
	readPage('docs/gateways.md').blocks.map(({ text }) => {
		const example = JSON.parse(text) as IDataObject;
		return [Object.keys(example).join(), example];
	}),
);

let harness: Harness;
beforeAll(async () => {
	harness = await startHarness();
});
afterAll(() => harness.close());

/** As the emulator's gateway lists it. */
const MODEL = 'google/gemini-3.0-pro-image-preview';

/** Draws through the emulator's gateway, with examples in Extra Body. */
async function draw(fields: string[], options: INodeParameters = {}) {
	const { emulator, run, lastBody } = harness;
	const extraBody = Object.assign({}, ...fields.map((field) => EXAMPLES[field])) as IDataObject;
	const { output } = await run(
		{
			model: { __rl: true, mode: 'id', value: MODEL },
			operation: 'textToImage',
			prompt: 'Draw a fox',
			options: { ...options, extraBody: JSON.stringify(extraBody) },
		},
		{
			onError: 'continueRegularOutput',
			credentials: {
				apiKey: emulator.apiKey,
				authorizationFormat: 'bearer',
				baseUrl: emulator.baseUrl('gateway'),
			},
		},
	);
	expect(lastBody()).toMatchObject({ model: MODEL, ...extraBody });
	return output('Gemini Image')[0]?.json as IDataObject & { image: IDataObject };
}

test('A gateway without Extra Body answers with words and no image', async () => {
	const { error } = await draw([]);
	expect(error).toMatch(/^The model answered without an image \(finish reason: stop\): Here it is/);
});

test('The field modalities brings the image from a gateway, but no usage of a stream', async () => {
	const { image, usage } = await draw(['modalities']);
	expect(image).toMatchObject({ mimeType: 'image/png', width: 1408 });
	expect(usage).toBeNull();
	expect((await draw(['modalities'], { stream: false })).usage).toHaveProperty('total_tokens');
});

test('The field stream_options brings the usage of a stream from a gateway', async () => {
	const { usage } = await draw(['modalities', 'stream_options']);
	expect(usage).toHaveProperty('total_tokens');
});

test('The field extra_body brings ratio and size from a gateway, together with all other examples', async () => {
	expect(Object.keys(EXAMPLES)).toEqual(['modalities', 'stream_options', 'extra_body']);
	const { image, usage } = await draw(Object.keys(EXAMPLES));
	expect(image).toMatchObject({ width: 2752, height: 1536 });
	expect(usage).toHaveProperty('total_tokens');
});
