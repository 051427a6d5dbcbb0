import { generate } from './generate';
import type { Operation } from './operation';

export const imageToImage: Operation = {
	name: 'Image to Image',
	value: 'imageToImage',
	action: 'Generate an image from images',
	description: 'Edit a picture, or make a new one out of several',
	isRepeatable: true,
	execute: generate,
};
