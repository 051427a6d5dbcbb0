import { invalidInput } from '../errors/apiError';
import { findModel } from '../form/models';
import { openImage, type InputImage, type Reading, type SourceFile } from './inputImage';

/** The files that this n8n hands out by links that it has signed. */
export interface LinkedFiles {
	/** Whether `url` has the form of such a link; who signed it is told by `open`. */
	isLink(url: string): boolean;
	/**
	 * The file behind a link, for a `field` of the form; `gone` if the link has expired, n8n has
	 * deleted the file or cannot be reached, `forged` if n8n has not signed the link.
	 */
	open(url: string, field: string): Promise<SourceFile | 'gone' | 'forged'>;
}

/** Links of a conversation that are tried, so that nobody's typing keeps the node busy. */
const MAX_TRIES = 32;

const FIELD = 'Image Source';

/** The image behind a link that the user chose. @throws ApiError if there is none */
export async function imageFromLink(
	url: string,
	field: string,
	files: LinkedFiles,
	reading: Reading,
): Promise<InputImage> {
	const file = await files.open(url, field);
	const image = typeof file === 'string' ? undefined : await openImage(file, reading);
	if (image) return image;
	const reasons = {
		gone: 'leads to a file that n8n does not hand out any more',
		forged: 'was not signed by this n8n',
	};
	throw invalidInput(
		field,
		`A link in '${field}' ${typeof file === 'string' ? reasons[file] : 'leads to a file that is no image'}`,
		'Links expire, and n8n deletes the files of old executions. Make the image again, or set Image Link Hours higher.',
	);
}

interface Source {
	/** Links to images, one list per message that has some, newest message first. */
	imageLinks: string[][];
	files: LinkedFiles;
	/** Id of the model. */
	model: string;
	reading: Reading;
	hint(message: string): void;
}

/**
 * The newest images of a conversation: all of the last message that has some. Those that cannot be
 * read any more are left out, and the chat goes on.
 */
export async function newestImages(source: Source): Promise<InputImage[]> {
	const { imageLinks, files, model, reading, hint } = source;
	const most = findModel(model)?.maxInputImages ?? Infinity;
	let tries = 0;
	for (const links of imageLinks) {
		const images: InputImage[] = [];
		let isMissing = false;
		for (const link of links) {
			if (images.length === most) hint(leftOut(most));
			if (images.length === most || ++tries > MAX_TRIES) break;
			const file = await files.open(link, FIELD);
			if (file === 'forged') hint(FORGED);
			// What somebody typed is text, and the images before it are still the newest.
			if (file === 'forged') continue;
			const image = file === 'gone' ? undefined : await openImage(file, reading).catch(() => {});
			if (image) images.push(image);
			else isMissing = true;
		}
		if (isMissing) hint(GONE);
		if (images.length > 0 || isMissing) return images;
	}
	return [];
}

const GONE =
	'An image of the conversation is missing: its link has expired, or n8n does not hand out the file any more. The model does not see it';

const FORGED = 'A link in the conversation was not signed by this n8n, so it stands for no image';

function leftOut(most: number): string {
	return `The model takes ${most} images at most: the first ${most} of the newest message of the conversation go along`;
}
