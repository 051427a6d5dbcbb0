import { createHash, type Hash } from 'crypto';
import type { IBinaryData } from 'n8n-workflow';

import { ApiError } from '../errors/apiError';
import { createDeferred, unlessAborted, type Deferred } from '../abort';
import { pixelSizeOf, type ImageType } from '../images/imageType';
import { toReadable } from '../images/readable';
import type { SplitEvent } from './splitter';
import { createWholenessCheck } from '../images/wholeness';

/** An image beyond this, in bytes, ends the call. */
export const MAX_IMAGE_BYTES = 256 * 1024 * 1024;

/** A JPEG's pixel size stands behind its metadata, which may take this many bytes. */
const HEAD_BYTES = 256 * 1024;

/** A picture that n8n has stored, with the facts that its bytes show. */
export interface StoredImage {
	binary: IBinaryData;
	extension: string;
	mimeType: string;
	/** Pixels; null where the bytes do not tell. */
	width: number | null;
	height: number | null;
	bytes: number;
}

/** n8n's `prepareBinaryData`. */
export type StoreBinary = (
	content: import('node:stream').Readable,
	fileName: string,
	mimeType: string,
) => Promise<IBinaryData>;

/**
 * Hands the images of one reply to n8n's binary storage while they arrive. Storage sees the end of
 * an image only on `commit`: until then, `discard` leaves nothing behind, because n8n drops a file
 * whose stream fails.
 */
export function createImageStore(storeBinary: StoreBinary, signal: AbortSignal) {
	const pending: PendingImage[] = [];

	/** Resolves when the image has been read off `events`, up to its end. */
	async function receive(type: ImageType, events: AsyncIterator<SplitEvent>): Promise<void> {
		const wasRead = createDeferred<void>();
		const verdict = createDeferred<void>();
		const hash = createHash('sha256');
		const check = createWholenessCheck(type.mimeType);
		const image = { verdict, type, head: [] as Buffer[], bytes: 0, hash, check };

		async function* content() {
			for (let chunk = await next(); chunk; chunk = await next()) yield chunk;
			wasRead.resolve();
			await verdict.promise;
		}

		async function next(): Promise<Buffer | undefined> {
			try {
				const chunk = await nextChunk(events);
				if (chunk) take(image, chunk);
				else if (!check.isWhole()) throw cutOff();
				return chunk;
			} catch (error) {
				wasRead.reject(error);
				return await Promise.reject(error);
			}
		}

		const stored = storeBinary(toReadable(content()), `image.${type.extension}`, type.mimeType);
		stored.catch(() => {});
		pending.push(Object.assign(image, { stored }));
		await unlessAborted(Promise.race([wasRead.promise, stored]), signal);
	}

	/** Lets storage finish. Of an image that the reply repeats, only the first is kept. */
	async function commit(): Promise<StoredImage[]> {
		const images = new Map<string, PendingImage>();
		for (const image of pending) {
			const digest = image.hash.digest('hex');
			if (images.has(digest)) {
				image.verdict.reject(new Error('The reply repeats this image'));
			} else {
				images.set(digest, image);
				image.verdict.resolve();
			}
		}
		return await unlessAborted(Promise.all([...images.values()].map(finish)), signal);
	}

	async function discard(reason: unknown): Promise<void> {
		for (const { verdict } of pending) verdict.reject(reason);
		const settled = Promise.allSettled(pending.map(({ stored }) => stored));
		await unlessAborted(settled, signal).catch(() => {});
	}

	return { receive, commit, discard };
}

/** An image that has been read but whose end storage has not seen. */
interface PendingImage {
	verdict: Deferred<void>;
	type: ImageType;
	/** The first bytes, in chunks. */
	head: Buffer[];
	bytes: number;
	hash: Hash;
	check: ReturnType<typeof createWholenessCheck>;
	stored: Promise<IBinaryData>;
}

async function finish({ stored, type, head, bytes }: PendingImage): Promise<StoredImage> {
	return { binary: await stored, ...type, ...pixelSizeOf(Buffer.concat(head)), bytes };
}

function take(image: Omit<PendingImage, 'stored'>, chunk: Buffer): void {
	if (image.bytes < HEAD_BYTES) image.head.push(chunk);
	image.hash.update(chunk);
	image.check.push(chunk);
	image.bytes += chunk.length;
	if (image.bytes > MAX_IMAGE_BYTES) throw tooLarge();
}

async function nextChunk(events: AsyncIterator<SplitEvent>): Promise<Buffer | undefined> {
	const { value, done } = await events.next();
	return !done && value.kind === 'imageData' ? value.bytes : undefined;
}

function cutOff(): ApiError {
	return new ApiError(
		'The reply holds an image that is cut off',
		'The call may have been billed. Try again.',
	);
}

function tooLarge(): ApiError {
	return new ApiError(
		`The reply holds an image of more than ${MAX_IMAGE_BYTES / 1024 / 1024} MiB`,
		'No Gemini model makes pictures of this size. Check the Base URL of the credential.',
	);
}
