import { randomUUID } from 'crypto';

import { ApiError } from '../errors/apiError';
import type { ImageType } from '../images/imageType';

type Chunks = AsyncIterable<Uint8Array>;

/** Storage may give a file in one chunk, which must not become one string; a multiple of three. */
const PIECE_BYTES = 3 * 64 * 1024;

/** One image to send, readable once per attempt. In a JSON body it stands for its data URL. */
export class InputImage {
	/** What stands in the body's JSON until the image itself is written there. */
	private readonly mark = randomUUID();

	constructor(
		/** Where the image comes from, in words of the form. */
		readonly source: string,
		readonly type: ImageType,
		/** Size of the file, in bytes. */
		readonly bytes: number,
		private readonly open: () => Promise<Chunks>,
	) {}

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
		return this.prefix.length + 4 * Math.ceil(this.bytes / 3) + 1;
	}

	/** The data URL as a JSON string. */
	async *encode(): AsyncGenerator<Buffer> {
		yield Buffer.from(this.prefix);
		let read = 0;
		let rest = Buffer.alloc(0);
		for await (const chunk of await this.open()) {
			read += chunk.length;
			const bytes = Buffer.concat([rest, chunk]);
			const whole = bytes.length - (bytes.length % 3);
			rest = bytes.subarray(whole);
			for (let at = 0; at < whole; at += PIECE_BYTES) {
				const piece = bytes.toString('base64', at, Math.min(at + PIECE_BYTES, whole));
				yield Buffer.from(piece, 'latin1');
			}
		}
		if (read !== this.bytes) throw this.changed(read);
		yield Buffer.from(`${rest.toString('base64')}"`);
	}

	private changed(read: number): ApiError {
		return new ApiError(
			`The file of ${this.source} has ${read} bytes instead of ${this.bytes}`,
			'The file changed while it was read. Run the node again.',
		);
	}
}
