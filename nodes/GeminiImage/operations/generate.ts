import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { ApiError } from '../errors/apiError';
import type { Reply } from '../reply/reply';
import { countTokens, describeImage, describeReply } from './output';
import { readPrompt } from '../request/prompt';
import type { Turn } from './operation';
import { send } from './send';

/** Text to image and image to image: one item per image, and no image is a failure. */
export async function generate(turn: Turn): Promise<INodeExecutionData[]> {
	const { context, itemIndex, itemIndexes, client } = turn;
	const prompt = await readPrompt(context, itemIndex, itemIndexes);
	const { reply, images } = await send(turn, prompt, {
		check(answer, imageCount) {
			if (imageCount === 0) throw noImage(answer, client.clean);
		},
	});
	countTokens(context, reply);
	return images.map((image, index) => ({
		json: {
			...describeReply(reply),
			usage: index === 0 ? (reply.usage as IDataObject | null) : null,
			image: describeImage(turn, prompt.options, image, index),
		},
		binary: { [prompt.options.binaryPropertyOutput]: image.binary },
	}));
}

function noImage(reply: Reply, clean: (text: string) => string): ApiError {
	const [finishReason, nativeFinishReason] = [reply.finishReason, reply.nativeFinishReason].map(
		(reason) => (reason === null ? undefined : clean(reason)),
	);
	const finish = nativeFinishReason ?? finishReason;
	const words = clean(reply.text || reply.reasoning || '');
	const isRefused = /filter|safety|prohibited|recitation|block/i.test(finish ?? '');
	const what = isRefused ? 'The model refused the picture' : 'The model answered without a picture';
	const said = words === '' ? '' : `: ${words}`;
	return new ApiError(
		`${what} (finish reason: ${finish ?? 'none given'})${said}`,
		isRefused
			? 'Change the prompt or the input images. The call may have been billed.'
			: 'Ask for a picture in the prompt, for example with "Draw". The call may have been billed.',
		{
			finishReason,
			nativeFinishReason,
			modelText: words || undefined,
			usage: reply.usage ?? undefined,
		},
	);
}
