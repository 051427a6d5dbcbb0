import { imageTypeOf, type ImageType } from '../images/imageType';
import { createBase64Decoder, readBase64 } from './base64';

/** What the splitter finds in a reply, in the order of the reply. */
export type SplitEvent =
	| { kind: 'text'; bytes: Buffer }
	| { kind: 'imageStart'; index: number; type: ImageType }
	| { kind: 'imageData'; bytes: Buffer }
	| { kind: 'imageEnd' };

/** The reply holds an image that cannot be decoded, or ends inside one. */
export class SplitError extends Error {}

const DATA_URL = 'data:image';
const B64_JSON = '"b64_json"';
/** What stands right before base64: a data URL with an image type, or the key of the images API. */
const PREFIX =
	/data:image\\?\/[\w.+-]{1,32}(?:;[\w=.+-]{0,32}){0,3}?;base64,|"b64_json"\s{0,16}:\s{0,16}"/;
const PREFIX_MAX_BYTES = 256;

/** 48 bytes of image: more than an abbreviated data URL in prose has, less than any real picture. */
const PROBE_CHARS = 64;
/** As a JSON escape, a character takes six bytes. */
const PROBE_MAX_BYTES = 6 * PROBE_CHARS;

const BASE64 = /[\w+/=-]/;

/**
 * Takes the base64 images out of a reply (JSON or SSE) as its bytes arrive, in chunks cut anywhere.
 * What remains is the reply with `placeholder(index)` where the base64 of an image stood. Base64
 * that does not begin like an image stays where it was.
 *
 * @throws SplitError from `push` and `end`
 */
export function createSplitter(placeholder: (index: number) => string) {
	let state: 'text' | 'probe' | 'image' = 'text';
	/** Bytes that the next chunk decides on: a prefix, a probe or a JSON escape cut in two. */
	let held: Buffer = Buffer.alloc(0);
	let images = 0;
	let decoder = createBase64Decoder();

	function* push(chunk: Uint8Array): Generator<SplitEvent> {
		const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
		let bytes = held.length > 0 ? Buffer.concat([held, fresh]) : fresh;
		held = bytes.subarray(0, 0);
		while (bytes.length > 0) {
			if (state === 'text') bytes = yield* readText(bytes);
			else if (state === 'probe') bytes = yield* probe(bytes);
			else bytes = yield* readImage(bytes);
		}
	}

	function* end(): Generator<SplitEvent> {
		if (state === 'image') throw new SplitError('The reply ended inside an image');
		if (held.length > 0) yield { kind: 'text', bytes: held };
	}

	function* readText(bytes: Buffer): Generator<SplitEvent, Buffer> {
		const text = bytes.toString('latin1');
		const match = PREFIX.exec(text);
		const until = match ? match.index + match[0].length : startOfPartialPrefix(text);
		if (until > 0) yield { kind: 'text', bytes: bytes.subarray(0, until) };
		if (match) {
			state = 'probe';
			return bytes.subarray(until);
		}
		return hold(bytes.subarray(until));
	}

	function* probe(bytes: Buffer): Generator<SplitEvent, Buffer> {
		const { base64, end: endOfRun } = readBase64(bytes.toString('latin1', 0, PROBE_MAX_BYTES));
		const isLong = base64.length >= PROBE_CHARS;
		if (!isLong && endOfRun === undefined && bytes.length < PROBE_MAX_BYTES) return hold(bytes);
		const type = isLong ? imageTypeOf(Buffer.from(base64, 'base64')) : undefined;
		if (!type) {
			state = 'text';
			return bytes;
		}
		yield { kind: 'text', bytes: Buffer.from(placeholder(images)) };
		yield { kind: 'imageStart', index: images++, type };
		decoder = createBase64Decoder();
		state = 'image';
		return bytes;
	}

	function* readImage(bytes: Buffer): Generator<SplitEvent, Buffer> {
		const { data, rest, ended } = decoder.push(bytes);
		if (data.length > 0) yield { kind: 'imageData', bytes: data };
		if (!ended) return hold(rest);
		if (!decoder.isWhole() || BASE64.test(rest.toString('latin1', 0, 1))) {
			throw new SplitError('The reply holds an image whose base64 is malformed');
		}
		yield { kind: 'imageEnd' };
		state = 'text';
		return rest;
	}

	function hold(bytes: Buffer): Buffer {
		held = bytes;
		return bytes.subarray(bytes.length);
	}

	return { push, end };
}

/** Where a prefix begins that the end of `text` cuts short; its length where there is none. */
function startOfPartialPrefix(text: string): number {
	for (let start = Math.max(0, text.length - PREFIX_MAX_BYTES); start < text.length; start++) {
		const tail = text.slice(start);
		const mayContinue =
			DATA_URL.startsWith(tail) ||
			B64_JSON.startsWith(tail) ||
			/^(?:data:image[\w;=.+\\/-]*|"b64_json"\s*:?\s*)$/.test(tail);
		if (mayContinue) return start;
	}
	return text.length;
}
