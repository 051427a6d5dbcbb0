import type { IExecuteFunctions } from 'n8n-workflow';

import { invalidInput } from '../errors/apiError';
import type { OperationFacts } from '../form/operations';
import { asObject, asText, isDeeperThan, kindOf } from '../json';

/**
 * Values of the form or of an expression may be of any type: each reading gives a checked value,
 * undefined if there is none, or an ApiError that names the field and says what it takes.
 */

/** Whose form is read. */
export interface Form {
	context: IExecuteFunctions;
	operation: OperationFacts;
	/** The item whose parameters count. */
	itemIndex: number;
}

/** The value of a field, of any type. @throws ApiError if it is nested so deep that n8n cannot read it */
export function rawValue({ context, itemIndex }: Form, name: string, field: string): unknown {
	try {
		return context.getNodeParameter(name, itemIndex, '');
	} catch (error) {
		throw isOverflow(error) ? tooDeep(field) : error;
	}
}

/** What stands in a field itself, before its expressions. */
function textIn(context: IExecuteFunctions, path: string): unknown {
	const value = path
		.split('.')
		.reduce<unknown>((holder, name) => asObject(holder)?.[name], context.getNode().parameters);
	return asObject(value)?.value ?? value;
}

const withoutMark = (raw: unknown): string | undefined => {
	const text = asText(raw);
	return text?.startsWith('=') ? text.slice(1).trim() : undefined;
};

/** The expression that stands in a field, without its mark; undefined if there is none. */
export function expressionOf(context: IExecuteFunctions, path: string): string | undefined {
	return withoutMark(textIn(context, path));
}

/** The expressions in a field, or in the entries of its list, that give nothing for an item. */
export function emptyExpressionsIn(
	context: IExecuteFunctions,
	path: string,
	itemIndex: number,
): string[] {
	const texts = [textIn(context, path)].flat().flatMap((raw) => withoutMark(raw) ?? []);
	const starts = texts.flatMap((text) => text.split('{{').slice(1));
	const expressions = starts
		.filter((start) => start.includes('}}'))
		.map((start) => `{{${start.slice(0, start.indexOf('}}'))}}}`);
	return expressions.filter((expression) => {
		try {
			return isEmpty(context.evaluateExpression(expression, itemIndex));
		} catch {
			// A part of one, such as one with brackets of its own.
			return false;
		}
	});
}

/**
 * Whether an agent runs the node. n8n gives a node that is used as a tool a type of its own, by
 * this ending; `isToolExecution` is true only where the agent itself, not the engine, runs it.
 */
export function isTool(context: IExecuteFunctions): boolean {
	return context.getNode().type.endsWith('Tool') || (context.isToolExecution?.() ?? false);
}

/** What an object becomes in an expression with other text. */
export const LOST_OBJECT = '[object Object]';

const MAX_EXCERPT_CHARS = 100;
const CHANGE = 'Change the value, or the expression that gives it.';

interface Range {
	min: number;
	max?: number;
	isWhole?: boolean;
}

/** A number, which an expression may give as text. */
export function numberValue(field: string, value: unknown, range: Range): number | undefined {
	if (isEmpty(value)) return undefined;
	const { min, max = Infinity, isWhole } = range;
	const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;
	if (number >= min && number <= max && (!isWhole || Number.isInteger(number))) return number;
	const kind = isWhole ? 'a whole number' : 'a number';
	const bounds = max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`;
	throw refused(field, value, `${kind} ${bounds}`);
}

/** Text, for which an expression may give a number. */
export function textValue(field: string, value: unknown): string | undefined {
	if (isEmpty(value)) return undefined;
	if (typeof value === 'string' || Number.isFinite(value)) return String(value);
	const kind = Number.isNaN(value) ? 'NaN' : kindOf(value);
	throw invalidInput(field, `'${field}' takes text, not ${kind}`, 'Change the expression.');
}

/** True or false, which an expression may give as text. */
export function booleanValue(field: string, value: unknown): boolean | undefined {
	if (isEmpty(value)) return undefined;
	const text = String(value).trim().toLowerCase();
	if (text === 'true' || text === 'false') return text === 'true';
	throw refused(field, value, 'true or false');
}

/** One of some values. */
export function choiceValue(field: string, value: unknown, taken: string[]): string | undefined {
	if (isEmpty(value)) return undefined;
	const text = String(value).trim();
	if (taken.includes(text)) return text;
	throw refused(field, value, taken.join(', '));
}

/** How deep the JSON of a field may be nested: some thousand levels more, and it cannot be written. */
const MAX_LEVELS = 1000;

/** JSON as text or, from an expression, as the value itself. */
export function jsonValue(field: string, value: unknown): unknown {
	if (isEmpty(value)) return undefined;
	const read = typeof value === 'string' ? readJson(field, value) : value;
	if (!isDeeperThan(MAX_LEVELS, read)) return read;
	throw tooDeep(field);
}

/** Whether the stack was full: a value is nested so deep, or holds itself, that n8n cannot read it. */
export function isOverflow(error: unknown): boolean {
	return error instanceof Error && error.name === 'RangeError';
}

/** The error for JSON that cannot be written. */
export function tooDeep(field: string) {
	return invalidInput(field, `'${field}' is nested too deep`, 'Make the JSON flatter.');
}

const CORRECT = 'Correct the JSON. Names and texts need double quotes.';

/** JSON in the text of a field. @throws ApiError */
export function readJson(
	field: string,
	text: string,
	parse: (json: string) => unknown = JSON.parse,
): unknown {
	try {
		return parse(text);
	} catch (error) {
		const reason = error instanceof Error ? `: ${error.message}` : '';
		throw invalidInput(field, `'${field}' is not valid JSON${reason}`, CORRECT);
	}
}

/** A value that a field does not take, and what it takes. */
export function refused(field: string, value: unknown, taken: string) {
	return invalidInput(field, `'${field}' does not take ${shown(value)}; it takes ${taken}`, CHANGE);
}

/** The start of a text, for a message. */
export function excerpt(text: string): string {
	if (text.length <= MAX_EXCERPT_CHARS) return text;
	// No half of an emoji.
	return `${text.slice(0, MAX_EXCERPT_CHARS).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
	if (typeof value === 'string') return JSON.stringify(excerpt(value));
	if (typeof value !== 'object') return String(value);
	try {
		return excerpt(JSON.stringify(value));
	} catch {
		return kindOf(value);
	}
}

function isEmpty(value: unknown): boolean {
	return (
		value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
	);
}
