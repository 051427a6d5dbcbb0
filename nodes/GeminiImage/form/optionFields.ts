import type { INodeProperties } from 'n8n-workflow';

import { linkFields } from './linkFields';
import { shownFor, type OperationFacts } from './operationFacts';
import { safetySettings } from './safetySettings';

/** The options that an operation has only with a certain fact; all others have every operation. */
const NEEDS: Record<string, keyof OperationFacts> = {
	combineItems: 'imageSources',
	endpoint: 'needsImage',
	history: 'hasHistory',
};

/** Whether an operation has an option. */
export function hasOption(operation: OperationFacts, name: string): boolean {
	const fact = NEEDS[name];
	return fact === undefined || Boolean(operation[fact]);
}

/** The collection of all options that one of `operations` has. */
export function optionsField(operations: OperationFacts[]): INodeProperties {
	return {
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: OPTION_FIELDS.map((field) => {
			const fact = NEEDS[field.name];
			return fact ? { ...field, displayOptions: shownFor(operations, fact, '/operation') } : field;
		}),
	};
}

/** A timer of Node that is set for longer fires at once; in seconds. */
const MAX_TIMEOUT_S = 2_147_483;

/** In the order of their names. Ranges and defaults stand here only. */
const OPTION_FIELDS: INodeProperties[] = [
	{
		displayName: 'Chat History',
		name: 'history',
		type: 'json',
		default: '[]',
		description:
			"Earlier messages as a JSON array, such as the 'messages' that this operation outputs",
	},
	{
		displayName: 'Combine Items',
		name: 'combineItems',
		type: 'boolean',
		default: false,
		description:
			'Whether to send the images of all input items in one request, with the parameters of the first',
	},
	{
		displayName: 'Endpoint',
		name: 'endpoint',
		type: 'options',
		options: [
			{
				name: 'Chat Completions',
				value: 'chatCompletions',
				description: 'Streams, and tells the reasoning of the model',
			},
			{
				name: 'Images',
				value: 'images',
				description: 'The API for images alone: no stream, no system message',
			},
		],
		default: 'chatCompletions',
		description: 'Which part of the API to use',
	},
	{
		displayName: 'Extra Body',
		name: 'extraBody',
		type: 'json',
		default: '{}',
		description: 'JSON object whose fields are set in the body of the request',
	},
	{
		displayName: 'File Name',
		name: 'fileName',
		type: 'string',
		default: 'image',
		placeholder: 'e.g. fox',
		description: 'Name of the image files, without extension',
	},
	...linkFields,
	{
		displayName: 'Max Concurrency',
		name: 'maxConcurrency',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 8,
		description: 'How many requests may run at the same time',
	},
	{
		displayName: 'Max Retries',
		name: 'maxRetries',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 2,
		description: 'How often to repeat a request that the service turned away without working on it',
	},
	{
		displayName: 'Max Tokens',
		name: 'maxTokens',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 32768,
		description: 'Most tokens that the reply may take; an image takes 1,000 to 2,500',
	},
	{
		displayName: 'Put Output File in Field',
		name: 'binaryPropertyOutput',
		type: 'string',
		default: 'data',
		hint: 'The name of the output field to put the image in',
		description: 'Further images of a chat answer go to the same name with _1, _2 and so on',
	},
	{
		displayName: 'Reasoning Effort',
		name: 'reasoningEffort',
		type: 'options',
		options: [
			{ name: 'High', value: 'high' },
			{ name: 'Low', value: 'low' },
			{ name: 'Medium', value: 'medium' },
			{ name: 'Minimal', value: 'minimal' },
			{ name: 'None', value: 'none' },
		],
		default: 'medium',
		description: 'How long the model thinks before it draws, where it has a choice',
	},
	safetySettings,
	{
		displayName: 'Stream',
		name: 'stream',
		type: 'boolean',
		default: true,
		description:
			'Whether to receive the reply in pieces, which keeps slow requests alive through proxies',
	},
	{
		displayName: 'System Message',
		name: 'systemMessage',
		type: 'string',
		typeOptions: { rows: 2 },
		default: '',
		placeholder: 'e.g. Paint in the style of old travel posters',
		description: 'Instruction that stands above the prompt',
	},
	{
		displayName: 'Temperature',
		name: 'temperature',
		type: 'number',
		typeOptions: { minValue: 0, maxValue: 2, numberPrecision: 2 },
		default: 1,
		description: 'How varied the results are, from 0 to 2',
	},
	{
		displayName: 'Timeout',
		name: 'timeout',
		type: 'number',
		typeOptions: { minValue: 0.1, maxValue: MAX_TIMEOUT_S, numberPrecision: 1 },
		default: 300,
		description: 'Longest wait without receiving a single byte, in seconds',
	},
	{
		displayName: 'Top K',
		name: 'topK',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 64,
		description: 'How many of the likeliest tokens to choose from',
	},
	{
		displayName: 'Top P',
		name: 'topP',
		type: 'number',
		typeOptions: { minValue: 0, maxValue: 1, numberPrecision: 2 },
		default: 0.95,
		description: 'Share of probability of the tokens to choose from, from 0 to 1',
	},
];

/** The field of an option. */
export function optionField(name: string): INodeProperties {
	const field = OPTION_FIELDS.find((candidate) => candidate.name === name);
	if (!field) throw new Error(`There is no option ${name}`);
	return field;
}
