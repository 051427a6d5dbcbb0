import { within } from '../async';
import { imageTypeOf, SIGNATURE_BYTES } from '../bytes/imageType';
import { peek } from '../bytes/stream';
import { ApiError, DamagedImage, type ErrorDetails } from '../errors/apiError';
import { linkError } from '../errors/failures';
import type { Output } from '../form/operations';
import type { ImagesPerReply } from '../form/options';
import type { Answer } from '../transport/exchange';
import { createReplyReader } from './events';
import { createImageStore, PendingImage, type ImageStore, type StoreSettings } from './imageStore';
import type { Progress } from './progress';
import { createPlaceholders, findImageLinks, withoutMentions, type Mention } from './prose';
import { createReplyReducer, MAX_ADDRESSES, type ReadReply, type Reply } from './reply';
import { holdsRest, split, SplitError, type ImagePart, type Part } from './splitter';

export interface ReceiveSettings extends StoreSettings {
	/** What the reply is asked for. */
	output: Output;
	/** Which images are kept if there are several. */
	imagesPerReply: ImagesPerReply;
	/** Longest wait for a sign of life, in milliseconds. */
	timeoutMs: number;
	/** Fetches an image that the reply only links. */
	download(address: string, signal: AbortSignal): Promise<Answer>;
	/** Told each piece of text as it arrives. */
	onText?(text: string): void;
	/** Told what is wrong with a reply that is good all the same, and what was said of it. */
	hint(message: string, said?: string): void;
}

/** How long a complete reply is waited for to go on, in milliseconds. */
const GRACE_MS = 3000;

/**
 * Reads one reply: text into the reducer, images into n8n's storage while they arrive. All images of
 * what it returns are stored; if the reply is cut before it is complete, nothing stays in storage.
 *
 * @throws ApiError
 */
export async function receive(answer: Answer, settings: ReceiveSettings): Promise<Reply> {
	const { output, imagesPerReply, hint } = settings;
	const store = createImageStore(settings);
	try {
		const { read, images, rests, ending } = await readAll(answer, store, settings);
		const { said, drafts, addresses } = read;
		const candidates = candidatesOf(images, drafts);
		const isOwed = output === 'images' && !hasFinal(candidates);
		// What a model says in a chat is never fetched, nor what it says beside an image.
		const mentions = isOwed && addresses.length === 0 ? findImageLinks(said.text) : [];
		const linked = [...addresses, ...mentions.map(({ address }) => address)];
		const wanted = output === 'words' ? [] : linked.slice(0, MAX_ADDRESSES);
		const areWordsEnough = output !== 'images' && said.text !== '';
		if (candidates.length + wanted.length === 0 && !areWordsEnough) {
			const damaged = images.find((image) => image instanceof DamagedImage);
			throw damaged ?? read.failure ?? emptyReply(read, output);
		}
		const loaded = await loadAll(wanted, store, settings);
		for (const image of loaded.values()) candidates.push({ image, isDraft: false });
		if (candidates.length === 0 && !areWordsEnough) throw notLoaded(read, mentions);
		const kept = await store.commit(choose(candidates, imagesPerReply));
		if (ending) hint(...ending);
		if (holdsRest(said.text, rests)) hint(BASE64_CUT);
		// Nobody misses a draft where there is something better.
		const isMissed = (image: Carried, number: number) =>
			image instanceof DamagedImage && !(hasFinal(candidates) && drafts.has(number));
		const lost = images.filter(isMissed).length + read.unusable;
		if (lost > 0) hint(lostImages(lost, lost + candidates.length));
		const shown = mentions.filter(({ address }) => loaded.has(address));
		return { ...said, text: withoutMentions(said.text, shown).trim(), images: kept };
	} catch (error) {
		await store.discard(error);
		if (error instanceof SplitError) throw endedEarly(error.message);
		// The scanner forbids rethrowing in a catch.
		return await Promise.reject(error);
	} finally {
		answer.close();
	}
}

/** An image of a reply that is good. */
interface Candidate {
	image: PendingImage;
	/** The model made it on its way to another one. */
	isDraft: boolean;
}

function candidatesOf(images: Carried[], drafts: Set<number>): Candidate[] {
	return images.flatMap((image, number) =>
		image instanceof PendingImage ? [{ image, isDraft: drafts.has(number) }] : [],
	);
}

function hasFinal(candidates: Candidate[]): boolean {
	return candidates.some(({ isDraft }) => !isDraft);
}

/**
 * Which images of a reply are kept: drafts only if there is nothing else; of equal ones the first, as
 * gateways repeat an image across chunks; and of these all, or the one that came last.
 */
function choose(candidates: Candidate[], which: ImagesPerReply): PendingImage[] {
	const finals = candidates.filter(({ isDraft }) => !isDraft);
	const wanted = (finals.length > 0 ? finals : candidates).map(({ image }) => image);
	if (which === 'last') return wanted.slice(-1);
	const byDigest = new Map<string, PendingImage>();
	for (const image of wanted) {
		if (!byDigest.has(image.digest)) byDigest.set(image.digest, image);
	}
	return [...byDigest.values()];
}

/** What a reply carries in the place of an image; undefined if nobody wants it. */
type Carried = PendingImage | DamagedImage | undefined;

interface Whole {
	read: ReadReply;
	/** By the number of the image. */
	images: Carried[];
	/** What is left of each long base64 that is no image. */
	rests: Set<string>;
	/** A hint that tells how the reply ended, if that was not orderly. */
	ending?: [message: string, said?: string];
}

const BASE64_CUT = 'The answer holds base64 that is no image, of which only the beginning is kept';
const BEHIND = 'The reply was complete, and what came behind it is left out';
const NOT_SAID = 'The reply ended without saying that it is complete';
/** Ends a reply that is complete, so that the user sees it in a hint alone. */
const NOT_ENDED = new ApiError('The service did not end its reply', '');

/**
 * Reads a reply to its end, or until it is complete and nothing new comes. What goes wrong once it
 * is complete costs nothing.
 *
 * @throws what goes wrong before
 */
async function readAll(
	answer: Answer,
	store: ImageStore,
	settings: ReceiveSettings,
): Promise<Whole> {
	const reading = createReading(answer, store, settings);
	try {
		for await (const part of split(answer.body, reading.placeholder)) {
			await reading.add(part);
			if (reading.isDone()) break;
		}
		return reading.end();
	} catch (error) {
		settings.signal.throwIfAborted();
		return reading.keep(error) ?? (await Promise.reject(error));
	}
}

/** A reply that is read part by part, with what is known of it so far. */
function createReading(
	answer: Answer,
	store: ImageStore,
	{ output, onText, timeoutMs }: ReceiveSettings,
) {
	const isEventStream = /event-stream/i.test(String(answer.headers['content-type']));
	const placeholders = createPlaceholders();
	const reducer = createReplyReducer(placeholders, onText);
	const { progress } = reducer;
	const reader = createReplyReader(isEventStream, (value) => reducer.add(value));
	const images: Carried[] = [];
	const rests = new Set<string>();
	/** A complete reply with an image stays one, though a further image may begin behind it. */
	let wasComplete = false;
	let isEnded = false;

	const isSaid = () => reader.isWhole() || progress.isSaidComplete();
	const hasImage = () => images.some((image) => image instanceof PendingImage);
	const hasResult = () =>
		reducer.addresses.size > 0 || hasFinal(candidatesOf(images, reducer.drafts));

	function whole(ending?: Whole['ending']): Whole {
		return { read: reducer.end(hasImage()), images, rests, ending };
	}

	async function add(part: Part): Promise<void> {
		if ('text' in part) {
			reader.push(part.text);
			if (part.isRest) rests.add(part.text.toString());
			wasComplete ||= progress.isComplete() && hasResult();
			answer.endAt(endOf(progress, isSaid(), hasResult(), timeoutMs), NOT_ENDED);
		} else {
			progress.content();
			answer.endAt(Infinity, NOT_ENDED);
			images.push(await take(part, store, output));
		}
	}

	/** The reply that has ended in order. @throws ApiError if it is not complete */
	function end(): Whole {
		isEnded = true;
		if (reader.end() || progress.isFinished() || isSaid()) return whole();
		if (!hasImage()) throw endedEarly();
		return whole([NOT_SAID]);
	}

	/** The reply in spite of an error, if it was complete before; undefined if it was not. */
	function keep(error: unknown): Whole | undefined {
		// What stands beside an error in one document is an image, or the words of the error.
		const isWhole = reader.isWhole() && (hasImage() || !progress.isFailed());
		const isLastEventCut = isEnded && progress.isFinished() && hasImage();
		const isComplete = wasComplete || progress.isComplete() || error === NOT_ENDED;
		if (!isComplete && !isWhole && !isLastEventCut) return undefined;
		const what = error instanceof Error ? error.message : String(error);
		return whole([progress.isFinished() || isSaid() ? BEHIND : NOT_SAID, what]);
	}

	return { placeholder: placeholders.of, isDone: reader.isDone, add, end, keep };
}

/**
 * When what has come counts as all, unless something new comes; in milliseconds since 1970.
 *
 * @param isSaid the reply says itself that it is complete, or is a whole document
 * @param hasResult it carries or links an image that is no draft
 */
function endOf(progress: Progress, isSaid: boolean, hasResult: boolean, timeoutMs: number): number {
	const grace = Math.min(GRACE_MS, timeoutMs);
	if (isSaid || (hasResult && progress.isFinished())) return progress.newsAt() + grace;
	// Behind words and a finish reason alone, an image may still be on its way.
	if (progress.isFinished()) return progress.newsAt() + timeoutMs;
	// Mere silence is over before; this ends heartbeats.
	return hasResult ? progress.newsAt() + timeoutMs + grace : Infinity;
}

async function take(
	{ type, chunks }: ImagePart,
	store: ImageStore,
	output: Output,
): Promise<Carried> {
	try {
		if (output !== 'words') return await store.store(type, chunks);
		await store.skip(chunks);
		return undefined;
	} catch (error) {
		return error instanceof DamagedImage ? error : await Promise.reject(error);
	}
}

/**
 * The images by their addresses, all within one Timeout; an address that leads to none is left out, as
 * the rest is paid for.
 */
async function loadAll(
	addresses: string[],
	store: ImageStore,
	settings: ReceiveSettings,
): Promise<Map<string, PendingImage>> {
	const loaded = new Map<string, PendingImage>();
	const different = new Set(addresses);
	const until = Date.now() + settings.timeoutMs;
	for (const [index, address] of [...different].entries()) {
		// Whoever trickles for ever leaves time for the others.
		const share = (until - Date.now()) / (different.size - index);
		const image = await within(
			share,
			async (signal) => await load(address, store, { ...settings, signal }),
			settings.signal,
		).catch(() => undefined);
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
async function load(address: string, store: ImageStore, { download, signal }: ReceiveSettings) {
	const answer = await download(address, signal);
	try {
		const { head, all } = await peek(answer.body, SIGNATURE_BYTES);
		const type = imageTypeOf(head);
		return type && (await store.store(type, all));
	} finally {
		answer.close();
	}
}

/** What is said of an empty reply: in general, if the model refused, and what to do. */
const EMPTY = {
	images: [
		'The model answered without an image',
		'The model refused the image',
		'Ask for an image in the prompt, for example with "Draw".',
	],
	answer: [
		'The model answered with neither words nor an image',
		'The model refused to answer',
		'Ask in other words, or try again.',
	],
	words: [
		'The model answered without words',
		'The model refused to answer',
		'Ask in other words, or try again.',
	],
} as const;

function emptyReply(read: ReadReply, output: Output): ApiError {
	const [empty, refusal, advice] = EMPTY[output];
	const { finishReason, nativeFinishReason, text, reasoning } = read.said;
	const reasons = [nativeFinishReason, finishReason].filter((reason) => reason !== null);
	// Either of the two may be a plain "stop".
	const finish = reasons.find((reason) => !/^stop$/i.test(reason)) ?? reasons.at(-1);
	const words = text || read.explanation || reasoning || '';
	const what = `${REFUSED.test(reasons.join()) ? refusal : empty} (finish reason: ${finish ?? 'none given'})`;
	return new ApiError(
		words === '' ? what : `${what}: ${words}`,
		`${adviceFor(reasons.join()) ?? advice} The call may have been billed.`,
		detailsOf(read, words),
	);
}

const REFUSED = /filter|safety|prohibited|recitation|block/i;

/** What to do about the reasons for which a model ended, if anything special. */
function adviceFor(reasons: string): string | undefined {
	if (REFUSED.test(reasons)) return 'Change the prompt or the input images.';
	if (/length|max_?tokens/i.test(reasons))
		return 'Its tokens were used up, perhaps by thinking: raise Max Tokens, or lower Reasoning Effort.';
	return undefined;
}

function detailsOf({ said }: ReadReply, words: string): ErrorDetails {
	const { finishReason, nativeFinishReason, usage } = said;
	return {
		finishReason: finishReason ?? undefined,
		nativeFinishReason: nativeFinishReason ?? undefined,
		modelText: words || undefined,
		usage: usage ?? undefined,
	};
}

/** No image that the reply links can be loaded; what the model said besides may tell why. */
function notLoaded(read: ReadReply, mentions: Mention[]): ApiError {
	const { text } = read.said;
	const words = withoutMentions(text, mentions).trim() === '' ? '' : text;
	return words === '' ? linkError() : linkError(words, detailsOf(read, words));
}

function lostImages(lost: number, all: number): string {
	return `${lost} of ${all} images in the reply ${lost === 1 ? 'is' : 'are'} left out: cut off, damaged, or no image`;
}

function endedEarly(message = 'The reply of the service ended before it was complete'): ApiError {
	return new ApiError(
		message,
		'The connection was closed early, for example by a proxy with a time limit. The call may have been billed. Try again.',
	);
}
