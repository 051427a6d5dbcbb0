import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { byModel, choicesOf } from './choices';
import { ASPECT_RATIOS, DEFAULT_MODEL, IMAGE_SIZES, listName, MODELS } from './models';
import { shownFor, type ImageSource, type OperationFacts } from './operationFacts';
import { optionsField } from './optionFields';

/** All fields below Operation, in the order of the form. */
export function fieldsFor(operations: OperationFacts[]): INodeProperties[] {
	return [
		modelField,
		...operations.map(promptField),
		...operations.flatMap(imageSourceField),
		{ ...binaryField, displayOptions: shownFrom(operations, 'binary') },
		{ ...urlsField, displayOptions: shownFrom(operations, 'url') },
		...byModel(aspectRatioField, 'aspectRatios', 'model'),
		...byModel(imageSizeField, 'imageSizes', 'model'),
		{ ...countField, displayOptions: shownFor(operations, 'isRepeatable') },
		optionsField(operations),
	];
}

const modelField: INodeProperties = {
	displayName: 'Model',
	name: 'model',
	type: 'resourceLocator',
	default: {
		mode: 'list',
		value: DEFAULT_MODEL,
		cachedResultName: MODELS[0] && listName(MODELS[0]),
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
			placeholder: `e.g. ${MODELS[1]?.id}`,
		},
	],
};

function promptField({ value, placeholder, promptDescription }: OperationFacts): INodeProperties {
	return {
		displayName: 'Prompt',
		name: 'prompt',
		type: 'string',
		typeOptions: { rows: 4 },
		required: true,
		default: '',
		placeholder: `e.g. ${placeholder}`,
		description: promptDescription,
		displayOptions: { show: { operation: [value] } },
	};
}

const SOURCES: Record<ImageSource, Omit<INodePropertyOptions, 'value'>> = {
	auto: {
		name: 'Automatic',
		description: 'Images of the input item or, without any, the newest of the conversation',
	},
	binary: { name: 'Binary Field', description: 'Files of the input item' },
	binaryAndUrl: {
		name: 'Binary Field and URL',
		description: 'Files of the input item, then addresses',
	},
	none: { name: 'None', description: 'Text only' },
	url: { name: 'URL', description: 'Addresses that the service loads itself, or Image Links' },
};

function imageSourceField({
	value,
	imageSources,
	defaultSource,
}: OperationFacts): INodeProperties[] {
	if (!imageSources) return [];
	const options = Object.entries(SOURCES)
		.filter(([source]) => imageSources.includes(source as ImageSource))
		.map(([source, texts]) => ({ ...texts, value: source }));
	return [
		{
			displayName: 'Image Source',
			name: 'imageSource',
			type: 'options',
			options,
			default: defaultSource,
			description: 'Where the input images come from',
			displayOptions: { show: { operation: [value] } },
		},
	];
}

function shownFrom(operations: OperationFacts[], source: 'binary' | 'url') {
	const { show } = shownFor(operations, 'imageSources');
	return { show: { ...show, imageSource: [source, 'binaryAndUrl'] } };
}

const binaryField: INodeProperties = {
	displayName: 'Input Data Field Name',
	name: 'binaryPropertyName',
	type: 'string',
	required: true,
	default: 'data',
	placeholder: 'e.g. data',
	hint: 'The name of the input field containing the image, several with commas, or * for all images',
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
	description:
		'Resolution of the image, as far as the chosen model offers it; a square one has 512, 1024, 2048 or 4096 pixels a side',
};

const countField: INodeProperties = {
	displayName: 'Number of Images',
	name: 'numberOfImages',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 10 },
	default: 1,
	description: 'How many images to ask for, 1 to 10; each is a request of its own',
};
