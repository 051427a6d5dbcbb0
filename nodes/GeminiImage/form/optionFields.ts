import type { INodeProperties } from 'n8n-workflow';

import { byModel, type Limit } from './choices';
import { linkFields } from './linkFields';
import { MODEL_OPTIONS } from './modelOptions';
import { shownFor, type OperationFacts } from './operationFacts';

/** The options that an operation has only with a certain fact; all others have every operation. */
const NEEDS: Record<string, keyof OperationFacts> = {
	combineItems: 'imageSources',
	endpoint: 'needsImage',
	history: 'hasHistory',
};

/** The options whose values depend on the model. */
const LIMITS: Record<string, Limit> = { reasoningEffort: 'reasoningEfforts' };

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
		options: OPTION_FIELDS.flatMap((field) => {
			const fact = NEEDS[field.name];
			const limit = LIMITS[field.name];
			if (limit) return byModel(field, limit, '/model');
			return fact ? { ...field, displayOptions: shownFor(operations, fact, '/operation') } : field;
		}),
	};
}

/** A timer of Node that is set for longer fires at once; in seconds. */
const MAX_TIMEOUT_S = 2_147_483;

/** What the node does itself. Ranges and defaults stand here and in {@link MODEL_OPTIONS} only. */
const NODE_OPTIONS: INodeProperties[] = [
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
		displayName: 'File Name',
		name: 'fileName',
		type: 'string',
		default: 'image',
		placeholder: 'e.g. fox',
		description: 'Name of the image files, without extension',
	},
	...linkFields,
	{
		displayName: 'Images per Reply',
		name: 'imagesPerReply',
		type: 'options',
		options: [
			{ name: 'All', value: 'all', description: 'Every image that the reply holds' },
			{
				name: 'Last',
				value: 'last',
				description: 'The last alone, as models may send drafts before the final one',
			},
		],
		default: 'all',
		description: 'Which images to keep if one reply holds several',
	},
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
		displayName: 'Put Output File in Field',
		name: 'binaryPropertyOutput',
		type: 'string',
		default: 'data',
		hint: 'The name of the output field to put the image in',
		description: 'Further images of a chat answer go to the same name with _1, _2 and so on',
	},
	{
		displayName: 'Simplify',
		name: 'simplify',
		type: 'boolean',
		default: false,
		description:
			'Whether to leave ID, creation time, reasoning and finish reason out of the output; on by default for tools only',
	},
	{
		displayName: 'Stream',
		name: 'stream',
		type: 'boolean',
		default: true,
		description:
			'Whether to receive the reply in pieces, which keeps slow requests alive through proxies',
	},
	{
		displayName: 'Timeout',
		name: 'timeout',
		type: 'number',
		typeOptions: { minValue: 0.1, maxValue: MAX_TIMEOUT_S, numberPrecision: 1 },
		default: 300,
		description: 'Longest wait without receiving a single byte, in seconds',
	},
];

/** In the order of their names. */
const OPTION_FIELDS = [...MODEL_OPTIONS, ...NODE_OPTIONS].sort((a, b) =>
	a.displayName.localeCompare(b.displayName),
);

/** The field of an option. */
export function optionField(name: string): INodeProperties {
	const field = OPTION_FIELDS.find((candidate) => candidate.name === name);
	if (!field) throw new Error(`There is no option ${name}`);
	return field;
}
