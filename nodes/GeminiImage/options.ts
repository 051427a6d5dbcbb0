import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { invalidInput } from './api/apiError';
import { asObject, type JsonObject } from './api/json';

export const DEFAULT_MAX_CONCURRENCY = 4;

/** The values of the Options collection, checked; undefined where the user set nothing. */
export interface Options {
	endpoint?: string;
	stream?: boolean;
	systemMessage?: string;
	temperature?: number;
	topP?: number;
	topK?: number;
	maxTokens?: number;
	reasoningEffort?: string;
	safetySettings?: JsonObject[];
	extraBody?: JsonObject;
	history: JsonObject[];
	combineItems: boolean;
	binaryPropertyOutput: string;
	fileName: string;
	imageLink: boolean;
	maxConcurrency: number;
	maxRetries: number;
	/** Milliseconds. */
	timeoutMs: number;
}

type Show = NonNullable<INodeProperties['displayOptions']>;
const onlyFor = (...operations: string[]): Show => ({ show: { '/operation': operations } });

/** The Options of the form, in the order of their names. */
export const optionsField: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options: [
		{
			displayName: 'Chat History',
			name: 'history',
			type: 'json',
			default: '[]',
			placeholder: 'e.g. {{ $json.messages }}',
			displayOptions: onlyFor('chat'),
			description: "Earlier messages as a JSON array, such as the 'messages' of an earlier run",
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
			displayName: 'Timeout',
			name: 'timeout',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 300,
			description: 'Longest wait without receiving a single byte, in seconds',
		},
	],
};

/** Reads and checks the Options of an item. */
export function readOptions(context: IExecuteFunctions, itemIndex: number): Options {
	const values = (context.getNodeParameter('options', itemIndex, {}) ?? {}) as JsonObject;
	return {
		stream: values.stream !== false,
		systemMessage: textOption('System Message', values.systemMessage),
		history: historyOption(values.history),
		combineItems: false,
		binaryPropertyOutput: 'data',
		fileName: 'image',
		imageLink: false,
		maxConcurrency: DEFAULT_MAX_CONCURRENCY,
		maxRetries: 2,
		timeoutMs: 1000 * (numberOption('Timeout', values.timeout, { min: 1 }) ?? 300),
	};
}

function textOption(field: string, value: unknown): string | undefined {
	if (value === undefined || value === null || value === '') return undefined;
	if (typeof value === 'string' || typeof value === 'number') return String(value);
	throw invalidInput(field, `'${field}' is not text`, 'It takes text.');
}

interface Range {
	min: number;
	max?: number;
	isWhole?: boolean;
}

/** A number of the form or of an expression, which may give it as text. */
export function numberOption(field: string, value: unknown, range: Range): number | undefined {
	if (value === undefined || value === null || value === '') return undefined;
	const { min, max = Infinity, isWhole } = range;
	const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;
	if (number >= min && number <= max && (!isWhole || Number.isInteger(number))) return number;
	const kind = isWhole ? 'a whole number' : 'a number';
	throw invalidInput(
		field,
		`'${field}' is ${JSON.stringify(value)}, which it does not take`,
		`It takes ${kind} ${max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`}.`,
	);
}

function historyOption(value: unknown): JsonObject[] {
	const field = 'Chat History';
	const messages = jsonOption(field, value) ?? [];
	const description = `It takes a JSON array of messages, each with a 'role' (system, user or assistant) and 'content'.`;
	if (!Array.isArray(messages)) {
		throw invalidInput(field, `'${field}' is not a JSON array`, description);
	}
	return messages.map((entry: unknown, index) => {
		const message = asObject(entry);
		const hasContent = typeof message?.content === 'string' || Array.isArray(message?.content);
		if (message && hasContent && /^(?:system|user|assistant)$/.test(String(message.role))) {
			return message;
		}
		throw invalidInput(field, `Message ${index + 1} of '${field}' is not a message`, description);
	});
}

/** JSON as text or, from an expression, as the value itself; undefined where it is empty. */
function jsonOption(field: string, value: unknown): unknown {
	if (typeof value !== 'string') return value ?? undefined;
	if (value.trim() === '') return undefined;
	try {
		return JSON.parse(value);
	} catch (error) {
		const reason = error instanceof Error ? error.message : '';
		return failOnJson(field, reason);
	}
}

function failOnJson(field: string, reason: string): never {
	throw invalidInput(field, `'${field}' is not valid JSON: ${reason}`, 'Correct the JSON.');
}
