import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { withoutDataUrls } from '../errors/cleanText';
import { asText } from '../json';
import type { Reply } from '../reply/reply';
import { filesOfItems } from '../request/fileFields';
import type { SentImage } from '../request/imageSources';
import { InputImage } from '../request/inputImage';
import { lastingLinkTo, whyNoLink } from '../transport/signedLinks';
import { textOf } from './conversation';
import {
	asMarkdown,
	fileFacts,
	imageFacts,
	markdownOf,
	numbered,
	promptFact,
	replyFacts,
	wordsForAgent,
} from './output';
import type { Asked, Operation, Turn } from './turn';

export const chat: Operation = {
	name: 'Chat',
	value: 'chat',
	action: 'Chat about images',
	description: 'Talk with the model, which answers with text, images or both',
	promptDescription:
		'What to ask or tell the model; {{ $json.chatInput }} is the message of a Chat Trigger',
	placeholder: 'What is in this image? Make the sky darker.',
	promptDefault: '={{ $json.chatInput }}',
	imageSources: ['auto', 'binary', 'binaryAndUrl', 'url', 'none'],
	output: 'answer',
	toItems: answerItem,
};

/** One item with the answer, its images, and the messages that the next turn goes on from. */
async function answerItem(turn: Turn, reply: Reply, asked: Asked): Promise<INodeExecutionData[]> {
	const { options } = turn;
	const { conversation, memory, prompt } = asked;
	const { images } = reply;
	const fields = images.map((_image, index) => numbered(options.binaryPropertyOutput, index));
	const files = images.map(({ binary }, index) => [fields[index], binary] as const);
	const { text, ...facts } = replyFacts(reply, options);
	const input = paragraphs(prompt.text, await linksToFiles(turn, asked.images));
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
				...imageFacts(image, index, options),
			})),
			// Nodes that expect a single image find the first one.
			...(images[0] && fileFacts(images[0], options)),
			...wordsForAgent(turn, images),
			...facts,
			messages: [...conversation.earlier, ...thisTurn].map(textOnly),
			...promptFact(prompt, options),
		},
	};
	return [images.length > 0 ? { ...item, binary: Object.fromEntries(files) } : item];
}

function paragraphs(text: string, images: string[]): string {
	return [text, ...images].filter((part) => part !== '').join('\n\n');
}

/** The files of the item that went along, as markdown with links: a later turn may go on with them. */
async function linksToFiles(
	{ context, itemIndexes, options, signal, hint }: Turn,
	images: SentImage[],
): Promise<string[]> {
	const files = images.flatMap((image) => (image instanceof InputImage && image.binary) || []);
	if (files.length === 0) return [];
	const filesOfItem = filesOfItems(context, itemIndexes, files);
	const lines = files.map(async (file) => {
		// Anybody may have sent JSON that looks like a file, and a link opens it to everyone.
		const isOfItem = filesOfItem.has(file);
		const link = isOfItem
			? await lastingLinkTo(context, file, options.imageLinkHours, signal)
			: undefined;
		const why = isOfItem ? whyNoLink(context, file) : NOT_OF_ITEM;
		if (file.id && !link) hint(`A later turn cannot see the images of this one: ${why}`);
		return link === undefined ? [] : [markdownOf(asText(file.fileName) ?? 'image', link)];
	});
	return (await Promise.all(lines)).flat();
}

const NOT_OF_ITEM = 'links are made only to files that the item has';

/** A message in words and links, so that no base64 gets into the output. */
function textOnly({ role, content }: Record<string, unknown>): IDataObject {
	return { role: String(role), content: withoutDataUrls(textOf(content)) };
}
