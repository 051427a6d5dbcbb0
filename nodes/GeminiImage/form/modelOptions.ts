import type { INodeProperties } from 'n8n-workflow';

import { choice } from './choices';
import { safetySettings } from './safetySettings';

/** The options that go into the body of a request, for the model to follow. */
export const MODEL_OPTIONS: INodeProperties[] = [
	{
		displayName: 'Extra Body',
		name: 'extraBody',
		type: 'json',
		default: '{}',
		description: 'JSON object whose fields are set in the body of the request',
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
		displayName: 'Reasoning Effort',
		name: 'reasoningEffort',
		type: 'options',
		options: ['High', 'Low', 'Medium', 'Minimal', 'None'].map((name) =>
			choice(name, name.toLowerCase(), 'reasoningEfforts'),
		),
		default: 'medium',
		description: 'How long the model thinks before it draws, where it has a choice',
	},
	safetySettings,
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
