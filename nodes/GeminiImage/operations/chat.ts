import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { withoutDataUrls } from '../errors/cleanText';
import { asArray, asObject } from '../json';
import type { Received } from '../reply/receive';
import type { Prompt } from '../request/prompt';
import type { Turn } from './operation';
import { describeImage, describeReply, numbered } from './output';

/** Chat: one item with the answer, its images, and the messages that the next turn goes on from. */
export function answerItem(
	turn: Turn,
	{ text, options }: Prompt,
	{ reply, images }: Received,
): INodeExecutionData[] {
	const fields = images.map((_image, index) => numbered(options.binaryPropertyOutput, index));
	const files = images.map(({ binary }, index) => [fields[index], binary] as const);
	const facts = describeReply(reply, options);
	const thisTurn = [
		{ role: 'user', content: text },
		{ role: 'assistant', content: facts.text },
	];
	const item: INodeExecutionData = {
		json: {
			...facts,
			images: images.map((image, index) => ({
				field: fields[index],
				...describeImage(turn, image, index),
			})),
			messages: [...options.history, ...thisTurn].map(textOnly),
		},
	};
	return [images.length > 0 ? { ...item, binary: Object.fromEntries(files) } : item];
}

/** A message without its images, so that no base64 gets into the output. */
function textOnly({ role, content }: Record<string, unknown>): IDataObject {
	const parts = typeof content === 'string' ? [{ text: content }] : asArray(content);
	const texts = parts
		.map((part) => asObject(part)?.text)
		.filter((text) => typeof text === 'string');
	return { role: String(role), content: withoutDataUrls(texts.join('\n\n')) };
}
