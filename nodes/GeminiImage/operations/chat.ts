import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { describeImage, describeReply, numbered } from '../output';
import { readPrompt } from '../prompt';
import { send } from './generate';
import type { Operation, Turn } from './operation';

export const chat: Operation = {
	name: 'Chat',
	value: 'chat',
	action: 'Chat with text and images',
	description: 'Talk with the model, which answers with text, pictures or both',
	execute,
};

async function execute(turn: Turn): Promise<INodeExecutionData[]> {
	const prompt = await readPrompt(turn.context, turn.itemIndex);
	const { reply, images } = await send(turn, prompt, () => {});
	const { binaryPropertyOutput, fileName, history } = prompt.options;
	const fields = images.map((_image, index) => numbered(binaryPropertyOutput, index));
	const thisTurn = [
		{ role: 'user', content: prompt.text },
		{ role: 'assistant', content: reply.text },
	];
	return [
		{
			json: {
				...describeReply(reply),
				usage: reply.usage as IDataObject | null,
				images: images.map((image, index) => ({
					field: fields[index],
					...describeImage(image, index, fileName),
				})),
				messages: [...(history as IDataObject[]).map(textOnly), ...thisTurn],
			},
			...(images.length > 0 && {
				binary: Object.fromEntries(images.map((image, index) => [fields[index], image.binary])),
			}),
		},
	];
}

/** A message without its images, so that no base64 gets into the output. */
function textOnly(message: IDataObject): IDataObject {
	if (!Array.isArray(message.content)) return message;
	const texts = (message.content as IDataObject[]).map((part) => part.text);
	return { ...message, content: texts.filter((text) => typeof text === 'string').join('\n\n') };
}
