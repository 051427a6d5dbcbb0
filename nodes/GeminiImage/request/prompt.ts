import type { IExecuteFunctions } from 'n8n-workflow';

import { invalidInput } from '../errors/apiError';
import type { Prompt } from './bodies';
import { imagesFromUrls } from './imageUrls';
import { InputImage } from './inputImage';
import { imagesFromFields } from './fileFields';
import { findModel, type Model } from '../form/models';
import { numberOption, readOptions, textOption } from './options';

/**
 * Reads the form of an item, and refuses what the model does not take before anything is sent. The
 * images are those of `itemIndexes`, in this order.
 */
export async function readPrompt(
	context: IExecuteFunctions,
	itemIndex: number,
	itemIndexes: number[],
): Promise<Prompt> {
	readNumberOfImages(context, itemIndex);
	const id = readText(context, itemIndex, 'model', 'Model');
	const model = findModel(id);
	return {
		model: id,
		text: readText(context, itemIndex, 'prompt', 'Prompt'),
		aspectRatio: readChoice(
			context,
			itemIndex,
			'aspectRatio',
			'Aspect Ratio',
			model,
			model?.aspectRatios,
		),
		imageSize: readChoice(context, itemIndex, 'imageSize', 'Image Size', model, model?.imageSizes),
		options: readOptions(context, itemIndex),
		images: checkImages(await readAllImages(context, itemIndexes), model),
	};
}

function readText(context: IExecuteFunctions, itemIndex: number, name: string, field: string) {
	const value: unknown = context.getNodeParameter(name, itemIndex, '', { extractValue: true });
	const text = textOption(field, value);
	if (text === undefined) throw invalidInput(field, `'${field}' is empty`, 'It takes text.');
	return name === 'model' ? text.trim() : text;
}

function readChoice(
	context: IExecuteFunctions,
	itemIndex: number,
	name: string,
	field: string,
	model: Model | undefined,
	taken: string[] | undefined,
): string | undefined {
	const value = textOption(field, context.getNodeParameter(name, itemIndex, 'auto'))?.trim();
	if (value === 'auto' || value === undefined) return undefined;
	if (!model || taken?.includes(value)) return value;
	throw invalidInput(
		field,
		`${model.name} does not take the ${field} '${value}'; it takes ${taken?.join(', ')}`,
		`Choose one of these, Auto, or another Model.`,
	);
}

/** The number of requests that an item asks for. */
export function readNumberOfImages(context: IExecuteFunctions, itemIndex: number): number {
	const value: unknown = context.getNodeParameter('numberOfImages', itemIndex, 1);
	return numberOption('Number of Images', value, { min: 1, max: 10, isWhole: true }) ?? 1;
}

/** Addresses that several items repeat are sent once. */
async function readAllImages(context: IExecuteFunctions, itemIndexes: number[]) {
	const images: Prompt['images'] = [];
	for (const itemIndex of itemIndexes) images.push(...(await readImages(context, itemIndex)));
	return [...new Set(images)];
}

async function readImages(context: IExecuteFunctions, itemIndex: number) {
	const source = readImageSource(context, itemIndex);
	const parameter = (name: string): unknown => context.getNodeParameter(name, itemIndex, '');
	const fromFields = source === 'binary' || source === 'binaryAndUrl';
	const fromUrls = source === 'url' || source === 'binaryAndUrl';
	return [
		...(fromFields
			? await imagesFromFields(context, itemIndex, parameter('binaryPropertyName'))
			: []),
		...(fromUrls ? await imagesFromUrls(parameter('imageUrls')) : []),
	];
}

/** Pictures must not be dropped in silence, for a request without them is billed all the same. */
function readImageSource(context: IExecuteFunctions, itemIndex: number): string {
	const field = 'Image Source';
	const operation = context.getNodeParameter('operation', 0);
	if (operation === 'textToImage') return 'none';
	const source: unknown = context.getNodeParameter('imageSource', itemIndex, '');
	const value = textOption(field, source)?.trim() ?? '';
	const taken = ['binary', 'binaryAndUrl', 'url', ...(operation === 'chat' ? ['none'] : [])];
	if (taken.includes(value)) return value;
	throw invalidInput(
		field,
		`'${field}' does not take ${JSON.stringify(value)}; it takes ${taken.join(', ')}`,
		'Change the value, or the expression that gives it.',
	);
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
