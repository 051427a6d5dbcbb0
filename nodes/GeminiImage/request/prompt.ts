import { invalidInput } from '../errors/apiError';
import type { Limit } from '../form/choices';
import { findModel, type Model } from '../form/models';
import { givesImages, givesImagesAlone } from '../form/operations';
import type { Options } from './options';
import { excerpt, numberValue, textValue, type Form } from './values';

/** What the user asked for in the fields of the form. */
export interface Prompt {
	/** The id of the model, as the user gave it. */
	model: string;
	/** What is known of that model; undefined for others, whose values go unchecked. */
	known: Model | undefined;
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
	const model = readText(form, 'model', 'Model').trim();
	const known = findModel(model);
	checkTaken('Reasoning Effort', reasoningEffort, known, 'reasoningEfforts');
	return { model, known, text: readText(form, 'prompt', 'Prompt'), ...readShape(form, known) };
}

function readText({ context, itemIndex }: Form, name: string, field: string): string {
	const value: unknown = context.getNodeParameter(name, itemIndex, '', { extractValue: true });
	const text = textValue(field, value);
	if (text === undefined) throw invalidInput(field, `'${field}' is empty`, 'It takes text.');
	return text;
}

/** n8n keeps the values of fields that it hides, so they are not read. */
function readShape(form: Form, known?: Model): Pick<Prompt, 'aspectRatio' | 'imageSize'> {
	if (!givesImages(form.operation)) return {};
	const aspectRatio = readChoice(form, 'aspectRatio', 'Aspect Ratio');
	checkTaken('Aspect Ratio', aspectRatio, known, 'aspectRatios');
	const imageSize = readChoice(form, 'imageSize', 'Image Size');
	checkTaken('Image Size', imageSize, known, 'imageSizes');
	return { aspectRatio, imageSize };
}

/** Undefined for Auto. */
function readChoice({ context, itemIndex }: Form, name: string, field: string) {
	const value = textValue(field, context.getNodeParameter(name, itemIndex, 'auto'))?.trim();
	return value === 'auto' ? undefined : value;
}

/** A model without a list has no choice, and is sent any: what gateways make of it is not known. */
function checkTaken(
	field: string,
	value: string | undefined,
	known: Model | undefined,
	limit: Limit,
): void {
	const taken = known?.[limit] ?? [];
	if (!known || value === undefined || taken.length === 0 || taken.includes(value)) return;
	throw invalidInput(
		field,
		`${known.name} does not take the ${field} '${excerpt(value)}'; it takes ${taken.join(', ')}`,
		`Choose one of these, Auto, or another Model.`,
	);
}

/** The number of requests that an item asks for. */
export function readNumberOfImages({ context, operation, itemIndex }: Form): number {
	if (!givesImagesAlone(operation)) return 1;
	const value: unknown = context.getNodeParameter('numberOfImages', itemIndex, 1);
	return numberValue('Number of Images', value, { min: 1, max: 10, isWhole: true }) ?? 1;
}
