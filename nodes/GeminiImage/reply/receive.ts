import { imageTypeOf, SIGNATURE_BYTES } from '../bytes/imageType';
import { peek } from '../bytes/stream';
import { ApiError } from '../errors/apiError';
import { linkError } from '../errors/failures';
import type { Output } from '../form/operations';
import type { ImagesPerReply } from '../form/options';
import type { Answer } from '../transport/exchange';
import { createReplyReader } from './events';
import {
	createImageStore,
	type ImageStore,
	type PendingImage,
	type StoreSettings,
} from './imageStore';
import { createPlaceholders, findImageLinks, withoutMentions } from './prose';
import { createReplyReducer, MAX_ADDRESSES, type ReadReply, type Reply } from './reply';
import { split, SplitError } from './splitter';

export interface ReceiveSettings extends StoreSettings {
	/** What the reply is asked for. */
	output: Output;
	/** Which images are kept if there are several. */
	imagesPerReply: ImagesPerReply;
	/** Fetches an image that the reply only links. */
	download(address: string): Promise<Answer>;
	/** Told each piece of text as it arrives. */
	onText?(text: string): void;
	/** Told what is missing in a reply that is good all the same. */
	hint(message: string): void;
}

/**
 * Reads one reply: text into the reducer, images into n8n's storage while they arrive. All images of
 * what it returns are stored; if anything is wrong with the reply, nothing stays in storage.
 *
 * @throws ApiError
 */
export async function receive(answer: Answer, settings: ReceiveSettings): Promise<Reply> {
	const { output, imagesPerReply, hint } = settings;
	const store = createImageStore(settings);
	try {
		const { read, carried, isComplete } = await readAll(answer, store, settings);
		if (!isComplete && carried.length === 0) throw endedEarly();
		if (!isComplete) hint('The reply ended without saying that it is complete');
		const { drafts, addresses, ...facts } = read;
		const candidates = carried.map(
			(image, number): Candidate => ({ image, isDraft: drafts.has(number) }),
		);
		const isOwed = output === 'images' && candidates.every(({ isDraft }) => isDraft);
		// What a model says in a chat is never fetched, nor what it says beside an image.
		const mentions = isOwed && addresses.length === 0 ? findImageLinks(read.text) : [];
		const linked = [...addresses, ...mentions.map(({ address }) => address)];
		const wanted = output === 'words' ? [] : linked.slice(0, MAX_ADDRESSES);
		failIfEmpty(read, output, candidates.length + wanted.length);
		const loaded = await loadAll(wanted, store, settings);
		for (const image of loaded.values()) candidates.push({ image, isDraft: false });
		if (output === 'images' && candidates.length === 0) throw linkError();
		const images = await store.commit(choose(candidates, imagesPerReply));
		const shown = mentions.filter(({ address }) => loaded.has(address));
		return { ...facts, text: withoutMentions(read.text, shown).trim(), images };
	} catch (error) {
		await store.discard(error);
		if (error instanceof SplitError) throw endedEarly(error.message);
		// The scanner forbids rethrowing in a catch.
		return await Promise.reject(error);
	} finally {
		answer.close();
	}
}

/** An image of a reply that is whole. */
interface Candidate {
	image: PendingImage;
	/** The model made it on its way to another one. */
	isDraft: boolean;
}

/**
 * Which images of a reply are kept: drafts only if there is nothing else; of equal ones the first, as
 * gateways repeat an image across chunks; and of these all, or the last.
 */
function choose(candidates: Candidate[], which: ImagesPerReply): PendingImage[] {
	const finals = candidates.filter(({ isDraft }) => !isDraft);
	const byDigest = new Map<string, PendingImage>();
	for (const { image } of finals.length > 0 ? finals : candidates) {
		if (!byDigest.has(image.digest)) byDigest.set(image.digest, image);
	}
	return [...byDigest.values()].slice(which === 'last' ? -1 : 0);
}

interface Whole {
	read: ReadReply;
	/** The images that the reply carries itself, by their numbers. */
	carried: PendingImage[];
	isComplete: boolean;
}

async function readAll(
	answer: Answer,
	store: ImageStore,
	{ output, onText }: ReceiveSettings,
): Promise<Whole> {
	const isEventStream = /event-stream/i.test(String(answer.headers['content-type']));
	const placeholders = createPlaceholders();
	const reducer = createReplyReducer(placeholders, onText);
	const reader = createReplyReader(isEventStream, (value) => reducer.add(value));
	const carried: PendingImage[] = [];
	for await (const part of split(answer.body, placeholders.of)) {
		if ('text' in part) reader.push(part.text);
		else if (output === 'words') await store.skip(part.chunks);
		else carried.push(await store.store(part.type, part.chunks));
		if (reader.isDone()) break;
	}
	const isDone = reader.end();
	const read = reducer.end();
	return { read, carried, isComplete: isDone || reducer.isComplete() };
}

/** What the addresses lead to; one that leads nowhere is left out, as the rest is paid for. */
async function loadAll(
	addresses: string[],
	store: ImageStore,
	settings: ReceiveSettings,
): Promise<Map<string, PendingImage>> {
	const loaded = new Map<string, PendingImage>();
	const different = new Set(addresses);
	for (const address of different) {
		const image = await load(address, store, settings).catch(() => undefined);
		settings.signal.throwIfAborted();
		if (image) loaded.set(address, image);
	}
	const missing = different.size - loaded.size;
	if (missing > 0) {
		settings.hint(`${missing} of ${different.size} images that the reply links cannot be loaded`);
	}
	return loaded;
}

/** Undefined if what the address leads to is no image. */
async function load(address: string, store: ImageStore, { download }: ReceiveSettings) {
	const answer = await download(address);
	try {
		const { head, all } = await peek(answer.body, SIGNATURE_BYTES);
		const type = imageTypeOf(head);
		return type && (await store.store(type, all));
	} finally {
		answer.close();
	}
}

/** @throws ApiError if the reply has nothing of what it was asked for */
function failIfEmpty(read: ReadReply, output: Output, images: number): void {
	if (output === 'images' && images === 0) throw emptyReply(read, EMPTY.images);
	if (output === 'words' && read.text === '') throw emptyReply(read, EMPTY.words);
}

/** What is said of an empty reply: if the model gives no reason, if it refused, and what to do. */
const EMPTY = {
	images: [
		'The model answered without an image',
		'The model refused the image',
		'Ask for an image in the prompt, for example with "Draw".',
	],
	words: [
		'The model answered without words',
		'The model refused to answer',
		'Ask in other words, or try again.',
	],
} as const;

function emptyReply(read: ReadReply, [isEmpty, isRefusal, advice]: readonly string[]): ApiError {
	const { finishReason, nativeFinishReason, text, reasoning, usage } = read;
	const reasons = [nativeFinishReason, finishReason].filter((reason) => reason !== null);
	// Either of the two may be a plain "stop".
	const finish = reasons.find((reason) => !/^stop$/i.test(reason)) ?? reasons.at(-1);
	const words = text || reasoning || '';
	const isRefused = /filter|safety|prohibited|recitation|block/i.test(reasons.join());
	const said = words === '' ? '' : `: ${words}`;
	return new ApiError(
		`${isRefused ? isRefusal : isEmpty} (finish reason: ${finish ?? 'none given'})${said}`,
		`${isRefused ? 'Change the prompt or the input images.' : advice} The call may have been billed.`,
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
