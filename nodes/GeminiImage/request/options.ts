import type { IExecuteFunctions } from 'n8n-workflow';

import { invalidInput } from '../errors/apiError';
import { asArray, asObject, kindOf, type JsonObject } from '../json';
import { optionFields } from '../form/optionFields';
import { safeFileName } from './fileName';

export const DEFAULT_MAX_CONCURRENCY = 4;
const DEFAULT_MAX_RETRIES = 2;
const DEFAULT_TIMEOUT_S = 300;
/** A timer of Node that is set for longer fires at once. */
const MAX_TIMEOUT_S = 2_147_483;

/** The values of the Options collection, checked; undefined where nothing is to be sent. */
export interface Options {
	endpoint: 'chatCompletions' | 'images';
	stream: boolean;
	systemMessage?: string;
	history: JsonObject[];
	temperature?: number;
	topP?: number;
	topK?: number;
	maxTokens?: number;
	reasoningEffort?: string;
	safetySettings: unknown[];
	extraBody?: JsonObject;
	binaryPropertyOutput: string;
	fileName: string;
	imageLink: boolean;
	maxRetries: number;
	/** Milliseconds. */
	timeoutMs: number;
}

/** The values of the Options collection as the user gave them, as far as the operation has them. */
export function rawOptions(context: IExecuteFunctions, itemIndex: number): JsonObject {
	const operation = context.getNodeParameter('operation', 0);
	const values = asObject(context.getNodeParameter('options', itemIndex, {})) ?? {};
	return Object.fromEntries(
		Object.entries(values).filter(([name]) => {
			const field = optionFields.find((candidate) => candidate.name === name);
			const operations = field?.displayOptions?.show?.['/operation'];
			return operations?.includes(operation) ?? true;
		}),
	);
}

/** Reads and checks the Options of an item. */
export function readOptions(context: IExecuteFunctions, itemIndex: number): Options {
	const raw = rawOptions(context, itemIndex);
	numberOption('Max Concurrency', raw.maxConcurrency, { min: 1, isWhole: true });
	const seconds = numberOption('Timeout', raw.timeout, { min: 0.1, max: MAX_TIMEOUT_S });
	return {
		endpoint: raw.endpoint === 'images' ? 'images' : 'chatCompletions',
		stream: raw.stream !== false,
		systemMessage: textOption('System Message', raw.systemMessage),
		history: historyOption(raw.history),
		temperature: numberOption('Temperature', raw.temperature, { min: 0, max: 2 }),
		topP: numberOption('Top P', raw.topP, { min: 0, max: 1 }),
		topK: numberOption('Top K', raw.topK, { min: 1, isWhole: true }),
		maxTokens: numberOption('Max Tokens', raw.maxTokens, { min: 1, isWhole: true }),
		reasoningEffort: textOption('Reasoning Effort', raw.reasoningEffort),
		safetySettings: asArray(asObject(raw.safetySettings)?.values ?? raw.safetySettings),
		extraBody: extraBodyOption(raw.extraBody),
		binaryPropertyOutput:
			textOption('Put Output File in Field', raw.binaryPropertyOutput) ?? 'data',
		fileName: safeFileName(textOption('File Name', raw.fileName)),
		imageLink: raw.imageLink === true,
		maxRetries:
			numberOption('Max Retries', raw.maxRetries, { min: 0, isWhole: true }) ?? DEFAULT_MAX_RETRIES,
		timeoutMs: 1000 * (seconds ?? DEFAULT_TIMEOUT_S),
	};
}

interface Range {
	min: number;
	max?: number;
	isWhole?: boolean;
}

/** A number of the form or of an expression, which may give it as text; undefined where empty. */
export function numberOption(field: string, value: unknown, range: Range): number | undefined {
	if (isEmpty(value)) return undefined;
	const { min, max = Infinity, isWhole } = range;
	const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;
	if (number >= min && number <= max && (!isWhole || Number.isInteger(number))) return number;
	const kind = isWhole ? 'a whole number' : 'a number';
	const bounds = max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`;
	throw invalidInput(
		field,
		`'${field}' does not take ${JSON.stringify(value)}; it takes ${kind} ${bounds}`,
		'Change the value, or the expression that gives it.',
	);
}

/** Text of the form or of an expression, which may give a number; undefined where empty. */
export function textOption(field: string, value: unknown): string | undefined {
	if (isEmpty(value)) return undefined;
	if (typeof value === 'string' || typeof value === 'number') return String(value);
	throw invalidInput(
		field,
		`'${field}' takes text, not ${kindOf(value)}`,
		'Change the expression.',
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

function extraBodyOption(value: unknown): JsonObject | undefined {
	const field = 'Extra Body';
	const extra = jsonOption(field, value);
	if (extra === undefined || asObject(extra)) return asObject(extra);
	throw invalidInput(
		field,
		`'${field}' is not a JSON object`,
		'It takes an object, such as {"seed": 7}.',
	);
}

/** JSON as text or, from an expression, as the value itself; undefined where it is empty. */
function jsonOption(field: string, value: unknown): unknown {
	if (isEmpty(value)) return undefined;
	if (typeof value !== 'string') return value;
	try {
		return JSON.parse(value);
	} catch (error) {
		return failOnJson(field, error);
	}
}

function failOnJson(field: string, error: unknown): never {
	const reason = error instanceof Error ? `: ${error.message}` : '';
	throw invalidInput(field, `'${field}' is not valid JSON${reason}`, 'Correct the JSON.');
}

function isEmpty(value: unknown): boolean {
	return (
		value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
	);
}
