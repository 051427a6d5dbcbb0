import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import * as n8nWorkflow from 'n8n-workflow';

import { cleanJson, withoutDataUrls } from '../errors/cleanText';
import { asNumber, asObject } from '../json';
import type { Reply } from '../reply/reply';
import type { Options } from '../request/options';
import type { LinkedImage } from './imageLinks';
import type { Turn } from './operation';

/**
 * What every output item says of the reply, the most wanted first. What the service says of itself
 * holds no base64.
 */
export function describeReply(reply: Reply, { simplify }: Pick<Options, 'simplify'>) {
	const facts = {
		text: withoutDataUrls(reply.text),
		usage: cleanJson(reply.usage, withoutDataUrls) as IDataObject | null,
		model: reply.model,
	};
	if (simplify) return facts;
	return {
		...facts,
		finishReason: reply.finishReason,
		reasoning: reply.reasoning === null ? null : withoutDataUrls(reply.reasoning),
		id: reply.id,
		created: reply.created,
	};
}

/** The facts of an image, told from its bytes. */
export function describeImage({ options }: Turn, image: LinkedImage, index: number): IDataObject {
	const { fileName, mimeType, width, height, bytes, link: url } = image;
	const link = options.imageLink ? { url } : {};
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
		return { ...item, json: { ...item.json, image: { ...image, index } } };
	});
}

/** Adds the tokens of a reply to n8n's own counters, which older versions do not have. */
export function countTokens(context: IExecuteFunctions, { usage }: Reply): void {
	const input = asNumber(usage?.prompt_tokens) ?? asNumber(usage?.input_tokens);
	const output = asNumber(usage?.completion_tokens) ?? asNumber(usage?.output_tokens);
	if (input === undefined && output === undefined) return;
	n8nWorkflow.accumulateTokenUsage?.(context, input ?? 0, output ?? 0);
}
