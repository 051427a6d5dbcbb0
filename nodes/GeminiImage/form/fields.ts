import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { byModel, choicesOf } from './choices';
import { listName } from './modelNames';
import {
	ASPECT_RATIOS,
	currentIdOf,
	DEFAULT_MODEL,
	findModel,
	IMAGE_SIZES,
	MODELS,
	sideOf,
} from './models';
import {
	converses,
	givesImages,
	givesImagesAlone,
	shownFor,
	takesImages,
	type ImageSource,
	type OperationFacts,
} from './operations';
import { optionsField } from './options';

/** The node's inputs as n8n reads them: a conversation has one for its memory. */
export function inputsFor(operations: OperationFacts[]): `={{${string}}}` {
	const values = JSON.stringify(operations.filter(converses).map(({ value }) => value));
	const memory = JSON.stringify({ type: 'ai_memory', displayName: 'Memory', maxConnections: 1 });
	return `={{ ${values}.includes($parameter.operation) ? ["main", ${memory}] : ["main"] }}`;
}

/** All fields below Operation, in the order of the form. */
export function fieldsFor(operations: OperationFacts[]): INodeProperties[] {
	return [
		modelField,
		...operations.map(promptField),
		...operations.flatMap(imageSourceField),
		{ ...binaryField, ...shownWith(operations, 'binary') },
		{ ...urlsField, ...shownWith(operations, 'url') },
		...byModel(
			{ ...aspectRatioField, ...shownFor(operations, givesImages) },
			'aspectRatios',
			'model',
		),
		...byModel({ ...imageSizeField, ...shownFor(operations, givesImages) }, 'imageSizes', 'model'),
		{ ...countField, ...shownFor(operations, givesImagesAlone) },
		optionsField(operations),
	];
}

const defaultModel = findModel(DEFAULT_MODEL);

/** For an example: one that Google has not ended. */
const lasting = MODELS.find(({ ended }) => ended === undefined);

const modelField: INodeProperties = {
	displayName: 'Model',
	name: 'model',
	type: 'resourceLocator',
	default: {
		mode: 'list',
		value: DEFAULT_MODEL,
		cachedResultName: defaultModel && listName(defaultModel),
	},
	required: true,
	description: 'The model that draws',
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			typeOptions: { searchListMethod: 'searchModels', searchable: true },
		},
		{
			displayName: 'ID',
			name: 'id',
			type: 'string',
			placeholder: `e.g. ${lasting && currentIdOf(lasting)}`,
		},
	],
};

function promptField({
	value,
	placeholder,
	promptDefault,
	promptDescription,
}: OperationFacts): INodeProperties {
	return {
		displayName: 'Prompt',
		name: 'prompt',
		type: 'string',
		typeOptions: { rows: 4 },
		required: true,
		default: promptDefault,
		placeholder: `e.g. ${placeholder}`,
		description: promptDescription,
		displayOptions: { show: { operation: [value] } },
	};
}

const SOURCES: Record<ImageSource, Omit<INodePropertyOptions, 'value'>> = {
	auto: { name: 'Automatic', description: 'The image files of the input item' },
	binary: { name: 'Binary Field', description: 'Files in the binary fields that you name' },
	binaryAndUrl: {
		name: 'Binary Field and URL',
		description: 'Files in the binary fields that you name, then addresses',
	},
	none: { name: 'None', description: 'Text only' },
	url: {
		name: 'URL',
		description: 'Addresses that the service loads itself, or links that this node made',
	},
};

function imageSourceField(operation: OperationFacts): INodeProperties[] {
	const { value, imageSources } = operation;
	if (!imageSources) return [];
	const [preset] = imageSources;
	const newest = converses(operation) ? '; without any, the newest of the conversation' : '';
	const options = Object.entries(SOURCES)
		.filter(([source]) => imageSources.includes(source as ImageSource))
		.map(([source, texts]) => ({ ...texts, value: source }));
	return [
		{
			displayName: 'Image Source',
			name: 'imageSource',
			type: 'options',
			options,
			default: preset,
			description: `Where the input images come from. Automatic takes the image files of the item${newest}.`,
			displayOptions: { show: { operation: [value] } },
		},
	];
}

/** What shows a field of one Image Source. */
function shownWith(operations: OperationFacts[], source: 'binary' | 'url') {
	const { displayOptions } = shownFor(operations, takesImages);
	const show = { ...displayOptions?.show, imageSource: [source, 'binaryAndUrl'] };
	return { displayOptions: { show } };
}

const binaryField: INodeProperties = {
	displayName: 'Input Data Field Name',
	name: 'binaryPropertyName',
	type: 'string',
	required: true,
	default: 'data',
	placeholder: 'e.g. data',
	hint: 'The name of the input binary field containing the image, several with commas, or * for all',
	description: 'Which files of the input item to send, in this order',
};

const urlsField: INodeProperties = {
	displayName: 'Image URLs',
	name: 'imageUrls',
	type: 'string',
	typeOptions: { multipleValues: true, multipleValueButtonText: 'Add URL' },
	required: true,
	default: [],
	placeholder: 'e.g. https://example.com/photo.jpg',
	description:
		'Addresses of images that the service can reach, Image Links of this n8n, or data URLs',
};

/** `1, 2 or 3` */
function anyOf(numbers: number[]): string {
	return numbers.join(', ').replace(/, (?=\d+$)/, ' or ');
}

const aspectRatioField: INodeProperties = {
	displayName: 'Aspect Ratio',
	name: 'aspectRatio',
	type: 'options',
	options: choicesOf(ASPECT_RATIOS, 'aspectRatios'),
	default: 'auto',
	description: 'Width to height of the image, as far as the chosen model offers it',
};

const imageSizeField: INodeProperties = {
	displayName: 'Image Size',
	name: 'imageSize',
	type: 'options',
	options: choicesOf(IMAGE_SIZES, 'imageSizes'),
	default: 'auto',
	description: `Resolution of the image, as far as the chosen model offers it; a square one has ${anyOf(IMAGE_SIZES.map(sideOf))} pixels a side`,
};

const countField: INodeProperties = {
	displayName: 'Number of Images',
	name: 'numberOfImages',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 10 },
	default: 1,
	description: 'How many images to ask for, 1 to 10; each is a request of its own',
};
