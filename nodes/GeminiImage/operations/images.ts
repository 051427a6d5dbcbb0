import type { INodeExecutionData } from 'n8n-workflow';

import type { Reply } from '../reply/reply';
import { fileFacts, imageFacts, promptFact, replyFacts, wordsForAgent } from './output';
import type { Asked, Operation, Turn } from './turn';

export const imageToImage: Operation = {
	name: 'Image to Image',
	value: 'imageToImage',
	action: 'Generate an image from images',
	description: 'Edit an image, or make a new one out of several',
	promptDescription: 'What to change, or what to make of the images',
	placeholder: 'Make it a winter evening, keep the composition',
	promptDefault: '',
	imageSources: ['auto', 'binary', 'binaryAndUrl', 'url'],
	output: 'images',
	toItems: imageItems,
};

export const textToImage: Operation = {
	name: 'Text to Image',
	value: 'textToImage',
	action: 'Generate an image from text',
	description: 'Generate an image of what the prompt describes',
	promptDescription: 'What the image shows',
	placeholder: 'A cute orange cat on a windowsill, watching the sunset',
	promptDefault: '',
	output: 'images',
	toItems: imageItems,
};

/** One item per image. What is said once for the reply stands on the first, so that sums are right. */
function imageItems(turn: Turn, reply: Reply, { prompt }: Asked): INodeExecutionData[] {
	const { options } = turn;
	const further = { ...reply, text: '', usage: null, reasoning: null };
	return reply.images.map((image, index) => {
		const { text, ...facts } = replyFacts(index === 0 ? reply : further, options);
		return {
			json: {
				image: imageFacts(image, index, options),
				...wordsForAgent(turn, [image]),
				text,
				...fileFacts(image, options),
				...facts,
				...promptFact(prompt, options),
			},
			binary: { [options.binaryPropertyOutput]: image.binary },
		};
	});
}
