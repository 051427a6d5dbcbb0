import { randomUUID } from 'crypto';
import type { IBinaryData } from 'n8n-workflow';

import { invalidInput, type ApiError } from '../errors/apiError';
import { imageTypeOf, pixelSizeOf, type ImageType } from '../images/imageType';
import { peek } from '../images/peek';
import { createWholenessCheck, marksEnd } from '../images/wholeness';
import { createBase64Encoder } from './base64Encoder';

type Chunks = AsyncIterable<Uint8Array>;

const HEAD_BYTES = 64 * 1024;

/** What is read, encoded and sent at once: each piece takes some 0.2 ms, however small it is. */
export const PIECE_BYTES = 3 * 32 * 1024;

/** A file that may be an image. */
export interface SourceFile {
	/** The field of the form that names it. */
	field: string;
	/** Where it comes from, in words of the form. */
	source: string;
	/** n8n's record of it, if it is a file of an item. */
	binary?: IBinaryData;
	/** Size, in bytes. */
	bytes: number;
	/** Its content, anew for each attempt. */
	open(): Promise<Chunks>;
}

/** What a request holds open until its end, and how its images are looked at. */
export interface Reading {
	/** Whether a damaged image is refused. What an unknown model makes of one is its business. */
	isChecked: boolean;
	/** Has `close` called when the request is over, whatever became of it. */
	onEnd(close: () => void): void;
}

/**
 * Looks at the start of a file; undefined if it is no image. The stream stays open, and the first
 * attempt goes on with it, so that a file is read once.
 *
 * @throws ApiError for an image that is damaged
 */
export async function openImage(file: SourceFile, reading: Reading) {
	const { head, isAll, all, close } = await peek(await file.open(), HEAD_BYTES);
	reading.onEnd(() => void close().catch(() => {}));
	const type = imageTypeOf(head);
	if (!type) return undefined;
	if (isAll && reading.isChecked) checkWhole(file, type, head);
	let unread: Chunks | undefined = all;
	const open = async () => {
		const chunks = unread ?? (await file.open());
		unread = undefined;
		return chunks;
	};
	return new InputImage({ ...file, open }, type, reading.isChecked);
}

/** One image to send, readable once per attempt. In a JSON body it stands for its data URL. */
export class InputImage {
	/** What stands in the body's JSON until the image itself is written there. */
	private readonly mark = randomUUID();

	constructor(
		private readonly file: SourceFile,
		readonly type: ImageType,
		private readonly isChecked = true,
	) {}

	/** Where the image comes from, in words of the form. */
	get source(): string {
		return this.file.source;
	}

	/** n8n's record of the file, if it belongs to an item. */
	get binary(): IBinaryData | undefined {
		return this.file.binary;
	}

	toJSON(): string {
		return this.mark;
	}

	get json(): string {
		return JSON.stringify(this.mark);
	}

	private get prefix(): string {
		return `"data:${this.type.mimeType};base64,`;
	}

	/** Length of the data URL as a JSON string, in bytes. */
	get encodedBytes(): number {
		return this.prefix.length + 4 * Math.ceil(this.file.bytes / 3) + 1;
	}

	/**
	 * The data URL as a JSON string. It has no end if the file turns out damaged: what has been sent
	 * of the request by then is no request.
	 *
	 * @throws ApiError
	 */
	async *encode(): AsyncGenerator<Buffer> {
		yield Buffer.from(this.prefix);
		const check = this.isChecked ? createWholenessCheck(this.type.mimeType) : undefined;
		const encoder = createBase64Encoder();
		let read = 0;
		for await (const chunk of await this.file.open()) {
			for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
				const piece = chunk.subarray(at, at + PIECE_BYTES);
				check?.push(piece);
				read += piece.length;
				const encoded = encoder.push(piece);
				if (encoded.length > 0) yield encoded;
			}
		}
		if (read !== this.file.bytes) throw this.changed(read);
		if (check?.isWhole() === false) throw damaged(this.file, 'it ends too early');
		yield Buffer.from(`${encoder.end()}"`);
	}

	private changed(read: number): ApiError {
		const { field, source, bytes } = this.file;
		return invalidInput(
			field,
			`The file of ${source} has ${read} bytes instead of ${bytes}`,
			'The file changed while it was read. Run the node again.',
		);
	}
}

/** A file that has been read to its end is judged before anything is sent. */
function checkWhole(file: SourceFile, type: ImageType, content: Buffer): void {
	if (!marksEnd(type.mimeType) && pixelSizeOf(content).width === null) {
		throw damaged(file, 'its pixel size cannot be read');
	}
	const check = createWholenessCheck(type.mimeType);
	check.push(content);
	if (!check.isWhole()) throw damaged(file, 'it ends too early');
}

function damaged({ field, source }: SourceFile, reason: string): ApiError {
	return invalidInput(
		field,
		`The image of ${source} is damaged: ${reason}`,
		'Send the whole file, as it was made. The Edit Image node can write it anew.',
	);
}
