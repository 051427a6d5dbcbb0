import { ApiError, linkError } from '../errors/apiError';
import { imageTypeOf, SIGNATURE_BYTES } from '../images/imageType';
import { peek } from '../images/peek';
import type { Answer } from '../transport/response';
import { createReplyReader } from './events';
import { createImageStore, type StoreSettings, type StoredImage } from './imageStore';
import { linksIn, withoutLinks, type Link } from './links';
import { createPlaceholders } from './placeholders';
import { createReplyReducer, MAX_LINKS, type Reply } from './reply';
import { split, SplitError } from './splitter';

export interface ReceiveSettings extends StoreSettings {
	/** Fetches an image that the reply only links. */
	download: (url: string) => Promise<Answer>;
	/** Whether a reply without an image is a failure; then links in its words may be images. */
	needsImage: boolean;
	/** Told each piece of text as it arrives. */
	onText?: (text: string) => void;
	/** Told what is missing in a reply that is good all the same. */
	hint(message: string): void;
}

/** A reply and its images, all of them stored. */
export interface Received {
	reply: Reply;
	images: StoredImage[];
}

type Store = ReturnType<typeof createImageStore>;

/**
 * Reads one reply: text into the reducer, images into n8n's storage while they arrive. If anything
 * is wrong with it, nothing stays in storage.
 *
 * @throws ApiError
 */
export async function receive(answer: Answer, settings: ReceiveSettings): Promise<Received> {
	const store = createImageStore(settings);
	try {
		const { reply, isComplete } = await readReply(answer, store, settings.onText);
		const carried = store.count();
		if (!isComplete && carried === 0) throw endedEarly();
		if (!isComplete) settings.hint('The reply ended without saying that it is complete');
		const { links, isInWords } = linksOf(reply, carried - reply.drafts.size, settings);
		if (settings.needsImage && carried + links.length === 0) throw noImage(reply);
		const loaded = await loadAll(links, store, settings);
		if (settings.needsImage && carried + loaded.length === 0) throw linkError();
		const isAllDrafts = reply.drafts.size === carried + loaded.length;
		const isWanted = (number = -1) => isAllDrafts || !reply.drafts.has(number);
		const images = await store.commit(isWanted);
		const text = isInWords ? withoutLinks(reply.text, loaded) : reply.text;
		return { reply: { ...reply, text }, images };
	} catch (error) {
		await store.discard(error);
		if (error instanceof SplitError) throw endedEarly(error.message);
		// The scanner forbids rethrowing in a catch.
		return await Promise.reject(error);
	} finally {
		answer.close();
	}
}

async function readReply(answer: Answer, store: Store, onText?: (text: string) => void) {
	const isEventStream = /event-stream/i.test(String(answer.headers['content-type']));
	const placeholders = createPlaceholders();
	const reducer = createReplyReducer(placeholders, onText);
	const reader = createReplyReader(isEventStream, (value) => reducer.add(value));
	let number = 0;
	for await (const part of split(answer.body, placeholders.of)) {
		if ('text' in part) reader.push(part.text);
		else await store.store(part.type, part.chunks, number++);
		if (reader.isDone()) break;
	}
	const isDone = reader.end();
	const reply = reducer.end();
	return { reply, isComplete: isDone || reducer.isComplete() };
}

/**
 * The images that a reply links: in the API's own places, or in the words of a reply that owes an
 * image and has none. What a model says in a chat is never fetched.
 */
function linksOf(reply: Reply, finished: number, { needsImage }: ReceiveSettings) {
	const isInWords = needsImage && finished === 0 && reply.imageUrls.length === 0;
	const inPlaces = reply.imageUrls.map((url): Link => ({ url, start: 0, end: 0 }));
	const links = isInWords ? linksIn(reply.text) : inPlaces;
	return { links: links.slice(0, MAX_LINKS), isInWords };
}

/** Stores what the links lead to; one that leads nowhere is left out, as the rest is paid for. */
async function loadAll(links: Link[], store: Store, settings: ReceiveSettings): Promise<Link[]> {
	const loaded: Link[] = [];
	for (const link of links) {
		const isLoaded = await load(link.url, store, settings).catch(() => false);
		settings.signal.throwIfAborted();
		if (isLoaded) loaded.push(link);
	}
	const missing = links.length - loaded.length;
	if (missing > 0) {
		settings.hint(`${missing} of ${links.length} images that the reply links cannot be loaded`);
	}
	return loaded;
}

async function load(url: string, store: Store, { download }: ReceiveSettings): Promise<boolean> {
	const answer = await download(url);
	try {
		const { head, all } = await peek(answer.body, SIGNATURE_BYTES);
		const type = imageTypeOf(head);
		if (type) await store.store(type, all);
		return type !== undefined;
	} finally {
		answer.close();
	}
}

function noImage({ finishReason, nativeFinishReason, text, reasoning, usage }: Reply): ApiError {
	const reasons = [nativeFinishReason, finishReason].filter((reason) => reason !== null);
	// Either of the two may be a plain "stop".
	const finish = reasons.find((reason) => !/^stop$/i.test(reason)) ?? reasons.at(-1);
	const words = text || reasoning || '';
	const isRefused = /filter|safety|prohibited|recitation|block/i.test(reasons.join());
	const what = isRefused ? 'The model refused the image' : 'The model answered without an image';
	const said = words === '' ? '' : `: ${words}`;
	return new ApiError(
		`${what} (finish reason: ${finish ?? 'none given'})${said}`,
		isRefused
			? 'Change the prompt or the input images. The call may have been billed.'
			: 'Ask for an image in the prompt, for example with "Draw". The call may have been billed.',
		{
			finishReason: finishReason ?? undefined,
			nativeFinishReason: nativeFinishReason ?? undefined,
			modelText: words || undefined,
			usage: usage ?? undefined,
		},
	);
}

function endedEarly(message = 'The reply of the service ended before it was complete'): ApiError {
	return new ApiError(
		message,
		'The connection was closed early, for example by a proxy with a time limit. The call may have been billed. Try again.',
	);
}
