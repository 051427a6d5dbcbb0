import { createImageStore, type StoreBinary, type StoredImage } from './imageStore';
import { imageTypeOf, SIGNATURE_BYTES } from '../images/imageType';
import { createPlaceholders } from './placeholders';
import { createSplitter, SplitError, type SplitEvent } from './splitter';
import { ApiError } from '../errors/apiError';
import type { Response } from '../transport/client';
import { peek } from '../images/peek';
import { createReplyReducer, type Reply } from './reply';
import { createReplyReader } from './events';

export interface ReceiveOptions {
	storeBinary: StoreBinary;
	signal: AbortSignal;
	/** Fetches an image that the reply only links. */
	download: (url: string) => Promise<Response>;
	/** Makes foreign text fit to be shown. */
	clean: (text: string) => string;
	/** Told each piece of text as it arrives. */
	onText?: (text: string) => void;
	/** Throws where the reply, complete and well-formed, is not what was asked for. */
	check: (reply: Reply, imageCount: number) => void;
}

/** A reply and its images, all of them stored. */
export interface Received {
	reply: Reply;
	images: StoredImage[];
}

/**
 * Reads one reply: text into the reducer, images into n8n's storage while they arrive. Where
 * anything is wrong with it, nothing stays in storage.
 *
 * @throws ApiError, and whatever storage throws
 */
export async function receive(response: Response, options: ReceiveOptions): Promise<Received> {
	const placeholders = createPlaceholders();
	const reducer = createReplyReducer(placeholders, options.clean, options.onText);
	const reader = createReplyReader(response.isEventStream, (value) => reducer.add(value));
	const events = split(response.body, placeholders.of);
	let imageCount = 0;
	const store = createImageStore(options.storeBinary, options.signal);
	try {
		for (let next = await events.next(); !next.done; next = await events.next()) {
			const event = next.value;
			if (event.kind === 'text') reader.push(event.bytes);
			if (reader.isDone()) break;
			if (event.kind !== 'imageStart') continue;
			imageCount++;
			await store.receive(event.type, events);
		}
		const isComplete = reader.end();
		const reply = reducer.end();
		if (imageCount === 0 && reply.imageUrls.length === 0) {
			reply.imageUrls.push(...linkIn(reply.text));
		}
		if (!isComplete && !reply.finishReason && imageCount === 0) throw cutShort();
		options.check(reply, imageCount + reply.imageUrls.length);
		for (const url of reply.imageUrls) await receiveLinked(await options.download(url), store);
		return { reply, images: await store.commit() };
	} catch (error) {
		await store.discard(error);
		if (error instanceof SplitError) throw cutShort(error.message);
		return await Promise.reject(error);
	} finally {
		response.close();
	}
}

async function receiveLinked(
	response: Response,
	store: ReturnType<typeof createImageStore>,
): Promise<void> {
	try {
		const { head, all } = await peek(response.body, SIGNATURE_BYTES);
		const type = imageTypeOf(head);
		if (!type) {
			throw new ApiError(
				'The reply links to something that is not an image',
				'The call may have been billed. Try again.',
			);
		}
		await store.receive(type, imageEvents(all));
	} finally {
		response.close();
	}
}

/** The link of an answer that consists of nothing but a link to a picture. */
function linkIn(text: string): string[] {
	const link = /^!\[[^\]]*\]\((https?:\/\/[^\s)]+)\)$/i.exec(text)?.[1];
	if (link) return [link];
	return /^https?:\/\/\S+\.(?:png|jpe?g|webp)(?:\?\S*)?$/i.test(text) ? [text] : [];
}

async function* imageEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<SplitEvent> {
	for await (const chunk of chunks) yield { kind: 'imageData', bytes: Buffer.from(chunk) };
}

async function* split(
	body: AsyncIterable<Uint8Array>,
	placeholder: (index: number) => string,
): AsyncGenerator<SplitEvent> {
	const splitter = createSplitter(placeholder);
	for await (const chunk of body) yield* splitter.push(chunk);
	yield* splitter.end();
}

function cutShort(message = 'The reply of the service ended before it was complete'): ApiError {
	return new ApiError(
		message,
		'The connection was closed early, for example by a proxy with a time limit. The call may have been billed. Try again.',
	);
}
