import type { IExecuteFunctions, INodePropertyOptions } from 'n8n-workflow';

import { invalidInput } from '../errors/apiError';
import { hasOption, optionField, type ImagesPerReply } from '../form/options';
import { asObject, fieldsOf, type JsonObject } from '../json';
import { safeFileName } from './fileName';
import {
	booleanValue,
	choiceValue,
	isOverflow,
	isTool,
	jsonValue,
	numberValue,
	shown,
	textValue,
	tooDeep,
	type Form,
} from './values';

/** The values of the Options collection, checked; undefined if nothing is to be sent. */
export interface Options {
	endpoint: string;
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
	/** Without extension, safe for every file system. */
	fileName?: string;
	imageLink: boolean;
	/** Whether a line with its number and name stands before each input image. */
	labelImages: boolean;
	/** Whether what only says how a reply was made stays out of the output. */
	simplify: boolean;
	imagesPerReply: ImagesPerReply;
	/** How long signed links work. */
	imageLinkHours: number;
	maxConcurrency: number;
	maxRetries: number;
	/** Milliseconds. */
	timeoutMs: number;
}

/** Reads and checks the Options of an item. */
export function readOptions(form: Form): Options {
	const { withDefault, ...read } = createReader(form);
	return {
		endpoint: withDefault(read.choice, 'endpoint'),
		stream: withDefault(read.boolean, 'stream'),
		systemMessage: read.text('systemMessage'),
		history: checkHistory(read.json('history')),
		temperature: read.number('temperature'),
		topP: read.number('topP'),
		topK: read.number('topK'),
		maxTokens: read.number('maxTokens'),
		reasoningEffort: read.text('reasoningEffort')?.trim(),
		safetySettings: checkSafety(read.json('safetySettings')),
		extraBody: checkExtraBody(read.json('extraBody')),
		binaryPropertyOutput: checkField(withDefault(read.text, 'binaryPropertyOutput')),
		fileName: checkFileName(read.text('fileName')),
		imageLink: read.boolean('imageLink') ?? isTool(form.context),
		labelImages: read.boolean('labelImages') ?? false,
		imageLinkHours: withDefault(read.number, 'imageLinkHours'),
		simplify: read.boolean('simplify') ?? isTool(form.context),
		imagesPerReply: withDefault(read.choice, 'imagesPerReply') as ImagesPerReply,
		maxConcurrency: withDefault(read.number, 'maxConcurrency'),
		maxRetries: withDefault(read.number, 'maxRetries'),
		timeoutMs: 1000 * withDefault(read.number, 'timeout'),
	};
}

/** Whether all items go into one request. */
export function readCombineItems(form: Form): boolean {
	return createReader(form).boolean('combineItems') ?? false;
}

type Read = (path: string) => unknown;

/** @throws ApiError for a value that is nested so deep that n8n itself cannot read it */
function readAll(context: IExecuteFunctions, itemIndex: number): JsonObject {
	const read: Read = (path) => context.getNodeParameter(path, itemIndex, {});
	try {
		return asObject(read('options')) ?? {};
	} catch (error) {
		return failToRead(error, read);
	}
}

/** The options whose values may be nested. */
const NESTED = ['history', 'extraBody', 'safetySettings'];

function failToRead(error: unknown, read: Read): never {
	const name = NESTED.find((each) => isOverflow(error) && !canRead(read, each));
	throw name === undefined ? error : tooDeep(optionField(name).displayName);
}

function canRead(read: Read, name: string): boolean {
	try {
		read(`options.${name}`);
		return true;
	} catch {
		return false;
	}
}

/** Reads options by name; what each takes and what it is unless set, its field in the form says. */
function createReader({ context, itemIndex, operation }: Form) {
	const values = readAll(context, itemIndex);
	// A workflow may keep options of an operation that was chosen before.
	const raw = (name: string) => (hasOption(operation, name) ? values[name] : undefined);
	const title = (name: string) => optionField(name).displayName;

	return {
		text: (name: string) => textValue(title(name), raw(name)),
		boolean: (name: string) => booleanValue(title(name), raw(name)),
		json: (name: string) => jsonValue(title(name), raw(name)),

		number(name: string): number | undefined {
			const { minValue: min = 0, maxValue: max, numberPrecision } = optionField(name).typeOptions!;
			return numberValue(title(name), raw(name), { min, max, isWhole: !numberPrecision });
		},

		choice(name: string): string | undefined {
			const choices = optionField(name).options as INodePropertyOptions[];
			const taken = choices.map(({ value }) => String(value));
			return choiceValue(title(name), raw(name), taken);
		},

		withDefault<T>(read: (name: string) => T | undefined, name: string): T {
			return read(name) ?? (optionField(name).default as T);
		},
	};
}

const ROLES: unknown[] = ['system', 'user', 'assistant'];

function checkHistory(messages: unknown = []): JsonObject[] {
	const field = optionField('history').displayName;
	const description = `It takes a JSON array of messages, each with a 'role' (system, user or assistant) and 'content'.`;
	if (!Array.isArray(messages)) {
		throw invalidInput(field, `'${field}' is not a JSON array`, description);
	}
	return messages.map((entry: unknown, index) => {
		const message = asObject(entry);
		const flaw = flawOf(message);
		if (message && flaw === undefined) return message;
		throw invalidInput(field, `Message ${index + 1} of '${field}' ${flaw}`, description);
	});
}

/** What is wrong with a message, in words; undefined if nothing is. */
function flawOf(message: JsonObject | undefined): string | undefined {
	if (!message) return 'is not a message';
	const { role, content } = message;
	if (role === undefined) return 'has no role';
	if (!ROLES.includes(role)) return `has the role ${shown(role)}, none of ${ROLES.join(', ')}`;
	const hasContent = typeof content === 'string' || Array.isArray(content);
	return hasContent ? undefined : 'has no content';
}

/** The values of the form's collection or, from an expression, the list that the API takes. */
function checkSafety(value: unknown = []): unknown[] {
	const settings = asObject(value)?.values ?? value;
	if (Array.isArray(settings)) return settings;
	if (asObject(settings) && fieldsOf(settings, 1).length === 0) return [];
	const field = optionField('safetySettings').displayName;
	throw invalidInput(
		field,
		`'${field}' is not a list of settings`,
		"It takes a list of objects with 'category' and 'threshold'.",
	);
}

function checkExtraBody(extra: unknown): JsonObject | undefined {
	const field = optionField('extraBody').displayName;
	if (extra === undefined || asObject(extra)) return asObject(extra);
	throw invalidInput(
		field,
		`'${field}' is not a JSON object`,
		'It takes an object, such as {"seed": 7}.',
	);
}

/** Of the image that comes, not of the name that another node gave. */
const EXTENSION = /\.(?:png|jpe?g|webp|gif|hei[cf]|avif|bmp|tiff?)$/i;

function checkFileName(name: string | undefined): string | undefined {
	const stem = name?.trim().replace(EXTENSION, '');
	// Marks are what is left of expressions that gave nothing.
	return stem === undefined || /^[\s._-]*$/.test(stem) ? undefined : safeFileName(stem);
}

/** JavaScript has a meaning of its own for the name `__proto__`, and n8n loses such a field. */
function checkField(name: string): string {
	if (name !== '__proto__') return name;
	const field = optionField('binaryPropertyOutput').displayName;
	throw invalidInput(field, `'${field}' cannot be __proto__`, 'Choose another name.');
}
