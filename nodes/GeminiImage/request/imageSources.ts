import { invalidInput, type ApiError } from '../errors/apiError';
import type { Model } from '../form/models';
import { converses } from '../form/operations';
import type { OwnLinks, SignedLink } from '../transport/signedLinks';
import { countImages, hasFiles, imagesOfFields, imagesOfItem, noImage } from './fileFields';
import { imagesOfConversation, imagesOfUrls, urlsOf } from './imageUrls';
import { InputImage } from './inputImage';
import { choiceValue, refused, textValue, type Form } from './values';

/** An image that is sent: its content, or an http(s) URL, which is passed on as it is. */
export type SentImage = InputImage | string;

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
	const count = countOfForm(form);
	if (model && count > most) throw tooMany(model, `not ${count}`);
	const images: SentImage[] = [];
	try {
		for await (const image of imagesOfForm(form, ownLinks)) {
			images.push(image);
			if (model && new Set(images).size > most) throw tooMany(model, 'and there are more');
		}
		if (images.length === 0 && imageSourceOf(form) === 'auto') {
			if (!converses(operation)) throw noImage(context, itemIndexes);
			// What was attached is never replaced, though it may be no image.
			const isBare = !itemIndexes.some((itemIndex) => hasFiles(context, itemIndex));
			const newest = imagesOfConversation(isBare ? imageLinks : [], ownLinks, model, hint);
			for await (const image of newest) images.push(image);
		}
		// Addresses that several items repeat are sent once.
		const different = [...new Set(images)];
		if (model) checkTypes(different, model);
		return different;
	} catch (error) {
		closeImages(images);
		return await Promise.reject(error);
	}
}

export function closeImages(images: SentImage[]): void {
	for (const image of images) if (image instanceof InputImage) image.close();
}

/** Where the images of the items come from, in their order, with the field that says which. */
function* partsOf({ context, operation, itemIndexes }: ImageForm) {
	for (const itemIndex of itemIndexes) {
		const parameter = (name: string): unknown => context.getNodeParameter(name, itemIndex, '');
		const source = imageSourceOf({ context, operation, itemIndex });
		if (source === 'auto') yield { from: 'item', itemIndex } as const;
		if (source === 'binary' || source === 'binaryAndUrl') {
			yield { from: 'fields', itemIndex, parameter: parameter('binaryPropertyName') } as const;
		}
		if (source === 'url' || source === 'binaryAndUrl') {
			yield { from: 'urls', itemIndex, parameter: parameter('imageUrls') } as const;
		}
	}
}

/** How many images the form asks for, as far as can be told before any is opened. */
function countOfForm(form: ImageForm): number {
	const urls = new Set<string>();
	let files = 0;
	for (const { from, itemIndex, parameter } of partsOf(form)) {
		if (from === 'urls') urlsOf(parameter).forEach((url) => urls.add(url));
		else files += countImages(form.context, itemIndex, parameter);
	}
	return files + urls.size;
}

/** One by one, so that a failure leaves no image open that nobody knows of. */
async function* imagesOfForm(form: ImageForm, ownLinks: OwnLinks): AsyncGenerator<SentImage> {
	const { context, hint } = form;
	const seen = new Set<string>();
	for (const { from, itemIndex, parameter } of partsOf(form)) {
		if (from === 'item') yield* imagesOfItem(context, itemIndex, hint);
		if (from === 'fields') yield* imagesOfFields(context, itemIndex, parameter, hint);
		if (from === 'urls') yield* imagesOfUrls(parameter, ownLinks, seen);
	}
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
