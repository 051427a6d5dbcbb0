import { createHash, type Hash } from 'crypto';
import type { IBinaryData } from 'n8n-workflow';

import { createDeferred, unlessAborted, type Deferred } from '../async';
import { pixelSizeOf, type ImageType } from '../bytes/imageType';
import { provokeScavenges, toReadable } from '../bytes/stream';
import { createWholenessCheck } from '../bytes/wholeness';
import { ApiError, DamagedImage } from '../errors/apiError';
import { asObject } from '../json';

/** An image beyond this, in bytes, ends the call. */
export const MAX_IMAGE_BYTES = 256 * 1024 * 1024;
/** Each image that is not yet known to be good holds a file open. Equal ones count as one. */
const MAX_IMAGES = 64;
/** With all copies: gateways repeat what came before, in each snapshot of a reply. */
const MAX_COPIES = 1024;

/** An image that n8n has stored, with the facts that its bytes show. */
export interface StoredImage {
	binary: IBinaryData;
	/** The own link that leads to it: undefined if none is wanted, null if n8n can make none. */
	link?: string | null;
	fileName: string;
	mimeType: string;
	/** Pixels; null if the bytes do not tell. */
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

export interface StoreSettings {
	storeBinary: StoreBinary;
	/** The name, without extension, of the image with that index among those of the reply. */
	nameOf(index: number): string;
	signal: AbortSignal;
}

/**
 * Hands the images of one reply to n8n's binary storage while they arrive. Storage sees the end of
 * an image only on `commit`: until then, `discard` leaves nothing behind, because n8n drops a file
 * whose stream fails.
 */
export function createImageStore(settings: StoreSettings) {
	const { storeBinary, nameOf, signal } = settings;
	const pending: PendingImage[] = [];
	const byDigest = new Map<string, PendingImage>();
	let count = 0;

	function countOne(): void {
		count++;
		if (count > MAX_COPIES) throw tooMany(`${MAX_COPIES} images, equal ones among them`);
	}

	/**
	 * Resolves when the image has been read off `chunks`, up to its end: with that image or, if it came
	 * before, with the first one.
	 *
	 * @throws DamagedImage
	 */
	async function store(
		{ mimeType, extension }: ImageType,
		chunks: AsyncIterable<Uint8Array>,
	): Promise<PendingImage> {
		countOne();
		const fileName = `${nameOf(pending.length)}.${extension}`;
		const image = new PendingImage(fileName, mimeType);

		async function* content() {
			// Not `yield*`: it would pass storage's own error into `image.read`, as if the image were bad.
			for await (const chunk of image.read(chunks)) {
				provokeScavenges(chunk.length);
				yield chunk;
			}
			await image.verdict.promise;
		}

		pending.push(image);
		const stored = storeBinary(toReadable(content()), fileName, mimeType);
		image.stored = stored.catch((error: unknown) =>
			Promise.reject(image.failure ?? storageError(error)),
		);
		image.stored.catch(() => {});
		const settled = unlessAborted(Promise.race([image.wasRead.promise, image.stored]), signal);
		await settled.catch((error: unknown) => {
			image.failure ??= error;
			return Promise.reject(error);
		});
		const first = byDigest.get(image.digest);
		if (first) {
			await drop(image);
			return first;
		}
		byDigest.set(image.digest, image);
		if (byDigest.size > MAX_IMAGES) throw tooMany(`${MAX_IMAGES} images`);
		return image;
	}

	/** Closes the file of an image, and forgets its name. */
	async function drop(image: PendingImage): Promise<void> {
		image.verdict.reject(new Error('Not wanted'));
		await unlessAborted(Promise.allSettled([image.stored]), signal);
		pending.splice(pending.indexOf(image), 1);
	}

	/** Reads an image that nobody wants off `chunks`, within the same bounds. */
	async function skip(chunks: AsyncIterable<Uint8Array>): Promise<void> {
		countOne();
		let bytes = 0;
		for await (const chunk of chunks) bytes = addBytes(bytes, chunk);
	}

	/** Lets storage finish the images of `kept`, and drop all others. */
	async function commit(kept: PendingImage[]): Promise<StoredImage[]> {
		for (const image of pending) {
			if (kept.includes(image)) image.verdict.resolve();
			else image.verdict.reject(new Error('Not wanted'));
		}
		const facts = Promise.all(kept.map(async (image) => await image.facts()));
		const settled = Promise.allSettled(pending.map(({ stored }) => stored));
		const [stored] = await unlessAborted(Promise.all([facts, settled]), signal);
		return stored;
	}

	async function discard(reason: unknown): Promise<void> {
		for (const { verdict } of pending) verdict.reject(reason);
		const settled = Promise.allSettled(pending.map(({ stored }) => stored));
		await unlessAborted(settled, signal).catch(() => {});
	}

	return { store, skip, commit, discard };
}

export type ImageStore = ReturnType<typeof createImageStore>;

/** An image that storage has not seen the end of. */
export class PendingImage {
	readonly wasRead: Deferred<void> = createDeferred<void>();
	readonly verdict: Deferred<void> = createDeferred<void>();
	/** Tells equal images, once the image has been read. */
	digest = '';
	private readonly hash: Hash = createHash('sha256');
	private readonly check: ReturnType<typeof createWholenessCheck>;
	private bytes = 0;
	private size: ReturnType<typeof pixelSizeOf> = { width: null, height: null };
	/** Why reading it failed; storage would only report that again, as an error of its own. */
	failure: unknown;
	stored!: Promise<IBinaryData>;

	constructor(
		private readonly fileName: string,
		private readonly mimeType: string,
	) {
		this.check = createWholenessCheck(mimeType);
	}

	async *read(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
		try {
			for await (const chunk of chunks) yield this.take(chunk);
			if (!this.check.isWhole()) {
				throw new DamagedImage('The reply holds an image that is cut off');
			}
			this.digest = this.hash.digest('hex');
			// Here, and not for all images of a reply in one go.
			this.size = pixelSizeOf(this.check.head());
			this.wasRead.resolve();
		} catch (error) {
			this.failure = error;
			this.wasRead.reject(error);
			// The scanner forbids rethrowing in a catch.
			return await Promise.reject(error);
		}
	}

	private take(chunk: Uint8Array): Uint8Array {
		this.hash.update(chunk);
		this.check.push(chunk);
		this.bytes = addBytes(this.bytes, chunk);
		return chunk;
	}

	async facts(): Promise<StoredImage> {
		const { fileName, mimeType, bytes, size } = this;
		return { binary: await this.stored, fileName, mimeType, ...size, bytes };
	}
}

/** The bytes of an image with one more chunk. @throws ApiError beyond {@link MAX_IMAGE_BYTES} */
function addBytes(bytes: number, chunk: Uint8Array): number {
	const all = bytes + chunk.length;
	if (all > MAX_IMAGE_BYTES) throw tooLarge();
	return all;
}

function tooLarge(): ApiError {
	return new ApiError(
		`The reply holds an image of more than ${MAX_IMAGE_BYTES / 1024 / 1024} MiB`,
		'No Gemini model makes images of this size. Check the Base URL of the credential.',
	);
}

function tooMany(most: string): ApiError {
	return new ApiError(
		`The reply holds more than ${most}`,
		'The call may have been billed. Ask for fewer images.',
	);
}

/** What went wrong in storage, by Node's code; its own words name folders of the server. */
const STORAGE_FAULTS: Record<string, string> = {
	ENOSPC: 'no space is left',
	EDQUOT: 'its quota is used up',
	EACCES: 'access is denied',
	EROFS: 'it is read-only',
	EMFILE: 'too many files are open',
};

function storageError(error: unknown): ApiError {
	const reason = STORAGE_FAULTS[String(asObject(error)?.code)];
	return new ApiError(
		`n8n could not store the image${reason ? `: ${reason}` : ''}`,
		"Check n8n's binary data storage, its space and its rights. The call may have been billed.",
	);
}
