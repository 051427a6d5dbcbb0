import { randomUUID } from 'crypto';
import type { IBinaryData } from 'n8n-workflow';

import { createBase64Encoder } from '../bytes/base64';
import { imageTypeOf, SIGNATURE_BYTES, type ImageType } from '../bytes/imageType';
import { peek, type PeekedStream } from '../bytes/stream';
import { invalidInput, type ApiError } from '../errors/apiError';

/** What is read, encoded and sent at once: each piece takes some 0.2 ms, however small it is. */
export const PIECE_BYTES = 3 * 32 * 1024;

/** A file that may be an image: one of an item, behind an own link, or in a data URL. */
export interface InputFile {
	/** The field of the form that names it. */
	field: string;
	/** What messages call it. */
	name: string;
	/** n8n's record of it, if it is a file of an item. */
	binary?: IBinaryData;
	/** Size, in bytes. */
	bytes: number;
	/** Its content, anew for each attempt. */
	open(): Promise<AsyncIterable<Uint8Array>>;
}

/**
 * Looks at the start of a file; undefined if it is no image. The stream of an image stays open, and
 * the first attempt goes on with it, so that a file is read once; it is closed by `close`.
 */
export async function openImage(file: InputFile): Promise<InputImage | undefined> {
	const stream = await peek(await file.open(), SIGNATURE_BYTES);
	const type = imageTypeOf(stream.head);
	if (type) return new InputImage(file, type, stream);
	stream.close();
	return undefined;
}

/** One image to send, readable once per attempt. In a JSON body it stands for its data URL. */
export class InputImage {
	/** What stands in the body's JSON until the image itself is written there. */
	private readonly mark = randomUUID();
	private isBegun = false;

	constructor(
		private readonly file: InputFile,
		readonly type: ImageType,
		private readonly stream: PeekedStream,
	) {}

	/** What messages call the file. */
	get name(): string {
		return this.file.name;
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
	 * The data URL as a JSON string. It has no end if the file has not the length that was announced:
	 * what has been sent of the request by then is no request.
	 *
	 * @throws ApiError
	 */
	async *encode(): AsyncGenerator<Buffer> {
		yield Buffer.from(this.prefix);
		const encoder = createBase64Encoder();
		let read = 0;
		for await (const chunk of await this.content()) {
			for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
				const piece = chunk.subarray(at, at + PIECE_BYTES);
				read += piece.length;
				const encoded = encoder.push(piece);
				if (encoded.length > 0) yield encoded;
			}
		}
		if (read !== this.file.bytes) throw this.changed(read);
		yield Buffer.from(`${encoder.end()}"`);
	}

	private async content(): Promise<AsyncIterable<Uint8Array>> {
		if (this.isBegun) return await this.file.open();
		this.isBegun = true;
		return this.stream.all;
	}

	/** Ends what {@link openImage} has opened, if nobody has read it to its end. */
	close(): void {
		this.stream.close();
	}

	private changed(read: number): ApiError {
		const { field, name, bytes } = this.file;
		return invalidInput(
			field,
			`The file of ${name} has ${read} bytes instead of ${bytes}`,
			'The file changed while it was read. Run the node again.',
		);
	}
}
