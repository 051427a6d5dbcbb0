import type { IExecuteFunctions } from 'n8n-workflow';

import { invalidInput } from '../errors/apiError';
import { findModel, type Model } from '../form/models';
import type { OperationFacts } from '../form/operationFacts';
import type { JsonObject } from '../json';
import { imagesFromFields, imagesOfItem } from './fileFields';
import { imagesFromUrls } from './imageUrls';
import { InputImage, type Reading } from './inputImage';
import { newestImages, type LinkedFiles } from './linkedFiles';
import type { Options } from './options';
import { choiceOption, excerpt, numberOption, refused, textOption } from './values';

/** What the user asked for, as far as it goes into a request. */
export interface Prompt {
	model: string;
	text: string;
	/** In this order; http(s) URLs are passed on as they are. */
	images: Array<InputImage | string>;
	aspectRatio?: string;
	imageSize?: string;
	options: Options;
}

/** Whose form is read, and for which items. */
interface Source {
	context: IExecuteFunctions;
	operation: OperationFacts;
	/** The item whose parameters count. */
	itemIndex: number;
	/** The items whose images are sent, in this order. */
	itemIndexes: number[];
	options: Options;
	onEnd: Reading['onEnd'];
	hint(message: string): void;
	/** Earlier messages as the model gets them. */
	messages: JsonObject[];
	/** Links to the images in these, one list per message that has some, newest first. */
	imageLinks: string[][];
	files: LinkedFiles;
}

/**
 * Reads the form of an item, and refuses what the model does not take before anything is sent.
 *
 * @throws ApiError
 */
export async function readPrompt(source: Source): Promise<Prompt> {
	const { options, messages: history } = source;
	const id = readText(source, 'model', 'Model').trim();
	const model = findModel(id);
	const reasoningEffort = checkEffort(options.reasoningEffort, model);
	return {
		model: id,
		text: readText(source, 'prompt', 'Prompt'),
		aspectRatio: readChoice(source, 'aspectRatio', 'Aspect Ratio', model, 'aspectRatios'),
		imageSize: readChoice(source, 'imageSize', 'Image Size', model, 'imageSizes'),
		options: { ...options, history, reasoningEffort },
		images: checkImages(await readAllImages(source, id), model),
	};
}

function readText({ context, itemIndex }: Source, name: string, field: string): string {
	const value: unknown = context.getNodeParameter(name, itemIndex, '', { extractValue: true });
	const text = textOption(field, value);
	if (text === undefined) throw invalidInput(field, `'${field}' is empty`, 'It takes text.');
	return text;
}

function readChoice(
	{ context, itemIndex }: Source,
	name: string,
	field: string,
	model: Model | undefined,
	limit: 'aspectRatios' | 'imageSizes',
): string | undefined {
	const value = textOption(field, context.getNodeParameter(name, itemIndex, 'auto'))?.trim();
	if (value === 'auto' || value === undefined) return undefined;
	return checkChoice(field, value, model, model?.[limit]);
}

/** A model without a choice is sent any: what gateways make of it is not known. */
function checkEffort(effort: string | undefined, model: Model | undefined) {
	const taken = model?.reasoningEfforts ?? [];
	if (effort === undefined || taken.length === 0) return effort;
	return checkChoice('Reasoning Effort', effort.trim(), model, taken);
}

function checkChoice(field: string, value: string, model?: Model, taken?: string[]): string {
	if (!model || taken?.includes(value)) return value;
	throw invalidInput(
		field,
		`${model.name} does not take the ${field} '${excerpt(value)}'; it takes ${taken?.join(', ')}`,
		`Choose one of these, Auto, or another Model.`,
	);
}

/** The number of requests that an item asks for. */
export function readNumberOfImages(context: IExecuteFunctions, itemIndex: number): number {
	const value: unknown = context.getNodeParameter('numberOfImages', itemIndex, 1);
	return numberOption('Number of Images', value, { min: 1, max: 10, isWhole: true }) ?? 1;
}

/** Addresses that several items repeat are sent once. */
async function readAllImages(source: Source, model: string) {
	const reading = { isChecked: findModel(model) !== undefined, onEnd: source.onEnd };
	const images: Prompt['images'] = [];
	for (const itemIndex of source.itemIndexes) {
		images.push(...(await readImages(source, itemIndex, reading)));
	}
	if (images.length > 0) return [...new Set(images)];
	const isAuto = readImageSource(source, source.itemIndex) === 'auto';
	return isAuto ? await newestImages({ ...source, model, reading }) : [];
}

async function readImages(form: Source, itemIndex: number, reading: Reading) {
	const { context, files } = form;
	const parameter = (name: string): unknown => context.getNodeParameter(name, itemIndex, '');
	const images: Prompt['images'] = [];
	const source = readImageSource(form, itemIndex);
	if (source === 'auto') {
		images.push(...(await imagesOfItem(context, itemIndex, reading)));
	}
	if (source === 'binary' || source === 'binaryAndUrl') {
		const fields = parameter('binaryPropertyName');
		images.push(...(await imagesFromFields(context, itemIndex, fields, reading)));
	}
	if (source === 'url' || source === 'binaryAndUrl') {
		images.push(...(await imagesFromUrls(parameter('imageUrls'), files, reading)));
	}
	return images;
}

/** Images must not be dropped in silence, as a request without them is billed all the same. */
function readImageSource({ context, operation }: Source, itemIndex: number): string {
	const { imageSources } = operation;
	if (!imageSources) return 'none';
	const field = 'Image Source';
	const value = textOption(field, context.getNodeParameter('imageSource', itemIndex, ''));
	const source = choiceOption(field, value, imageSources);
	if (source === undefined) throw refused(field, value ?? '', imageSources.join(', '));
	return source;
}

function checkImages(images: Prompt['images'], model: Model | undefined): Prompt['images'] {
	if (!model) return images;
	if (images.length > model.maxInputImages) {
		throw invalidInput(
			'Image Source',
			`${model.name} takes at most ${model.maxInputImages} input images, not ${images.length}`,
			'Send fewer images, or choose another Model.',
		);
	}
	for (const image of images) {
		if (!(image instanceof InputImage) || model.inputTypes.includes(image.type.mimeType)) continue;
		throw invalidInput(
			'Input Data Field Name',
			`The image of ${image.source} is ${image.type.mimeType}, which ${model.name} does not take; it takes ${model.inputTypes.join(', ')}`,
			'Convert the image first, for example with the Edit Image node.',
		);
	}
	return images;
}
