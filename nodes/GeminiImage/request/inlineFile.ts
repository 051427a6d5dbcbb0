/** A multiple of four: a group of base64 stays whole. */
const PIECE_CHARS = 64 * 1024;

/** A file that stands as base64 in the item itself or in a data URL. */
export function inlineFile(base64: string) {
	const clean = cleanBase64(base64);
	return { bytes: Buffer.byteLength(clean, 'base64'), open: async () => decode(clean) };
}

/** Sizes and pieces are right only without line ends and the like. Copies only where there are any. */
function cleanBase64(text: string): string {
	const foreign = /[^\w+/=-]+/g;
	const clean = text.search(foreign) === -1 ? text : text.replace(foreign, '');
	const end = clean.indexOf('=');
	return end === -1 ? clean : clean.slice(0, end);
}

/** The bytes of base64, without ever holding all of them. */
async function* decode(base64: string): AsyncGenerator<Uint8Array> {
	for (let at = 0; at < base64.length; at += PIECE_CHARS) {
		yield Buffer.from(base64.slice(at, at + PIECE_CHARS), 'base64');
	}
}
