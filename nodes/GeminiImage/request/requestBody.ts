import type { InputImage } from './inputImage';
import { toReadable } from '../images/readable';

type Readable = import('node:stream').Readable;

/** A JSON body; images in it are written as they are read, so that none is held whole. */
export interface RequestBody {
	/** Length in bytes. */
	bytes: number;
	/** A fresh stream: each is good for one attempt. */
	stream(): Readable;
}

/** Encodes `body`, whose `images` stand in it in this order, if at all. */
export function encodeBody(body: object, images: InputImage[]): RequestBody {
	const parts: Array<Buffer | InputImage> = [];
	let json = JSON.stringify(body);
	for (const image of images) {
		const at = json.indexOf(image.json);
		// Extra Body may have put something else in its place.
		if (at === -1) continue;
		parts.push(Buffer.from(json.slice(0, at)), image);
		json = json.slice(at + image.json.length);
	}
	parts.push(Buffer.from(json));

	async function* chunks() {
		for (const part of parts) {
			if (Buffer.isBuffer(part)) yield part;
			else yield* part.encode();
		}
	}

	return {
		bytes: parts.reduce(
			(sum, part) => sum + (Buffer.isBuffer(part) ? part.length : part.encodedBytes),
			0,
		),
		stream: () => toReadable(chunks()),
	};
}
