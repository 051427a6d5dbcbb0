import type { INodeExecutionData } from 'n8n-workflow';

import { withNotes } from '../errors/apiError';
import { withGoneAdvice } from '../errors/goneModel';
import { converses } from '../form/operations';
import { optionField } from '../form/options';
import { asText } from '../json';
import { receive } from '../reply/receive';
import type { Reply } from '../reply/reply';
import { postOf, sizeHint } from '../request/body';
import { closeImages, readImages } from '../request/imageSources';
import { readPrompt } from '../request/prompt';
import type { RequestSettings } from '../transport/client';
import type { Answer } from '../transport/exchange';
import { excerpt } from '../request/values';
import { createOwnLinks } from '../transport/signedLinks';
import { readConversation, readRequest } from './conversation';
import { requestHints, resultHints } from './hints';
import { createLiveText } from './liveText';
import { openMemory } from './memory';
import { asMarkdown, countTokens, linkImages, numbered } from './output';
import type { Turn } from './turn';

/** Makes one request. Throws if it fails; the node decides what becomes of that. */
export async function perform(turn: Turn): Promise<INodeExecutionData[]> {
	const { context, operation, options, client, signal, hint } = turn;
	const { timeoutMs, maxRetries } = options;
	const ownLinks = createOwnLinks(context, { timeoutMs, signal });
	const memory = await openMemory(turn);
	const earlier = [...memory.messages, ...options.history];
	const conversation = readConversation(earlier, ownLinks, hint);
	const prompt = readPrompt(turn, options);
	const asked = readRequest(prompt.text, options.systemMessage, ownLinks, hint);
	if (!converses(operation) && asked.links.length > 0) hint(LINK_NOT_READ);
	const imageLinks = [converses(operation) ? asked.links : [], ...conversation.imageLinks];
	const images = await readImages(turn, prompt.model, imageLinks, ownLinks);
	try {
		const { text, systemMessage } = asked;
		const sent = { ...options, systemMessage };
		const { path, body } = postOf({ ...prompt, text }, conversation.messages, images, sent);
		const model = asText(options.extraBody?.model) ?? prompt.modelId;
		const notes = [
			sizeHint(body),
			model === prompt.modelId ? undefined : `Extra Body replaces Model by '${excerpt(model)}'`,
		].filter((note) => note !== undefined);
		for (const message of requestHints(turn, images, notes)) hint(message);
		const settings = { model, timeoutMs, maxRetries, signal };
		const reply = await client
			.post(path, body, settings)
			.then(async (answer) => await receiveReply(turn, answer, settings))
			.catch((error: unknown) => Promise.reject(withNotes(error, notes)));
		countTokens(context, reply.usage);
		for (const message of resultHints(operation, prompt, reply.images)) hint(message);
		return await operation.toItems(turn, reply, { prompt, images, conversation, memory });
	} finally {
		closeImages(images);
	}
}

const LINK_NOT_READ =
	'A link to a file of this n8n was taken out of the words that are sent, as it would open the file to whoever gets it. To send its image, give the link as an image URL';

/** Receives the reply; who waits for an answer reads its words while they arrive. */
async function receiveReply(turn: Turn, answer: Answer, settings: RequestSettings): Promise<Reply> {
	const { context, operation, options, client, signal, itemIndex, hint } = turn;
	const live = converses(operation) ? createLiveText(context, itemIndex) : undefined;
	live?.begin();
	try {
		const reply = await receive(answer, {
			output: operation.output,
			imagesPerReply: options.imagesPerReply,
			storeBinary: context.helpers.prepareBinaryData,
			timeoutMs: settings.timeoutMs,
			nameOf: (index) => nameOf(turn, options.imagesPerReply === 'last' ? 0 : index),
			download: async (url, limit) => await client.download(url, { ...settings, signal: limit }),
			onText: live?.add,
			signal,
			hint,
		}).catch((error: unknown) => Promise.reject(withGoneAdvice(error, settings.model)));
		const images = linkImages(turn, reply.images);
		live?.addImages(asMarkdown(images));
		return { ...reply, images };
	} finally {
		await live?.end();
	}
}

/**
 * The name of an image: by the place of its request in the run, which no other image of the run has,
 * or with File Name, which no other image of the item has.
 */
function nameOf({ options, number, count, place, places }: Turn, index: number): string {
	const { fileName = String(optionField('fileName').default) } = options;
	const [at, of] = options.fileName === undefined ? [place, places] : [number, count];
	if (of === 1) return numbered(fileName, index);
	return index === 0 ? numbered(fileName, at) : `${fileName}_${at}_${index}`;
}
