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
		const first = hold(bytes, 0, filled);
		const end = bytes.length - ((bytes.length - filled) % 3);
		const encoded = Buffer.allocUnsafe(first.length + ((end - filled) / 3) * 4);
		let written = encoded.write(first, 'latin1');
		for (let at = filled; at < end; at += STRING_BYTES) {
			const base64 = bytes.toString('base64', at, Math.min(at + STRING_BYTES, end));
			written += encoded.write(base64, written, 'latin1');
		}
		hold(bytes, end, bytes.length);
		return encoded;
	}

	/** Adds to the group, and gives it as base64 once it is whole. */
	function hold(bytes: Buffer, start: number, end: number): string {
		waiting += bytes.copy(group, waiting, start, end);
		if (waiting < 3) return '';
		waiting = 0;
		return group.toString('base64');
	}

	/** Base64 of what is left, with its padding. */
	const end = () => group.toString('base64', 0, waiting);

	return { push, end };
}
