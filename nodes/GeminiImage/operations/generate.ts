import type { INodeExecutionData } from 'n8n-workflow';

import type { Prompt } from '../request/prompt';
import { wordsForAgent } from './imageLinks';
import type { Outcome, Turn } from './operation';
import { describeImage, describeReply } from './output';

/** Text to image and image to image: one item per image. */
export function imageItems(
	turn: Turn,
	{ options }: Prompt,
	{ reply, images }: Outcome,
): INodeExecutionData[] {
	const facts = describeReply(reply, options);
	return images.map((image, index) => ({
		json: {
			image: describeImage(turn, image, index),
			...wordsForAgent(turn, [image]),
			...facts,
			usage: index === 0 ? facts.usage : null,
		},
		binary: { [options.binaryPropertyOutput]: image.binary },
	}));
}
