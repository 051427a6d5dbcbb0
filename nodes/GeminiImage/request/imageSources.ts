import { ApiError, invalidInput } from '../errors/apiError';
import type { Model } from '../form/models';
import { converses } from '../form/operations';
import type { OwnLinks, SignedLink } from '../transport/signedLinks';
import {
	allFilesOf,
	imagesOfFiles,
	isWanted,
	noImage,
	noneOfAll,
	readFiles,
	type ItemFile,
} from './fileFields';
import { imagesAt, imagesOfConversation, readAddresses, type ImageAddress } from './imageUrls';
import { InputImage } from './inputImage';
import { choiceValue, refused, textValue, type Form } from './values';

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
	const parts = itemIndexes.map((itemIndex) => partOf(form, itemIndex));
	const count = countOf(parts);
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
			const isBare = parts.every(({ files }) => files.length === 0);
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

/** What an item sends: its files, then what is at addresses. */
interface Part {
	itemIndex: number;
	files: ItemFile[];
	/** Whether one of the files has to be an image. */
	needsFile: boolean;
	addresses: ImageAddress[];
}

function partOf(form: ImageForm, itemIndex: number): Part {
	const ownForm = { ...form, itemIndex };
	try {
		const source = imageSourceOf(ownForm);
		const needsFile = source === 'binary' || source === 'binaryAndUrl';
		const needsAddress = source === 'url' || source === 'binaryAndUrl';
		const attached = source === 'auto' ? allFilesOf(form.context, itemIndex) : [];
		return {
			itemIndex,
			files: needsFile ? readFiles(ownForm) : attached,
			needsFile,
			addresses: needsAddress ? readAddresses(ownForm, form.hint) : [],
		};
	} catch (error) {
		throw ofItem(error, form, itemIndex);
	}
}

/** How many images these are, as far as can be told before any is opened. */
function countOf(parts: Part[]): number {
	const files = parts.flatMap((part) => part.files.filter(isWanted));
	const keys = new Set(parts.flatMap((part) => part.addresses.map(({ key }) => key)));
	return files.length + keys.size;
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
	for (const { itemIndex, files, needsFile, addresses } of parts) {
		try {
			let isMissing = needsFile;
			for await (const image of imagesOfFiles(context, files, hint)) {
				isMissing = false;
				yield image;
			}
			if (isMissing) throw noneOfAll(context, itemIndex);
			yield* imagesAt(addresses, ownLinks, seen);
		} catch (error) {
			throw ofItem(error, form, itemIndex);
		}
	}
}

/** Of several items in one request, the error tells which one it is about, as n8n counts them. */
function ofItem(error: unknown, { itemIndexes }: ImageForm, itemIndex: number): unknown {
	if (!(error instanceof ApiError) || itemIndexes.length === 1) return error;
	return error.reworded({ message: `${error.message} [item ${itemIndex}]` });
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
