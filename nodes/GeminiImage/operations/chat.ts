import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { withoutDataUrls } from '../errors/errorBody';
import { asArray, asObject } from '../json';
import { countTokens, describeImage, describeReply, numbered } from './output';
import { readPrompt } from '../request/prompt';
import { createLiveText } from './liveText';
import type { Operation, Turn } from './operation';
import { send } from './send';

export const chat: Operation = {
	name: 'Chat',
	value: 'chat',
	action: 'Chat with text and images',
	description: 'Talk with the model, which answers with text, pictures or both',
	isRepeatable: false,
	execute,
};

async function execute(turn: Turn): Promise<INodeExecutionData[]> {
	const { context, itemIndex, itemIndexes } = turn;
	const prompt = await readPrompt(context, itemIndex, itemIndexes);
	const { options } = prompt;
	const live = createLiveText(context, itemIndex);
	const { reply, images } = await send(turn, prompt, { check: () => {}, ...live }).finally(
		live.end,
	);
	countTokens(context, reply);
	const fields = images.map((_image, index) => numbered(options.binaryPropertyOutput, index));
	const files = images.map(({ binary }, index) => [fields[index], binary] as const);
	const thisTurn = [
		{ role: 'user', content: prompt.text },
		{ role: 'assistant', content: reply.text },
	];
	const item: INodeExecutionData = {
		json: {
			...describeReply(reply),
			usage: reply.usage as IDataObject | null,
			images: images.map((image, index) => ({
				field: fields[index],
				...describeImage(turn, options, image, index),
			})),
			messages: [...(options.history as IDataObject[]).map(textOnly), ...thisTurn],
		},
	};
	return [images.length > 0 ? { ...item, binary: Object.fromEntries(files) } : item];
}

/** A message without its images, so that no base64 gets into the output. */
function textOnly({ role, content }: IDataObject): IDataObject {
	const parts = typeof content === 'string' ? [{ text: content }] : asArray(content);
	const texts = parts
		.map((part) => asObject(part)?.text)
		.filter((text) => typeof text === 'string');
	return { role, content: withoutDataUrls(texts.join('\n\n')) };
}
