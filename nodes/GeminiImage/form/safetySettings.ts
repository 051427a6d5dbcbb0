import type { INodeProperties } from 'n8n-workflow';

const HARM_CATEGORIES = [
	['Civic Integrity', 'HARM_CATEGORY_CIVIC_INTEGRITY'],
	['Dangerous Content', 'HARM_CATEGORY_DANGEROUS_CONTENT'],
	['Harassment', 'HARM_CATEGORY_HARASSMENT'],
	['Hate Speech', 'HARM_CATEGORY_HATE_SPEECH'],
	['Sexually Explicit', 'HARM_CATEGORY_SEXUALLY_EXPLICIT'],
] as const;

const THRESHOLDS = [
	['Block High Only', 'BLOCK_ONLY_HIGH'],
	['Block Low and Above', 'BLOCK_LOW_AND_ABOVE'],
	['Block Medium and Above', 'BLOCK_MEDIUM_AND_ABOVE'],
	['Block None', 'BLOCK_NONE'],
] as const;

const choices = (pairs: ReadonlyArray<readonly [string, string]>) =>
	pairs.map(([name, value]) => ({ name, value }));

/** The option that says what the model refuses; the values are those of the API. */
export const safetySettings: INodeProperties = {
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
					options: choices(HARM_CATEGORIES),
					default: 'HARM_CATEGORY_DANGEROUS_CONTENT',
					description: 'The kind of content',
				},
				{
					displayName: 'Threshold',
					name: 'threshold',
					type: 'options',
					options: choices(THRESHOLDS),
					default: 'BLOCK_MEDIUM_AND_ABOVE',
					description: 'How likely harm must be for the model to refuse',
				},
			],
		},
	],
};
