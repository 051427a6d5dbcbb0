import type { INodeExecutionData } from 'n8n-workflow';

import { ApiError } from '../api/apiError';
import { chatBody, type Prompt } from '../api/bodies';
import { receive, type Received } from '../api/receive';
import type { Reply } from '../api/reply';
import { encodeBody } from '../api/requestBody';
import { InputImage } from '../images/inputImage';
import { describeImage, describeReply } from '../output';
import { readPrompt } from '../prompt';
import type { Turn } from './operation';

type Check = (reply: Reply, imageCount: number) => void;

/** Sends one prompt and receives its reply, images stored. */
export async function send(turn: Turn, prompt: Prompt, check: Check): Promise<Received> {
	const { context, client, signal } = turn;
	const { timeoutMs, maxRetries } = prompt.options;
	const files = prompt.images.filter((image) => image instanceof InputImage);
	const body = encodeBody(chatBody(prompt), files);
	const response = await client.post('/chat/completions', body, { timeoutMs, maxRetries, signal });
	return await receive(response.body, {
		isEventStream: response.isEventStream,
		storeBinary: context.helpers.prepareBinaryData,
		signal,
		check,
	});
}

/** Text to image and image to image: one item per image, and no image is a failure. */
export async function generate(turn: Turn): Promise<INodeExecutionData[]> {
	const prompt = await readPrompt(turn.context, turn.itemIndex);
	const { reply, images } = await send(turn, prompt, (answer, imageCount) => {
		if (imageCount === 0) throw noImage(answer, turn.client.clean);
	});
	return images.map((image, index) => ({
		json: {
			...describeReply(reply),
			usage: index === 0 ? reply.usage : null,
			image: describeImage(image, index, prompt.options.fileName),
		},
		binary: { [prompt.options.binaryPropertyOutput]: image.binary },
	}));
}

function noImage(reply: Reply, clean: (text: string) => string): ApiError {
	const finish = reply.nativeFinishReason ?? reply.finishReason;
	const words = clean(reply.text || reply.reasoning || '');
	const isRefused = /filter|safety|prohibited|recitation|block/i.test(finish ?? '');
	return new ApiError(
		`The model ${isRefused ? 'refused the picture' : 'answered without a picture'} (finish reason: ${finish ?? 'none given'})${words ? `: ${words}` : ''}`,
		isRefused
			? 'Change the prompt or the input images. The call may have been billed.'
			: 'Ask for a picture in the prompt, for example with "Draw". The call may have been billed.',
		{
			finishReason: reply.finishReason ?? undefined,
			nativeFinishReason: reply.nativeFinishReason ?? undefined,
			modelText: words || undefined,
			usage: reply.usage ?? undefined,
		},
	);
}
