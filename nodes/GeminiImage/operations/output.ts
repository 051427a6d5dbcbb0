import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import * as n8nWorkflow from 'n8n-workflow';

import { cleanJson, withoutDataUrls } from '../errors/cleanText';
import { converses } from '../form/operations';
import { asNumber, asObject } from '../json';
import type { StoredImage } from '../reply/imageStore';
import type { Reply } from '../reply/reply';
import type { Options } from '../request/options';
import type { Prompt } from '../request/prompt';
import { isTool } from '../request/values';
import { isOnlyHere } from '../transport/download';
import { linkTo, whyNoLink } from '../transport/signedLinks';
import type { Turn } from './turn';

/** A name or a reason that a service gives is cut beyond this, in characters. */
const MAX_FACT_CHARS = 200;
/** Alternative text of an image beyond this, in characters, is cut. */
const MAX_ALT_CHARS = 100;

/**
 * What every output item says of the reply, the most wanted first. What the service says of itself
 * holds no base64.
 */
export function replyFacts(reply: Reply, { simplify }: Options) {
	const facts = {
		text: withoutDataUrls(reply.text),
		usage: cleanJson(reply.usage, withoutDataUrls) as IDataObject | null,
		model: brief(reply.model),
	};
	if (simplify) return facts;
	return {
		...facts,
		finishReason: brief(reply.finishReason),
		reasoning: reply.reasoning === null ? null : withoutDataUrls(reply.reasoning),
		id: brief(reply.id),
		created: reply.created,
	};
}

function brief(text: string | null): string | null {
	const isLong = text !== null && text.length > MAX_FACT_CHARS;
	return isLong ? `${text.slice(0, MAX_FACT_CHARS - 1)}…` : text;
}

/** What was asked, which tells to which request an item belongs. */
export function promptFact({ text }: Prompt, { simplify }: Options): IDataObject {
	return simplify ? {} : { prompt: withoutDataUrls(text) };
}

/** The facts of an image, told from its bytes. */
export function imageFacts(image: StoredImage, index: number, options: Options): IDataObject {
	const { fileName, mimeType, width, height, bytes } = image;
	return { index, fileName, mimeType, width, height, bytes, ...linkFact(image, options) };
}

function linkFact({ link }: StoredImage, { imageLink }: Options): IDataObject {
	return imageLink ? { url: link } : {};
}

/** The facts of an image as n8n's own nodes have them, at the top of an item. */
export function fileFacts(image: StoredImage, options: Options): IDataObject {
	const { fileName, mimeType } = image;
	const fileExtension = fileName.slice(fileName.lastIndexOf('.') + 1);
	return { fileName, fileExtension, mimeType, ...linkFact(image, options) };
}

/** `data`, `data_1`, `data_2` … */
export function numbered(name: string, index: number): string {
	return index === 0 ? name : `${name}_${index}`;
}

/** Adds the links that the user wants, and those by which a chat shows its images. */
export function linkImages(turn: Turn, images: StoredImage[]): StoredImage[] {
	const { context, operation, options, hint } = turn;
	if (!converses(operation) && !options.imageLink) return images;
	return images.map((image) => {
		const link = linkTo(context, image.binary, options.imageLinkHours);
		const what = options.imageLink ? 'No Image Link' : 'The chat cannot show the image';
		if (link === undefined) hint(`${what}: ${whyNoLink(context, image.binary)}`);
		else if (options.imageLink && isOnlyHere(link)) hint(ONLY_HERE);
		return { ...image, link: link ?? null };
	});
}

const ONLY_HERE =
	'The Image Link has an address that only this computer knows, such as localhost, so other services cannot open it. Set WEBHOOK_URL to the address of this n8n that others reach';

/** The images that have links as markdown, which n8n's chat shows. */
export function asMarkdown(images: StoredImage[]): string[] {
	return images.flatMap(({ fileName, link }) => (link ? [markdownOf(fileName, link)] : []));
}

/** An image as markdown. */
export function markdownOf(name: string, link: string): string {
	const alt = name.slice(0, MAX_ALT_CHARS).replace(/[[\]\\\s]+/g, ' ');
	return `![${alt.trim()}](${link})`;
}

/** What an agent is told, which sees nothing but the JSON. */
export function wordsForAgent({ context }: Turn, images: StoredImage[]): IDataObject {
	const lines = asMarkdown(images);
	if (lines.length === 0 || !isTool(context)) return {};
	return {
		howToShow: `To show the user what was made, write this markdown as it is: ${lines.join(' ')}`,
		howToEdit: 'To go on with an image, give the link to it as an image URL.',
	};
}

/** The images of one item count on through its requests; each request counts from 0. */
export function renumber(results: INodeExecutionData[][]): INodeExecutionData[] {
	const counts = new Map<string, number>();
	return results.flat().map((item) => {
		const image = asObject(item.json.image);
		if (!image) return item;
		const key = JSON.stringify(item.pairedItem);
		const index = counts.get(key) ?? 0;
		counts.set(key, index + 1);
		return { ...item, json: { ...item.json, image: { ...image, index } } };
	});
}

/** Adds the tokens of a reply to n8n's own counters, which older versions do not have. */
export function countTokens(context: IExecuteFunctions, usage: Reply['usage']): void {
	const { input, output } = tokensOf(usage);
	if (input === undefined && output === undefined) return;
	n8nWorkflow.accumulateTokenUsage?.(context, input ?? 0, output ?? 0);
}

/** The tokens of a reply, by the names of either endpoint. */
export function tokensOf(usage: unknown) {
	const counts = asObject(usage);
	const input = asNumber(counts?.prompt_tokens) ?? asNumber(counts?.input_tokens);
	const output = asNumber(counts?.completion_tokens) ?? asNumber(counts?.output_tokens);
	const total = asNumber(counts?.total_tokens) ?? (input ?? 0) + (output ?? 0);
	return { input, output, total };
}
