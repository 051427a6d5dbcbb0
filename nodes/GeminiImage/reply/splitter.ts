import { imageTypeOf, type ImageType } from '../bytes/imageType';
import { DECODED_BYTES } from '../bytes/stream';
import { ApiError, DamagedImage } from '../errors/apiError';
import { createBase64Decoder, readBase64 } from './base64';

/** What a reply consists of. */
export type Part = TextPart | ImagePart;

interface TextPart {
	text: Buffer;
	/** It is what is left of long base64 that is no image. */
	isRest?: boolean;
}

/** The chunks are read to their end before the next part. */
export interface ImagePart {
	type: ImageType;
	chunks: AsyncGenerator<Buffer>;
}

/** The reply ends inside an image. */
export class SplitError extends Error {}

/** What is looked at at once, in bytes: regular expressions see nothing longer. */
const WINDOW_BYTES = 64 * 1024;

/** 48 bytes of image: more than an abbreviated data URL in prose has, less than any real image. */
const PROBE_CHARS = 64;
/** Base64 that is no image is kept up to this, in characters: it may be words, or an id. */
const OPAQUE_CHARS = 1024;
/** All base64 that is no image, in characters; thought signatures take tens of MB. */
const MAX_OPAQUE_CHARS = 256 * 1024 * 1024;
/** What is left of longer base64, in characters, and what stands behind it. */
const REST_CHARS = 32;
const CUT = '…';
/** As a JSON escape, a character takes six bytes. */
const PROBE_BYTES = 6 * OPAQUE_CHARS;

/** Base64 that goes on behind its end, at once, percent-encoded or behind a few characters that are none. */
const GOES_ON =
	/^(?:[\w+/=-]|%(?:2[bf]|3d)|(?:\\u[\da-f]{4}|\\[bft\\]|[^\w+/="\\-]){1,8}[\w+/-]{64})/i;
/** What may turn out to be that. */
const MAY_GO_ON =
	/^(?:\\u[\da-f]{4}|\\[bft\\]|[^\w+/="\\-]){0,8}(?:[\w+/-]{0,63}|\\(?:u[\da-f]{0,3})?)$/i;
/** Base64 whose plus signs became blanks, as in a form: words hold no such mix. */
const SPACED = /^ (?=(?:\D{0,40}\d){6})(?=(?:[^A-Z]{0,40}[A-Z]){12})[\w+/ -]{100}/;
/** What may turn out to be that. */
const MAY_BE_SPACED = /^ [\w+/ -]{0,99}$/;
/** Where the value or the markup around a damaged image ends. */
const VALUE_END = /\\?["'()<>]|[\r\n]|\\$/;

/** Base64 may begin behind a quote, and behind the end of a data URL's head. */
const START = /(?:"|base64, {0,4})(?=[\w+/\\-]{64})/gi;
/** Such a start that the end of the text cuts. */
const CUT_START = /(?:"|base64, {0,4})[\w+/\\-]{0,63}$|b(?:a(?:s(?:e(?:64?)?)?)?)?$/i;
const CUT_START_CHARS = 80;

/** What stands at `at`, a place in the text; before it there is nothing but text. */
type Found =
	| { kind: 'image'; at: number; type: ImageType }
	/** Base64 that is no image, such as a thought signature. */
	| { kind: 'opaque'; at: number }
	/** Something that only more text can tell. */
	| { kind: 'open'; at: number }
	| { kind: 'end'; at: number };

/**
 * Takes the images out of a reply (JSON or SSE) as its bytes arrive, in chunks cut anywhere: what
 * begins like an image behind a quote or `base64,` is one, whatever the key is called. What remains
 * is the reply with `placeholder(number)` where the base64 of an image stood, and with long base64
 * that nobody reads cut short. Behind an image whose chunks fail with a {@link DamagedImage}, the
 * reply goes on.
 *
 * @throws SplitError, or an ApiError beyond {@link MAX_OPAQUE_CHARS}
 */
export async function* split(
	body: AsyncIterable<Uint8Array>,
	placeholder: (number: number) => string,
): AsyncGenerator<Part> {
	const input = createInput(body);
	let images = 0;
	let opaque = 0;
	let isLast = false;
	try {
		for (let bytes = await input.window(); bytes; bytes = await input.window()) {
			const found = find(bytes.toString('latin1'), isLast);
			if (found.at > 0) yield { text: bytes.subarray(0, found.at) };
			input.take(found.at);
			if (found.kind === 'open') isLast = !(await input.more(bytes.length - found.at));
			if (found.kind === 'opaque') {
				const { start, length } = await skipOpaque(input, MAX_OPAQUE_CHARS - opaque);
				opaque += length;
				yield { text: Buffer.from(start + CUT), isRest: true };
			}
			if (found.kind !== 'image') continue;
			yield { text: Buffer.from(placeholder(images++)) };
			yield { type: found.type, chunks: imageChunks(input) };
		}
	} finally {
		input.close();
	}
}

/** The first thing in `text` that is not text; `isLast`: no more text will come. */
function find(text: string, isLast: boolean): Found {
	START.lastIndex = 0;
	for (let match = START.exec(text); match; match = START.exec(text)) {
		const at = match.index + match[0].length;
		const { base64, length, isEnded } = readBase64(text.slice(at, at + PROBE_BYTES));
		const type = base64.length < PROBE_CHARS ? undefined : typeOf(base64);
		if (type) return { kind: 'image', at, type };
		if (isOpaque(base64)) return { kind: 'opaque', at };
		const isOpen = !isEnded && !isLast && at + PROBE_BYTES > text.length;
		if (isOpen) return { kind: 'open', at: match.index };
		START.lastIndex = at + length;
	}
	const tail = text.slice(-CUT_START_CHARS);
	const cut = isLast ? -1 : tail.search(CUT_START);
	if (cut === -1) return { kind: 'end', at: text.length };
	return { kind: 'open', at: text.length - tail.length + cut };
}

function typeOf(base64: string): ImageType | undefined {
	return imageTypeOf(Buffer.from(base64.slice(0, PROBE_CHARS), 'base64'));
}

/** Words without a space are long now and then, but never of all three kinds of characters. */
function isOpaque(base64: string): boolean {
	const isLong = base64.length >= OPAQUE_CHARS;
	return isLong && /[a-z]/.test(base64) && /[A-Z]/.test(base64) && /\d/.test(base64);
}

/** Reads the image that begins here, up to its end. @throws DamagedImage */
async function* imageChunks(input: Input): AsyncGenerator<Buffer> {
	const decoder = createBase64Decoder();
	// What comes first is handed on at once: storage that fails is to fail then.
	let piece = Buffer.allocUnsafe(WINDOW_BYTES);
	let filled = 0;
	for (let isEnded = false; !isEnded; ) {
		const bytes = (await input.window()) ?? failInside();
		const run = decoder.push(bytes, piece.subarray(filled));
		input.take(run.length);
		filled += run.data.length;
		isEnded = run.isEnded;
		const left = bytes.subarray(run.length);
		if (isEnded && (!decoder.isWhole() || (await goesOn(input)))) {
			await skipDamaged(input);
			throw new DamagedImage('The reply holds an image whose base64 is malformed');
		}
		if (piece.length - filled < WINDOW_BYTES) {
			yield piece.subarray(0, filled);
			piece = Buffer.allocUnsafe(DECODED_BYTES);
			filled = 0;
		}
		if (!isEnded && left.length > 0 && !(await input.more(left.length))) failInside();
	}
	if (filled > 0) yield piece.subarray(0, filled);
}

/** Whether there is more base64 where an image has ended. */
async function goesOn(input: Input): Promise<boolean> {
	for (;;) {
		const bytes = await input.window();
		const text = bytes?.toString('latin1', 0, PROBE_CHARS * 2) ?? '';
		if (GOES_ON.test(text) || SPACED.test(text)) return true;
		const isOpen = MAY_GO_ON.test(text) || MAY_BE_SPACED.test(text);
		if (!isOpen || !(await input.more(text.length))) return false;
	}
}

/** Goes behind what is left of a damaged image. */
async function skipDamaged(input: Input): Promise<void> {
	for (let bytes = await input.window(); bytes; bytes = await input.window()) {
		const at = bytes.toString('latin1').search(VALUE_END);
		input.take(at === -1 ? bytes.length : at);
		const isCut = at === bytes.length - 1 && (await input.more(1));
		if (at !== -1 && !isCut) return;
	}
	failInside();
}

function failInside(): never {
	throw new SplitError('The reply ended inside an image');
}

/** Goes behind the base64 that begins here, and gives what is left of it. @throws ApiError beyond `most` characters */
async function skipOpaque(input: Input, most: number): Promise<{ start: string; length: number }> {
	let start = '';
	let taken = 0;
	let isPadded = false;
	for (let bytes = await input.window(); bytes; bytes = await input.window()) {
		const { base64, length, isEnded } = readBase64(bytes.toString('latin1'), isPadded);
		input.take(length);
		taken += length;
		if (taken > most) throw tooMuchOpaque();
		if (start.length < REST_CHARS) start += base64.slice(0, REST_CHARS - start.length);
		isPadded ||= base64.endsWith('=');
		if (isEnded) break;
		if (length < bytes.length && !(await input.more(bytes.length - length))) break;
	}
	return { start, length: taken };
}

/** Whether a text holds one of the `rests` of long base64. */
export function holdsRest(text: string, rests: ReadonlySet<string>): boolean {
	if (rests.size === 0) return false;
	for (let at = text.indexOf(CUT); at !== -1; at = text.indexOf(CUT, at + 1)) {
		if (rests.has(text.slice(Math.max(0, at - REST_CHARS), at + 1))) return true;
	}
	return false;
}

function tooMuchOpaque(): ApiError {
	return new ApiError(
		`The reply holds more than ${MAX_OPAQUE_CHARS / 1024 / 1024} MiB of base64 that is no image`,
		'The service did not answer as documented. Check the Base URL of the credential.',
	);
}

type Input = ReturnType<typeof createInput>;

/** The bytes of `body` as a window that moves over them. */
function createInput(body: AsyncIterable<Uint8Array>) {
	const chunks = body[Symbol.asyncIterator]();
	let rest: Buffer = Buffer.alloc(0);

	/** Joins the next chunk to what is left; false if there is none. */
	async function more(length: number): Promise<boolean> {
		if (rest.length > length) return true;
		const { value, done } = await chunks.next();
		if (done) return false;
		const fresh = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
		rest = rest.length > 0 ? Buffer.concat([rest, fresh]) : fresh;
		return true;
	}

	return {
		/** What comes next, of at most {@link WINDOW_BYTES}; undefined at the end. */
		async window(): Promise<Buffer | undefined> {
			while (rest.length === 0) if (!(await more(0))) return undefined;
			return rest.subarray(0, WINDOW_BYTES);
		},

		/** Moves the window behind the first bytes. */
		take: (count: number) => void (rest = rest.subarray(count)),

		/** Whether there are more than `length` bytes, once the next chunk is there. */
		more,

		/** Nobody waits for it: a body that stalls ends only when its connection is closed. */
		close: () => void chunks.return?.().catch(() => {}),
	};
}
