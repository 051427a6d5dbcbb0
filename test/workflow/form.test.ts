import { NodeHelpers, type INode, type INodeParameters, type INodeProperties } from 'n8n-workflow';

import { GeminiImage } from '../../index';
import { fieldsFor } from '../../nodes/GeminiImage/form/fields';
import { MODELS } from '../../nodes/GeminiImage/form/models';
import { operations } from '../../nodes/GeminiImage/operations';
import { DESCRIBE } from '../nodes/helpers';
import { startHarness, type Harness } from './harness';

const { description } = new GeminiImage();
const node: INode = {
	id: 'n',
	name: 'Gemini Image',
	type: 'n8n-nodes-nexconn.geminiImage',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};
const modelOf = (value: string): INodeParameters => ({
	model: { __rl: true, mode: 'id', value },
});

/** All parameters as the editor fills them in, those that are hidden left out. */
const fill = (parameters: INodeParameters, { properties } = description) =>
	NodeHelpers.getNodeParameters(
		properties,
		parameters,
		true,
		false,
		node,
		description,
	) as INodeParameters;

/** The fields and the options that the editor shows. */
function allShown(parameters: INodeParameters, type = description): INodeProperties[] {
	const values = fill(parameters, type);
	const isShown = (among: INodeParameters) => (field: INodeProperties) =>
		NodeHelpers.displayParameter(among, field, node, type, values);
	const { options = [] } = type.properties.find((field) => field.name === 'options') ?? {};
	return [
		...type.properties.filter(isShown(values)),
		// What shows an option is looked for among the options, unless a slash leads out of them.
		...(options as INodeProperties[]).filter(isShown(values.options as INodeParameters)),
	];
}

/** The variants of a field, or of an option, that the editor shows. */
function shown(name: string, parameters: INodeParameters): INodeProperties[] {
	return allShown(parameters).filter((field) => field.name === name);
}

function offered(name: string, model: string) {
	const fields = shown(name, modelOf(model));
	expect(fields).toHaveLength(1);
	const [field] = fields;
	const values = (field?.options ?? []).map((option) => 'value' in option && option.value);
	expect(values).toContain(field?.default);
	return values.filter((value) => value !== 'auto').sort();
}

const FIELDS = [
	['aspectRatio', 'aspectRatios'],
	['imageSize', 'imageSizes'],
	['reasoningEffort', 'reasoningEfforts'],
] as const;
const ALL = {
	aspectRatio: [...new Set(MODELS.flatMap((model) => model.aspectRatios))].sort(),
	imageSize: [...new Set(MODELS.flatMap((model) => model.imageSizes))].sort(),
	reasoningEffort: ['high', 'low', 'medium', 'minimal', 'none'],
};

describe('fields of the form', () => {
	const spellings = MODELS.flatMap((model) =>
		model.ids
			.flatMap((id) => [id, `${id.replace(/-preview$/, '')}-preview`])
			.map((id) => ({ id, model })),
	);

	test.each(spellings)('The form offers exactly what the model $id takes', ({ id, model }) => {
		for (const [name, limit] of FIELDS) {
			const taken = model[limit].length > 0 ? model[limit] : ALL[name];
			// A single one beside Auto is no choice.
			expect(offered(name, id)).toEqual(taken.length === 1 ? [] : [...taken].sort());
		}
	});

	test.each([
		...['gemini-9-image', 'gemini-2.5-flash-image-2', '={{ $json.model }}', '', ' ', '~'],
		// Between the names of known ids, and with the prefix of a gateway.
		...['gemini-2.5-flash-imagf', 'gemini-3', 'nano', 'nano-banana-1', 'zzz', 'Nano-Banana'],
		...['google/gemini-2.5-flash-image', 'models/gemini-3-pro-image', 'gemini/nano-banana-2'],
	])('The form offers everything if the model is %j', (id) => {
		for (const [name] of FIELDS) expect(offered(name, id)).toEqual(ALL[name]);
	});

	test('The description of the node, which each editor loads, takes at most 22 KB', () => {
		expect(JSON.stringify(description).length).toBeLessThan(22 * 1024);
	});

	test('A new node offers the sizes of its default model, and has Auto chosen', () => {
		expect(fill({})).toMatchObject({ aspectRatio: 'auto', imageSize: 'auto' });
		const [field] = shown('imageSize', {});
		expect(field?.options).toMatchObject([{ value: 'auto' }]);
		expect(shown('imageSize', {})).toHaveLength(1);
	});

	test('An Image Size that only some models take says which they are', () => {
		const [field] = shown('imageSize', modelOf('some-other-model'));
		expect(field?.options).toEqual([
			expect.objectContaining({ value: 'auto' }),
			{ name: '512', value: '512', description: 'Only Gemini 3.1 Flash Image' },
			{ name: '1K', value: '1K' },
			...['2K', '4K'].map((value) => ({
				name: value,
				value,
				description: 'Only Gemini 3 Pro Image, Gemini 3.1 Flash Image, Nano Banana 2.1',
			})),
		]);
	});

	test('A saved choice stays in the form, whatever the model', () => {
		const saved = { aspectRatio: '8:1', imageSize: '4K', options: { reasoningEffort: 'low' } };
		for (const { id } of spellings) expect(fill({ ...modelOf(id), ...saved })).toMatchObject(saved);
	});
});

describe('fields of an operation', () => {
	/** What all operations have. */
	const COMMON = [
		...['resource', 'operation', 'model', 'prompt', 'options', 'extraBody', 'maxConcurrency'],
		...['maxRetries', 'maxTokens', 'reasoningEffort', 'safetySettings', 'simplify', 'stream'],
		...['systemMessage', 'temperature', 'timeout', 'topK', 'topP'],
	];
	const TAKES_IMAGES = ['imageSource', 'binaryPropertyName', 'combineItems', 'labelImages'];
	const GIVES_IMAGES = [
		...['aspectRatio', 'imageSize', 'binaryPropertyOutput', 'fileName'],
		...['imageLink', 'imageLinkHours', 'imagesPerReply'],
	];
	const IMAGES_ALONE = ['numberOfImages', 'endpoint'];

	const withDescribe: typeof description = {
		...description,
		properties: [
			...description.properties.filter(({ name }) => /^(?:resource|operation)$/.test(name)),
			...fieldsFor([...operations, DESCRIBE]),
		],
	};

	const BOTH = [description, withDescribe];

	test.each([
		['chat', BOTH, [...TAKES_IMAGES, ...GIVES_IMAGES, 'history']],
		['imageToImage', BOTH, [...TAKES_IMAGES, ...GIVES_IMAGES, ...IMAGES_ALONE]],
		['textToImage', BOTH, [...GIVES_IMAGES, ...IMAGES_ALONE]],
		// It gives words alone.
		['describe', [withDescribe], TAKES_IMAGES],
	])(
		'The form shows for the operation %s the fields and options that it has, each once',
		(operation, types, own) => {
			const source = own.includes('imageSource') ? { imageSource: 'binary' } : {};
			for (const id of [...MODELS.map(({ ids }) => ids[0]), 'gemini-9-image']) {
				for (const type of types) {
					const fields = allShown({ operation, ...source, ...modelOf(id) }, type);
					expect(fields.map(({ name }) => name).sort()).toEqual([...COMMON, ...own].sort());
				}
			}
		},
	);
});

describe('the form in a run', () => {
	let harness: Harness;

	beforeAll(async () => {
		harness = await startHarness();
	});
	afterAll(async () => await harness.close());

	test.each([
		['gemini-nano-banana-2.1', '21:9', '1K'],
		['google/gemini-3-pro-image', '4:5', '2K'],
		['gemini-3.1-flash-image-preview', '8:1', '512'],
		['somebodys-model', '1:8', '4K'],
		['={{ "gemini-3.1-flash-image" }}', '1:4', '512'],
	])(
		'The model %s is sent the ratio %s and the size %s that the form shows',
		async (id, aspectRatio, imageSize) => {
			const options = { maxRetries: 0 };
			const parameters = { ...modelOf(id), prompt: 'A fox', aspectRatio, imageSize, options };
			await harness.run(parameters, { profile: 'tiny' });
			expect(harness.lastBody()).toMatchObject({
				image_config: { aspect_ratio: aspectRatio, image_size: imageSize },
			});
		},
	);

	test('A saved Image Size that the model does not take is refused, not dropped', async () => {
		const { error } = await harness.run({ prompt: 'A fox', imageSize: '4K' });
		expect(error?.message).toBe(
			"Gemini 2.5 Flash Image does not take the Image Size '4K'; it takes 1K",
		);
	});
});

describe('words of the form', () => {
	test('Each operation has a prompt field with a placeholder and a description of its own', () => {
		const prompts = description.properties.filter(({ name }) => name === 'prompt');
		expect(prompts).toHaveLength(operations.length);
		for (const key of ['placeholder', 'description'] as const) {
			expect(new Set(prompts.map((field) => field[key])).size).toBe(operations.length);
		}
	});

	test('The form calls an image an image, never a picture', () => {
		expect(JSON.stringify(description)).not.toMatch(/picture/i);
	});
});
