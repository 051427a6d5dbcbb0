import { invalidInput, type ApiError } from '../errors/apiError';
import type { Limit } from '../form/choices';
import { findModel, isPlainId, type Model } from '../form/models';
import { givesImages, givesImagesAlone } from '../form/operations';
import type { Options } from './options';
import {
	excerpt,
	expressionOf,
	isTool,
	LOST_OBJECT,
	numberValue,
	textValue,
	type Form,
} from './values';

/** What the user asked for in the fields of the form. */
export interface Prompt {
	/** As the user gave it. */
	modelId: string;
	/** What is known of that model; undefined for others, whose values go unchecked. */
	model: Model | undefined;
	text: string;
	aspectRatio?: string;
	imageSize?: string;
}

/**
 * Reads the form of an item, and refuses what the model does not take.
 *
 * @throws ApiError
 */
export function readPrompt(form: Form, { reasoningEffort }: Options): Prompt {
	const modelId = checkId(readText(form, 'model', 'Model').trim());
	const model = findModel(modelId);
	checkTaken('Reasoning Effort', reasoningEffort, model, 'reasoningEfforts');
	return { modelId, model, text: readText(form, 'prompt', 'Prompt'), ...readShape(form, model) };
}

/** A part of an ID alone would be another model, so nothing is left out inside. */
function checkId(id: string): string {
	if (isPlainId(id)) return id;
	throw invalidInput(
		'Model',
		"'Model' holds a line break or another character that nobody sees",
		'Enter the ID of one model, or choose it from the list.',
	);
}

function readText({ context, itemIndex }: Form, name: string, field: string): string {
	const value: unknown = context.getNodeParameter(name, itemIndex, '', { extractValue: true });
	const text = textValue(field, value);
	const expression = expressionOf(context, name);
	if (text === undefined) throw nothingIn(field, expression, isTool(context));
	// An expression that stands alone would have given the object itself.
	const isMixed = expression !== undefined && !/^\{\{[^{}]*\}\}$/.test(expression);
	if (isMixed && text.includes(LOST_OBJECT) && !expression.includes(LOST_OBJECT)) {
		throw invalidInput(
			field,
			`'${field}' has an object in the middle of text`,
			'Name a field of the object in the expression, or write it as JSON: {{ JSON.stringify($json.output) }}.',
		);
	}
	return text;
}

function nothingIn(field: string, expression: string | undefined, inTool: boolean): ApiError {
	if (expression === undefined) {
		// An agent sees the message alone.
		const forAgent = inTool ? ': let the model fill it in' : '';
		return invalidInput(field, `'${field}' is empty${forAgent}`, 'It takes text.');
	}
	return invalidInput(
		field,
		`'${field}' is empty: its expression gave nothing`,
		`Compare it with what the node before gives: ${excerpt(expression)}.`,
	);
}

/** What the form does not show is not read, whoever keeps its value. */
function readShape(form: Form, model?: Model): Pick<Prompt, 'aspectRatio' | 'imageSize'> {
	if (!givesImages(form.operation)) return {};
	return {
		aspectRatio: readChoice(form, 'aspectRatio', 'Aspect Ratio', model, 'aspectRatios'),
		imageSize: readChoice(form, 'imageSize', 'Image Size', model, 'imageSizes'),
	};
}

/** Undefined for Auto, and for the one value of a model that has no choice. */
function readChoice(
	{ context, itemIndex }: Form,
	name: string,
	field: string,
	model: Model | undefined,
	limit: Limit,
): string | undefined {
	const value = textValue(field, context.getNodeParameter(name, itemIndex, 'auto'))?.trim();
	if (value === 'auto') return undefined;
	checkTaken(field, value, model, limit);
	return model?.[limit].length === 1 ? undefined : value;
}

/** A model without a list has no choice, and is sent any: what gateways make of it is not known. */
function checkTaken(
	field: string,
	value: string | undefined,
	model: Model | undefined,
	limit: Limit,
): void {
	const taken = model?.[limit] ?? [];
	if (!model || value === undefined || taken.length === 0 || taken.includes(value)) return;
	throw invalidInput(
		field,
		`${model.name} does not take the ${field} '${excerpt(value)}'; it takes ${taken.join(', ')}`,
		`Choose ${taken.length === 1 ? 'Auto' : 'one of these'}, or another Model.${nearestRatio(value, taken)}`,
	);
}

/** A sentence on the ratio that comes nearest to a number of pixels, such as `1536x1024`; empty for any other value. */
function nearestRatio(value: string, ratios: string[]): string {
	const offOf = (ratio: number) => Math.abs(Math.log(ratio / ratioOf(value)));
	const [best] = [...ratios].sort((a, b) => offOf(ratioOf(a)) - offOf(ratioOf(b)));
	const isKnown = best !== undefined && Number.isFinite(offOf(ratioOf(best)));
	return isKnown ? ` ${value} comes nearest to ${best}.` : '';
}

function ratioOf(text: string): number {
	const [, width, height] = /^(\d{1,5}) ?[x×:] ?(\d{1,5})$/i.exec(text) ?? [];
	return Number(width) / Number(height);
}

/** The number of requests that an item asks for. */
export function readNumberOfImages({ context, operation, itemIndex }: Form): number {
	if (!givesImagesAlone(operation)) return 1;
	const value: unknown = context.getNodeParameter('numberOfImages', itemIndex, 1);
	return numberValue('Number of Images', value, { min: 1, max: 10, isWhole: true }) ?? 1;
}
