import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { withoutDataUrls } from '../errors/cleanText';
import { InputImage } from '../request/inputImage';
import type { Prompt } from '../request/prompt';
import { textOf } from './conversation';
import { asMarkdown, filesAsMarkdown, wordsForAgent } from './imageLinks';
import type { Outcome, Turn } from './operation';
import { describeImage, describeReply, numbered } from './output';

/** Chat: one item with the answer, its images, and the messages that the next turn goes on from. */
export async function answerItem(
	turn: Turn,
	prompt: Prompt,
	{ reply, images, earlier, memory }: Outcome,
): Promise<INodeExecutionData[]> {
	const { binaryPropertyOutput } = prompt.options;
	const fields = images.map((_image, index) => numbered(binaryPropertyOutput, index));
	const files = images.map(({ binary }, index) => [fields[index], binary] as const);
	const { text, ...facts } = describeReply(reply, prompt.options);
	const input = paragraphs(prompt.text, await filesAsMarkdown(turn, filesOf(prompt)));
	const output = paragraphs(text, asMarkdown(images));
	await memory.save(withoutDataUrls(input), output);
	const thisTurn = [
		{ role: 'user', content: input },
		{ role: 'assistant', content: output },
	];
	const item: INodeExecutionData = {
		json: {
			output,
			text,
			images: images.map((image, index) => ({
				field: fields[index],
				...describeImage(turn, image, index),
			})),
			...wordsForAgent(turn, images),
			...facts,
			messages: [...earlier, ...thisTurn].map(textOnly),
		},
	};
	return [images.length > 0 ? { ...item, binary: Object.fromEntries(files) } : item];
}

function paragraphs(text: string, images: string[]): string {
	return [text, ...images].filter((part) => part !== '').join('\n\n');
}

/** The files of the items that went along, which a later turn may go on with. */
function filesOf({ images }: Prompt) {
	return images.flatMap((image) =>
		image instanceof InputImage && image.binary ? [image.binary] : [],
	);
}

/** A message in words and links, so that no base64 gets into the output. */
function textOnly({ role, content }: Record<string, unknown>): IDataObject {
	return { role: String(role), content: withoutDataUrls(textOf(content)) };
}
