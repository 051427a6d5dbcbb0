import type { INodeProperties } from 'n8n-workflow';

import { ASPECT_RATIOS, DEFAULT_MODEL, IMAGE_SIZES, MODELS } from './models';

/** Form fields that several operations share. */

export const modelField: INodeProperties = {
	displayName: 'Model',
	name: 'model',
	type: 'resourceLocator',
	default: { mode: 'list', value: DEFAULT_MODEL, cachedResultName: MODELS[0]?.name },
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

export const promptField: INodeProperties = {
	displayName: 'Prompt',
	name: 'prompt',
	type: 'string',
	typeOptions: { rows: 4 },
	required: true,
	default: '',
	placeholder: 'e.g. A cute orange cat on a windowsill, watching the sunset',
	description: 'What to draw, change or answer',
};

const BINARY = { name: 'Binary Field', value: 'binary', description: 'Files of the input item' };
const URL = { name: 'URL', value: 'url', description: 'Addresses that the service loads itself' };
const BOTH = {
	name: 'Binary Field and URL',
	value: 'binaryAndUrl',
	description: 'Files of the input item, then addresses',
};
const NONE = { name: 'None', value: 'none', description: 'Text only' };

const imageSource: INodeProperties = {
	displayName: 'Image Source',
	name: 'imageSource',
	type: 'options',
	options: [BINARY, BOTH, URL],
	default: 'binary',
	description: 'Where the input images come from',
};

/** Where the images of a request come from, and which. */
export const imageFields: INodeProperties[] = [
	{ ...imageSource, displayOptions: { show: { operation: ['imageToImage'] } } },
	{
		...imageSource,
		options: [BINARY, BOTH, NONE, URL],
		default: 'none',
		displayOptions: { show: { operation: ['chat'] } },
	},
	{
		displayName: 'Input Data Field Name',
		name: 'binaryPropertyName',
		type: 'string',
		required: true,
		default: 'data',
		placeholder: 'e.g. data',
		hint: 'The name of the input field containing the image, several with commas, or * for all images',
		description: 'Which files of the input item to send, in this order',
		displayOptions: {
			show: { operation: ['imageToImage', 'chat'], imageSource: ['binary', 'binaryAndUrl'] },
		},
	},
	{
		displayName: 'Image URLs',
		name: 'imageUrls',
		type: 'string',
		typeOptions: { multipleValues: true, multipleValueButtonText: 'Add URL' },
		required: true,
		default: [],
		placeholder: 'e.g. https://example.com/photo.jpg',
		description: 'Addresses of images that the service can reach, or data URLs',
		displayOptions: {
			show: { operation: ['imageToImage', 'chat'], imageSource: ['url', 'binaryAndUrl'] },
		},
	},
];

const AUTO = { name: 'Auto', value: 'auto', description: 'Leave the choice to the model' };

function choices(values: string[]) {
	return [AUTO, ...values.map((value) => ({ name: value, value }))];
}

export const pictureFields: INodeProperties[] = [
	{
		displayName: 'Aspect Ratio',
		name: 'aspectRatio',
		type: 'options',
		options: choices(ASPECT_RATIOS),
		default: 'auto',
		description: 'Width to height of the picture. The four narrowest need Gemini 3.1 Flash Image.',
	},
	{
		displayName: 'Image Size',
		name: 'imageSize',
		type: 'options',
		options: choices(IMAGE_SIZES),
		default: 'auto',
		description:
			'Resolution class of the picture. Gemini 2.5 Flash Image takes 1K only, 512 needs Gemini 3.1 Flash Image.',
	},
	{
		displayName: 'Number of Images',
		name: 'numberOfImages',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 10 },
		default: 1,
		description: 'How many pictures to ask for, 1 to 10; each is a request of its own',
		displayOptions: { show: { operation: ['textToImage', 'imageToImage'] } },
	},
];
