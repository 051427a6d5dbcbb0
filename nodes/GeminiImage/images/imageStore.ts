import type { IBinaryData } from 'n8n-workflow';

import { ApiError } from '../api/apiError';
import { createDeferred, unlessAborted } from '../promises';
import { pixelSizeOf, type ImageType } from './imageType';
import { toReadable } from './readable';
import type { SplitEvent } from './splitter';

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
	const verdict = createDeferred<void>();
	const pending: Array<Promise<StoredImage>> = [];

	/** Resolves when the image has been read off `events`, up to its end. */
	async function receive(type: ImageType, events: AsyncIterator<SplitEvent>): Promise<void> {
		const wasRead = createDeferred<void>();
		const head: Buffer[] = [];
		let bytes = 0;

		async function* content() {
			try {
				for (let chunk = await nextChunk(events); chunk; chunk = await nextChunk(events)) {
					if (bytes < HEAD_BYTES) head.push(chunk);
					bytes += chunk.length;
					if (bytes > MAX_IMAGE_BYTES) throw tooLarge();
					yield chunk;
				}
			} catch (error) {
				wasRead.reject(error);
				await wasRead.promise;
			}
			wasRead.resolve();
			await verdict.promise;
		}

		const stored = storeBinary(toReadable(content()), `image.${type.extension}`, type.mimeType);
		const image = stored.then((binary) => ({
			binary,
			...type,
			...pixelSizeOf(Buffer.concat(head)),
			bytes,
		}));
		image.catch(() => {});
		pending.push(image);
		await unlessAborted(Promise.race([wasRead.promise, image]), signal);
	}

	async function commit(): Promise<StoredImage[]> {
		verdict.resolve();
		return await unlessAborted(Promise.all(pending), signal);
	}

	async function discard(reason: unknown): Promise<void> {
		verdict.reject(reason);
		await unlessAborted(Promise.allSettled(pending), signal).catch(() => {});
	}

	return { receive, commit, discard };
}

async function nextChunk(events: AsyncIterator<SplitEvent>): Promise<Buffer | undefined> {
	const { value, done } = await events.next();
	return !done && value.kind === 'imageData' ? value.bytes : undefined;
}

function tooLarge(): ApiError {
	return new ApiError(
		`The reply holds an image of more than ${MAX_IMAGE_BYTES / 1024 / 1024} MiB`,
		'No Gemini model makes pictures of this size. Check the Base URL of the credential.',
	);
}
