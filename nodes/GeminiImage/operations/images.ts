import type { INodeExecutionData } from 'n8n-workflow';

import type { Reply } from '../reply/reply';
import { imageFacts, replyFacts, wordsForAgent } from './output';
import type { Operation, Turn } from './turn';

export const imageToImage: Operation = {
	name: 'Image to Image',
	value: 'imageToImage',
	action: 'Edit images',
	description: 'Edit an image, or make a new one out of several',
	placeholder: 'Make it a winter evening, keep the composition',
	promptDescription: 'What to change, or what to make of the images',
	imageSources: ['binary', 'binaryAndUrl', 'url'],
	output: 'images',
	toItems: imageItems,
};

export const textToImage: Operation = {
	name: 'Text to Image',
	value: 'textToImage',
	action: 'Generate an image',
	description: 'Generate an image of what the prompt describes',
	placeholder: 'A cute orange cat on a windowsill, watching the sunset',
	promptDescription: 'What the image shows',
	output: 'images',
	toItems: imageItems,
};

/** One item per image. */
function imageItems(turn: Turn, reply: Reply): INodeExecutionData[] {
	const { options } = turn;
	const facts = replyFacts(reply, options);
	return reply.images.map((image, index) => ({
		json: {
			image: imageFacts(image, index, options),
			...wordsForAgent(turn, [image]),
			...facts,
			usage: index === 0 ? facts.usage : null,
		},
		binary: { [options.binaryPropertyOutput]: image.binary },
	}));
}
