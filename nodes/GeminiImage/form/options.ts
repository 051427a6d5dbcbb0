import type { INodeProperties } from 'n8n-workflow';

import { byModel, choice, type Limit } from './choices';
import { REASONING_EFFORTS } from './models';
import {
	converses,
	givesImages,
	givesImagesAlone,
	shownFor,
	takesImages,
	type Has,
	type OperationFacts,
} from './operations';

/** Which images of a reply are kept; the values of the option. */
export type ImagesPerReply = 'all' | 'last';

interface Option extends INodeProperties {
	/** Which operations have it; all unless it says so. */
	has?: Has;
	/** What its choices depend on. */
	limit?: Limit;
}

/** Ten years. */
const MAX_LINK_HOURS = 87_600;
/** A timer of Node that is set for longer fires at once; in seconds. */
const MAX_TIMEOUT_S = 2_147_483;

const EVERY_OPERATION: Has = () => true;

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/**
 * All options, in the order of their names. Ranges and defaults stand here only, but for options
 * that are on as soon as they are added: those say nothing of a form without them, and the reading
 * in `request/options.ts` does.
 */
const OPTIONS: Option[] = [
	{
		displayName: 'Chat History',
		name: 'history',
		type: 'json',
		default: '[]',
		description:
			"Earlier messages as a JSON array, such as the 'messages' that this operation outputs",
		has: converses,
	},
	{
		displayName: 'Combine Items',
		name: 'combineItems',
		type: 'boolean',
		default: true,
		description:
			'Whether to send the images of all input items in one request, with the parameters of the first',
		has: takesImages,
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
		has: givesImagesAlone,
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
		has: givesImages,
	},
	{
		displayName: 'Image Link',
		name: 'imageLink',
		type: 'boolean',
		default: true,
		description:
			'Whether to add a signed link to each image to the output, which agents and chats can pass on. The tool of an AI Agent does so without this option.',
		has: givesImages,
	},
	{
		displayName: 'Image Link Hours',
		name: 'imageLinkHours',
		type: 'number',
		typeOptions: { minValue: 0.001, maxValue: MAX_LINK_HOURS, numberPrecision: 3 },
		default: 24,
		description:
			'How long the signed links to images work, in hours. Who has the link can open the image for so long, without signing in.',
		has: givesImages,
	},
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
		has: givesImages,
	},
	{
		displayName: 'Label Images',
		name: 'labelImages',
		type: 'boolean',
		default: true,
		description:
			'Whether to put a line such as "Image 1 (logo.png):" before each input image, so that the prompt can speak of them by name',
		has: takesImages,
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
		description:
			'How often to repeat a request that the service turned away without working on it; more often while it works on others',
	},
	{
		displayName: 'Max Tokens',
		name: 'maxTokens',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 32768,
		description: 'Most tokens that the reply may take; an image takes some 750 to 3,800',
	},
	{
		displayName: 'Put Output File in Field',
		name: 'binaryPropertyOutput',
		type: 'string',
		default: 'data',
		hint: 'The name of the output binary field to put the image in',
		description: 'Further images of a chat answer go to the same name with _1, _2 and so on',
		has: givesImages,
	},
	{
		displayName: 'Reasoning Effort',
		name: 'reasoningEffort',
		type: 'options',
		options: REASONING_EFFORTS.map((effort) =>
			choice(capitalized(effort), effort, 'reasoningEfforts'),
		),
		default: 'medium',
		description: 'How long the model thinks before it draws, where it has a choice',
		limit: 'reasoningEfforts',
	},
	{
		displayName: 'Safety Settings',
		name: 'safetySettings',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: 'Add Safety Setting',
		default: {},
		description: 'How readily the model refuses content of a kind',
		options: [
			{
				displayName: 'Setting',
				name: 'values',
				values: [
					{
						displayName: 'Category',
						name: 'category',
						type: 'options',
						options: [
							{ name: 'Civic Integrity', value: 'HARM_CATEGORY_CIVIC_INTEGRITY' },
							{ name: 'Dangerous Content', value: 'HARM_CATEGORY_DANGEROUS_CONTENT' },
							{ name: 'Harassment', value: 'HARM_CATEGORY_HARASSMENT' },
							{ name: 'Hate Speech', value: 'HARM_CATEGORY_HATE_SPEECH' },
							{ name: 'Sexually Explicit', value: 'HARM_CATEGORY_SEXUALLY_EXPLICIT' },
						],
						default: 'HARM_CATEGORY_DANGEROUS_CONTENT',
						description: 'The kind of content',
					},
					{
						displayName: 'Threshold',
						name: 'threshold',
						type: 'options',
						options: [
							{ name: 'Block High Only', value: 'BLOCK_ONLY_HIGH' },
							{ name: 'Block Low and Above', value: 'BLOCK_LOW_AND_ABOVE' },
							{ name: 'Block Medium and Above', value: 'BLOCK_MEDIUM_AND_ABOVE' },
							{ name: 'Block None', value: 'BLOCK_NONE' },
						],
						default: 'BLOCK_MEDIUM_AND_ABOVE',
						description: 'How likely harm must be for the model to refuse',
					},
				],
			},
		],
	},
	{
		displayName: 'Simplify',
		name: 'simplify',
		type: 'boolean',
		default: true,
		description:
			'Whether to leave ID, creation time, reasoning, finish reason and prompt out of the output. The tool of an AI Agent does so without this option.',
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

/** The collection of all options that one of `operations` has. */
export function optionsField(operations: OperationFacts[]): INodeProperties {
	return {
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: OPTIONS.flatMap(({ has = EVERY_OPERATION, limit, ...field }) => {
			const shown = { ...field, ...shownFor(operations, has, '/operation') };
			return limit ? byModel(shown, limit, '/model') : shown;
		}),
	};
}

/** The field of an option. */
export function optionField(name: string): Option {
	const option = OPTIONS.find((candidate) => candidate.name === name);
	if (!option) throw new Error(`There is no option ${name}`);
	return option;
}

/** Whether an operation has an option. */
export function hasOption(operation: OperationFacts, name: string): boolean {
	const { has = EVERY_OPERATION } = optionField(name);
	return has(operation);
}
