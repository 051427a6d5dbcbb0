import type { Content } from './stream';

/** What becomes one string, a multiple of three: V8 asks the system for memory for each larger one. */
const STRING_BYTES = 3 * 16 * 1024;

/** Encodes bytes as they arrive, each of them once. */
export function createBase64Encoder() {
	/** Bytes that wait for the rest of their group of three. */
	const group = Buffer.alloc(3);
	let waiting = 0;

	/** Base64 of all groups that are whole. */
	function push(piece: Uint8Array): Buffer {
		const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
		const filled = waiting === 0 ? 0 : Math.min(3 - waiting, bytes.length);
		const first = addToGroup(bytes, 0, filled);
		const end = bytes.length - ((bytes.length - filled) % 3);
		const encoded = Buffer.allocUnsafe(first.length + ((end - filled) / 3) * 4);
		let written = encoded.write(first, 'latin1');
		for (let at = filled; at < end; at += STRING_BYTES) {
			const base64 = bytes.toString('base64', at, Math.min(at + STRING_BYTES, end));
			written += encoded.write(base64, written, 'latin1');
		}
		addToGroup(bytes, end, bytes.length);
		return encoded;
	}

	/** Adds to the group, and gives it as base64 once it is whole. */
	function addToGroup(bytes: Buffer, start: number, end: number): string {
		waiting += bytes.copy(group, waiting, start, end);
		if (waiting < 3) return '';
		waiting = 0;
		return group.toString('base64');
	}

	/** Base64 of what is left, with its padding. */
	const end = () => group.toString('base64', 0, waiting);

	return { push, end };
}

/** A multiple of four: a group of base64 stays whole. */
const PIECE_CHARS = 64 * 1024;

const FOREIGN = /[^\w+/-]/;
/** By the code of a byte. */
const IS_BASE64 = Array.from({ length: 256 }, (_each, code) => {
	return !FOREIGN.test(String.fromCharCode(code));
});

/** The content of a file that stands as base64 in the item itself or in a data URL. */
export function inlineContent(base64: string): Content {
	const clean = cleanBase64(base64);
	return { bytes: Buffer.byteLength(clean, 'base64'), open: async () => decode(clean) };
}

/** Sizes and pieces are right only without line ends and the like. Copies only if there are any. */
function cleanBase64(text: string): string {
	const end = text.indexOf('=');
	const base64 = end === -1 ? text : text.slice(0, end);
	return FOREIGN.test(base64) ? withoutForeign(base64) : base64;
}

/** Byte by byte: to replace them takes a second for a file of line ends, or the like, alone. */
function withoutForeign(text: string): string {
	const bytes = Buffer.from(text);
	let length = 0;
	for (let at = 0; at < bytes.length; at++) {
		const byte = bytes[at] as number;
		if (IS_BASE64[byte]) bytes[length++] = byte;
	}
	return bytes.toString('latin1', 0, length);
}

/** The bytes of base64, without ever holding all of them. */
async function* decode(base64: string): AsyncGenerator<Uint8Array> {
	for (let at = 0; at < base64.length; at += PIECE_CHARS) {
		yield Buffer.from(base64.slice(at, at + PIECE_CHARS), 'base64');
	}
}
