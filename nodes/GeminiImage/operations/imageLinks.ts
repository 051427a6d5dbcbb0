import type { IBinaryData, IDataObject } from 'n8n-workflow';

import type { StoredImage } from '../reply/imageStore';
import { isTool } from '../request/tool';
import type { Turn } from './operation';

/** Alternative text of an image beyond this, in characters, is cut. */
const MAX_ALT_CHARS = 100;

/** In the id of a file that came before its execution had a number. */
const TEMPORARY = '/temp/';

/** An image with its signed link: null if n8n can make none, undefined if none is wanted. */
export interface LinkedImage extends StoredImage {
	link?: string | null;
}

/** Adds the links that the user wants, and those by which a chat shows its images. */
export function linkImages(turn: Turn, images: StoredImage[]): LinkedImage[] {
	const { operation, options, hint } = turn;
	if (!operation.hasHistory && !options.imageLink) return images;
	return images.map((image) => {
		const link = signedLink(turn, image.binary);
		const what = options.imageLink ? 'No Image Link' : 'The chat cannot show the image';
		if (link === undefined) hint(`${what}: ${whyNoLink(turn)}`);
		return { ...image, link: link ?? null };
	});
}

/** A link that opens the file without signing in, until it expires. */
function signedLink({ context, options }: Turn, binary: IBinaryData): string | undefined {
	if (!canLink(context) || !binary.id) return undefined;
	return context.helpers.createBinarySignedUrl(binary, `${options.imageLinkHours}h`);
}

/** n8n 1.88 and older have no signed links. */
function canLink({ helpers }: Turn['context']): boolean {
	return 'createBinarySignedUrl' in helpers;
}

function whyNoLink({ context }: Turn): string {
	return canLink(context)
		? 'n8n keeps binary data in memory here, and only stored files have links'
		: 'this version of n8n makes no links to its files';
}

/** The images that have links as markdown, which n8n's chat shows. */
export function asMarkdown(images: LinkedImage[]): string[] {
	return images.flatMap(({ fileName, link }) => (link ? [markdown(fileName, link)] : []));
}

/** The files of an item as markdown, as far as n8n can link them. */
export async function filesAsMarkdown(turn: Turn, files: IBinaryData[]): Promise<string[]> {
	const lines = files.map(async (file) => {
		const link = signedLink(turn, await lastingFile(turn, file).catch(() => file));
		return link === undefined ? [] : [markdown(file.fileName ?? 'image', link)];
	});
	return (await Promise.all(lines)).flat();
}

/** n8n moves the files of a trigger when the execution ends, so a link leads to a copy. */
async function lastingFile({ context }: Turn, file: IBinaryData): Promise<IBinaryData> {
	const { getBinaryStream, prepareBinaryData } = context.helpers;
	if (!file.id?.includes(TEMPORARY) || !canLink(context)) return file;
	return await prepareBinaryData(await getBinaryStream(file.id), file.fileName, file.mimeType);
}

function markdown(name: string, link: string): string {
	const alt = name.slice(0, MAX_ALT_CHARS).replace(/[[\]\\\s]+/g, ' ');
	return `![${alt.trim()}](${link})`;
}

/** What an agent is told, which sees nothing but the JSON. */
export function wordsForAgent({ context }: Turn, images: LinkedImage[]): IDataObject {
	const lines = asMarkdown(images);
	if (lines.length === 0 || !isTool(context)) return {};
	return {
		howToShow: `To show the user what was made, write this markdown as it is: ${lines.join(' ')}`,
		howToEdit: 'To go on with an image, give the link to it as an image URL.',
	};
}
