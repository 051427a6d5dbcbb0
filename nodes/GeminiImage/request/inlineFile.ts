/** A multiple of four: a group of base64 stays whole. */
const PIECE_CHARS = 64 * 1024;

const FOREIGN = /[^\w+/-]/;
/** By the code of a byte. */
const IS_BASE64 = Array.from({ length: 256 }, (_each, code) => {
	return !FOREIGN.test(String.fromCharCode(code));
});

/** A file that stands as base64 in the item itself or in a data URL. */
export function inlineFile(base64: string) {
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
