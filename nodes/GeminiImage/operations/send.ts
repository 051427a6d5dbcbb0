import { ApiError } from '../errors/apiError';
import { goneAdvice, isModelGone } from '../form/goneModel';
import { receive } from '../reply/receive';
import type { Reply } from '../reply/reply';
import { chatBody, encodeBody, imagesBody, optionsWithoutPlace } from '../request/body';
import type { Prompt } from '../request/prompt';
import { asMarkdown, linkImages, type LinkedImage } from './imageLinks';
import { createLiveText } from './liveText';
import type { Turn } from './operation';
import { numbered } from './output';

interface Sent {
	reply: Reply;
	images: LinkedImage[];
}

/** Sends one prompt and receives its reply, images stored. */
export async function send(turn: Turn, prompt: Prompt): Promise<Sent> {
	const { context, operation, client, signal, itemIndex, hint } = turn;
	const { timeoutMs, maxRetries, imagesPerReply } = prompt.options;
	const settings = { model: prompt.model, timeoutMs, maxRetries, signal };
	const { path, body } = requestOf(turn, prompt);
	const live = operation.hasHistory ? createLiveText(context, itemIndex) : undefined;
	const answer = await client.post(path, encodeBody(body, prompt.images), settings);
	live?.begin();
	try {
		const { reply, images: stored } = await receive(answer, {
			storeBinary: context.helpers.prepareBinaryData,
			nameOf: (index) => nameOf(turn, imagesPerReply === 'last' ? 0 : index),
			imagesPerReply,
			download: async (url) => await client.download(url, settings),
			needsImage: operation.needsImage,
			onText: live?.add,
			signal,
			hint,
		}).catch((error: unknown) => Promise.reject(withAdvice(error, prompt.model)));
		const images = linkImages(turn, stored);
		live?.addImages(asMarkdown(images));
		return { reply, images };
	} finally {
		await live?.end();
	}
}

/** A gateway may answer with 200, and say in its reply that the model is gone. */
function withAdvice(error: unknown, model: string): unknown {
	if (!(error instanceof ApiError) || error.details.httpCode !== '200') return error;
	const { message, description, details } = error;
	const isGone = isModelGone(200, `${details.code ?? ''} ${message}`);
	return isGone ? new ApiError(`${goneAdvice(model)}. ${message}`, description, details) : error;
}

function requestOf({ hint }: Turn, prompt: Prompt) {
	if (prompt.options.endpoint === 'chatCompletions') {
		return { path: '/chat/completions', body: chatBody(prompt) };
	}
	const unused = optionsWithoutPlace(prompt);
	if (unused.length > 0) {
		hint(`The Images endpoint takes no ${unused.join(', ')}: not sent`);
	}
	const path = prompt.images.length > 0 ? '/images/edits' : '/images/generations';
	return { path, body: imagesBody(prompt) };
}

/** The name of an image, which no other image of its item has. */
function nameOf({ options, number, count }: Turn, index: number): string {
	const name = numbered(options.fileName, count === 1 ? index : number);
	return count === 1 || index === 0 ? name : `${numbered(options.fileName, number)}_${index}`;
}
