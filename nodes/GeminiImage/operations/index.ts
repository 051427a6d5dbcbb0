import { answerItem } from './chat';
import { imageItems } from './generate';
import type { Operation } from './operation';

/** All operations, in the order of the form. */
export const operations: Operation[] = [
	{
		name: 'Chat',
		value: 'chat',
		action: 'Chat about images',
		description: 'Talk with the model, which answers with text, images or both',
		placeholder: 'What is in this image? Make the sky darker.',
		promptDescription: 'What to ask or tell the model',
		imageSources: ['auto', 'binary', 'binaryAndUrl', 'url', 'none'],
		defaultSource: 'auto',
		isRepeatable: false,
		needsImage: false,
		hasHistory: true,
		toItems: answerItem,
	},
	{
		name: 'Image to Image',
		value: 'imageToImage',
		action: 'Edit images',
		description: 'Edit an image, or make a new one out of several',
		placeholder: 'Make it a winter evening, keep the composition',
		promptDescription: 'What to change, or what to make of the images',
		imageSources: ['binary', 'binaryAndUrl', 'url'],
		defaultSource: 'binary',
		isRepeatable: true,
		needsImage: true,
		hasHistory: false,
		toItems: imageItems,
	},
	{
		name: 'Text to Image',
		value: 'textToImage',
		action: 'Generate an image',
		description: 'Generate an image of what the prompt describes',
		placeholder: 'A cute orange cat on a windowsill, watching the sunset',
		promptDescription: 'What the image shows',
		isRepeatable: true,
		needsImage: true,
		hasHistory: false,
		toItems: imageItems,
	},
];
