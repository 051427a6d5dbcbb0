import { generate } from './generate';
import type { Operation } from './operation';

export const textToImage: Operation = {
	name: 'Text to Image',
	value: 'textToImage',
	action: 'Generate an image from text',
	description: 'Draw a picture of what the prompt describes',
	isRepeatable: true,
	execute: generate,
};
