import type { IExecuteFunctions } from 'n8n-workflow';

import { ApiError, invalidInput } from '../errors/apiError';
import type { Model } from '../form/models';
import { converses } from '../form/operations';
import type { OwnLinks, SignedLink } from '../transport/signedLinks';
import { countImages, hasFiles, imagesOfFields, imagesOfItem, noImage } from './fileFields';
import {
	addressesOf,
	imagesAt,
	imagesOfConversation,
	noAddress,
	type ImageAddress,
} from './imageUrls';
import { InputImage } from './inputImage';
import { choiceValue, isOverflow, refused, textValue, tooDeep, type Form } from './values';

/** An image that is sent. */
export type SentImage = InputImage | ImageAddress;

/** Whose images are read. */
interface ImageForm extends Form {
	/** The items whose images are sent, in this order. */
	itemIndexes: number[];
	/** Tells the user what is not sent. */
	hint(message: string): void;
}

/**
 * The images that Image Source asks for, opened, and refused if the model does not take them. Whoever
 * calls has to close them.
 *
 * @param model what is known of the model
 * @param imageLinks own links in the conversation, one list per message that has some, newest first
 * @throws ApiError, with all images closed
 */
export async function readImages(
	form: ImageForm,
	model: Model | undefined,
	imageLinks: SignedLink[][],
	ownLinks: OwnLinks,
): Promise<SentImage[]> {
	const { context, operation, itemIndexes, hint } = form;
	const most = model?.maxInputImages ?? Infinity;
	const parts = itemIndexes.flatMap((itemIndex) => partsOf(form, itemIndex));
	const count = countOf(parts, context);
	if (model && count > most) throw tooMany(model, `not ${count}`);
	const images: SentImage[] = [];
	try {
		for await (const image of imagesOf(parts, form, ownLinks)) {
			images.push(image);
			if (model && images.length > most) throw tooMany(model, 'and there are more');
		}
		if (images.length === 0 && imageSourceOf(form) === 'auto') {
			if (!converses(operation)) throw noImage(context, itemIndexes);
			// What was attached is never replaced, though it may be no image.
			const isBare = !itemIndexes.some((itemIndex) => hasFiles(context, itemIndex));
			const newest = imagesOfConversation(isBare ? imageLinks : [], ownLinks, model, hint);
			for await (const image of newest) images.push(image);
		}
		if (model) checkTypes(images, model);
		return images;
	} catch (error) {
		closeImages(images);
		return await Promise.reject(error);
	}
}

export function closeImages(images: SentImage[]): void {
	for (const image of images) if (image instanceof InputImage) image.close();
}

/** Where images of an item come from. */
type Part = { itemIndex: number } & (
	| { from: 'item' }
	| { from: 'fields'; parameter: unknown }
	| { from: 'addresses'; addresses: ImageAddress[] }
);

const NAMES = ['binaryPropertyName', 'Input Data Field Name'] as const;
const URLS = ['imageUrls', 'Image URLs'] as const;

function partsOf(form: ImageForm, itemIndex: number): Part[] {
	const { context, operation } = form;
	const parameter = (name: string, field: string): unknown => {
		try {
			return context.getNodeParameter(name, itemIndex, '');
		} catch (error) {
			throw isOverflow(error) ? tooDeep(field) : error;
		}
	};
	const source = imageSourceOf({ context, operation, itemIndex });
	if (source === 'auto') return [{ itemIndex, from: 'item' }];
	const parts: Part[] = [];
	if (source === 'binary' || source === 'binaryAndUrl') {
		parts.push({ itemIndex, from: 'fields', parameter: parameter(...NAMES) });
	}
	if (source === 'url' || source === 'binaryAndUrl') {
		try {
			const value = parameter(...URLS);
			const addresses = addressesOf(value);
			if (addresses.length === 0) throw noAddress(context);
			if (hasEmptyEntry(value)) form.hint(EMPTY_ENTRY);
			parts.push({ itemIndex, from: 'addresses', addresses });
		} catch (error) {
			throw ofItem(error, form, itemIndex);
		}
	}
	return parts;
}

/** Whether the list that an expression gives has an entry without anything. */
function hasEmptyEntry(value: unknown): boolean {
	const lists = Array.isArray(value) ? [value, ...value].filter(Array.isArray) : [];
	return lists.flat().some((entry) => entry === null || entry === undefined || entry === '');
}

const EMPTY_ENTRY = 'An entry of Image URLs is empty, so no image was sent for it';

/** How many images these are, as far as can be told before any is opened. */
function countOf(parts: Part[], context: IExecuteFunctions): number {
	const keys = new Set<string>();
	let files = 0;
	for (const part of parts) {
		if (part.from === 'addresses') part.addresses.forEach(({ key }) => keys.add(key));
		else if (part.from === 'item') files += countImages(context, part.itemIndex);
		else files += countImages(context, part.itemIndex, part.parameter);
	}
	return files + keys.size;
}

/** One by one, so that a failure leaves no image open that nobody knows of. */
async function* imagesOf(
	parts: Part[],
	form: ImageForm,
	ownLinks: OwnLinks,
): AsyncGenerator<SentImage> {
	const { context, hint } = form;
	/** Addresses that several items repeat are sent once. */
	const seen = new Set<string>();
	for (const part of parts) {
		const { itemIndex } = part;
		try {
			if (part.from === 'item') yield* imagesOfItem(context, itemIndex, hint);
			else if (part.from === 'addresses') yield* imagesAt(part.addresses, ownLinks, seen);
			else yield* imagesOfFields(context, itemIndex, part.parameter, hint);
		} catch (error) {
			throw ofItem(error, form, itemIndex);
		}
	}
}

/** Of several items in one request, the error tells which one it is about, as n8n counts them. */
function ofItem(error: unknown, { itemIndexes }: ImageForm, itemIndex: number): unknown {
	if (!(error instanceof ApiError) || itemIndexes.length === 1) return error;
	const { message, description, details } = error;
	return new ApiError(`${message} [item ${itemIndex}]`, description, details, error);
}

/**
 * The value of Image Source.
 *
 * @throws ApiError for any other: a request without the images would be billed all the same
 */
function imageSourceOf({ context, operation, itemIndex }: Form): string {
	const { imageSources } = operation;
	if (!imageSources) return 'none';
	const field = 'Image Source';
	const value = textValue(field, context.getNodeParameter('imageSource', itemIndex, ''));
	const source = choiceValue(field, value, imageSources);
	if (source === undefined) throw refused(field, value ?? '', imageSources.join(', '));
	return source;
}

function tooMany({ name, maxInputImages }: Model, what: string): ApiError {
	return invalidInput(
		'Image Source',
		`${name} takes at most ${maxInputImages} input images, ${what}`,
		'Send fewer images, or choose another Model.',
	);
}

function checkTypes(images: SentImage[], model: Model): void {
	for (const image of images) {
		if (!(image instanceof InputImage) || model.inputTypes.includes(image.type.mimeType)) continue;
		throw invalidInput(
			image.field,
			`The image of ${image.name} is ${image.type.mimeType}, which ${model.name} does not take; it takes ${model.inputTypes.join(', ')}`,
			'Convert the image first, for example with the Edit Image node.',
		);
	}
}
