import { randomUUID } from 'crypto';
import type { IBinaryData } from 'n8n-workflow';

import { createBase64Encoder } from '../bytes/base64';
import { describeFile, imageTypeOf, type ImageType } from '../bytes/imageType';
import { peek, READ_BYTES, type Content, type PeekedStream } from '../bytes/stream';
import { invalidInput, type ApiError } from '../errors/apiError';

/** A file of fewer bytes is read to its end at the look at its start, so that it holds nothing open. */
const HEAD_BYTES = 64 * 1024;

/** What may be an image: a file of an item, or what an own link or a data URL holds. */
export interface InputContent extends Content {
	/** The field of the form that names it. */
	field: string;
	/** What messages call it. */
	name: string;
	/** n8n's record of it, if it is a file of an item. */
	binary?: IBinaryData;
}

/**
 * Looks at the start of some content; says what it is if it is no image. The stream of an image stays
 * open, and the first attempt goes on with it, so that a file is read once; it is closed by `close`.
 */
export async function openImage(content: InputContent): Promise<InputImage | string> {
	const stream = await peek(await content.open(), HEAD_BYTES);
	const type = imageTypeOf(stream.head);
	if (type) return new InputImage(content, type, stream);
	stream.close();
	return describeFile(stream.head);
}

/** One image to send, readable once per attempt. A JSON body holds its mark until the data URL is written there. */
export class InputImage {
	/** What stands in the body's JSON until the image itself is written there. */
	private readonly mark = randomUUID();
	private isBegun = false;

	constructor(
		private readonly content: InputContent,
		readonly type: ImageType,
		private readonly stream: PeekedStream,
	) {}

	/** The field of the form that names it. */
	get field(): string {
		return this.content.field;
	}

	/** What messages call it. */
	get name(): string {
		return this.content.name;
	}

	/** n8n's record of it, if it is a file of an item. */
	get binary(): IBinaryData | undefined {
		return this.content.binary;
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
		return this.prefix.length + 4 * Math.ceil(this.content.bytes / 3) + 1;
	}

	/**
	 * The data URL as a JSON string.
	 *
	 * @throws ApiError before its last bytes if the content has another length than it should, so that
	 * the service never gets a whole request
	 */
	async *encode(): AsyncGenerator<Buffer> {
		yield Buffer.from(this.prefix);
		const encoder = createBase64Encoder();
		let read = 0;
		for await (const chunk of await this.chunks()) {
			for (let at = 0; at < chunk.length; at += READ_BYTES) {
				const piece = chunk.subarray(at, at + READ_BYTES);
				read += piece.length;
				const encoded = encoder.push(piece);
				if (encoded.length > 0) yield encoded;
			}
		}
		if (read !== this.content.bytes) throw this.changed(read);
		yield Buffer.from(`${encoder.end()}"`);
	}

	private async chunks(): Promise<AsyncIterable<Uint8Array>> {
		if (this.isBegun) return await this.content.open();
		this.isBegun = true;
		return this.stream.all;
	}

	/** Ends what {@link openImage} has opened, if nobody has read it to its end. */
	close(): void {
		this.stream.close();
	}

	private changed(read: number): ApiError {
		const { field, name, bytes } = this.content;
		return invalidInput(
			field,
			`The file of ${name} has ${read} bytes instead of ${bytes}`,
			'The file changed while it was read. Run the node again.',
		);
	}
}
