import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import * as n8nWorkflow from 'n8n-workflow';

import { asNumber, asObject } from '../json';
import type { Reply } from '../reply/reply';
import type { StoredImage } from '../reply/imageStore';
import type { Turn } from './operation';
import type { Options } from '../request/options';

/** What every output item says of the reply. */
export function describeReply(reply: Reply) {
	return {
		id: reply.id,
		model: reply.model,
		created: reply.created,
		text: reply.text,
		reasoning: reply.reasoning,
		finishReason: reply.finishReason,
	};
}

/** The facts of an image, told from its bytes; also gives its file the name that goes with them. */
export function describeImage(
	turn: Turn,
	options: Options,
	image: StoredImage,
	index: number,
): IDataObject {
	const { mimeType, width, height, bytes, extension } = image;
	const fileName = `${numbered(options.fileName, index)}.${extension}`;
	image.binary.fileName = fileName;
	const link = options.imageLink ? { url: linkTo(turn, image) } : {};
	return { index, fileName, mimeType, width, height, bytes, ...link };
}

/** `data`, `data_1`, `data_2` … */
export function numbered(name: string, index: number): string {
	return index === 0 ? name : `${name}_${index}`;
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
		if (index === image.index) return item;
		const [, stem = '', extension = ''] = /^(.*)(\.\w+)$/s.exec(String(image.fileName)) ?? [];
		const name = image.index === 0 ? stem : stem.slice(0, stem.lastIndexOf('_'));
		const fileName = numbered(name, index) + extension;
		for (const file of Object.values(item.binary ?? {})) file.fileName = fileName;
		return { ...item, json: { ...item.json, image: { ...image, index, fileName } } };
	});
}

function linkTo({ context, hint }: Turn, { binary }: StoredImage): string | null {
	// n8n 1.88 and older have no signed links.
	const canLink = 'createBinarySignedUrl' in context.helpers;
	if (binary.id && canLink) return context.helpers.createBinarySignedUrl(binary);
	hint(
		canLink
			? 'No Image Link: n8n keeps binary data in memory here, and only stored files have links'
			: 'No Image Link: this version of n8n makes no links to its files',
	);
	return null;
}

/** Adds the tokens of a reply to n8n's own counters, which older versions do not have. */
export function countTokens(context: IExecuteFunctions, { usage }: Reply): void {
	const input = asNumber(usage?.prompt_tokens) ?? asNumber(usage?.input_tokens);
	const output = asNumber(usage?.completion_tokens) ?? asNumber(usage?.output_tokens);
	if (input === undefined && output === undefined) return;
	n8nWorkflow.accumulateTokenUsage?.(context, input ?? 0, output ?? 0);
}
