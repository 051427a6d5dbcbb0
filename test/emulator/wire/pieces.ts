import type { Encoding, ImagePiece, Image, Piece } from '../types';

// Private-use characters mark where an image's base64 belongs in a JSON text.
const MARK = /\uE000(\d+)\uE001/;
// Whole groups of three bytes, so that the parts join to one base64 text.
const SLICE_BYTES = 12 * 1024;

export const mark = (index: number) => `\uE000${index}\uE001`;

/** JSON of the value in which each mark becomes an image to be written while sending. */
export function toPieces(value: unknown, images: Image[], encoding: Encoding): Piece[] {
	const json = JSON.stringify(value);
	const text = encoding === 'escaped' ? json.replaceAll('/', '\\/') : json;
	return text.split(MARK).flatMap((part, i): Piece[] => {
		if (i % 2 === 0) return part ? [part] : [];
		const image = images[Number(part)];
		return image ? [{ image, encoding }] : [];
	});
}

const encoders: Record<Encoding, (base64: string) => string> = {
	plain: (base64) => base64,
	urlSafe: (base64) => base64.replaceAll('+', '-').replaceAll('/', '_'),
	escaped: (base64) =>
		base64
			.replaceAll('/', '\\/')
			.replaceAll('+', '\\u002b')
			.replaceAll('=', '\\u003d')
			.concat('\\n'),
};

/** The base64 of an image, part by part. */
export function* encodeImage({ image, encoding, until }: ImagePiece): Generator<string> {
	const { bytes } = image;
	for (let start = 0; start < bytes.length; start += SLICE_BYTES) {
		const base64 = bytes.toString('base64', start, Math.min(start + SLICE_BYTES, bytes.length));
		const text = encoders[encoding](base64);
		const isPastHalf = start + SLICE_BYTES >= bytes.length / 2;
		if (!until || !isPastHalf) {
			yield text;
			continue;
		}
		const backslash = text.indexOf('\\');
		yield until === 'half' ? text.slice(0, text.length / 2) : text.slice(0, backslash + 1);
		return;
	}
}

export function lengthOf(pieces: Piece[]): number {
	return pieces.reduce((sum, piece) => {
		if (typeof piece === 'string') return sum + Buffer.byteLength(piece);
		if ('image' in piece) return sum + 4 * Math.ceil(piece.image.bytes.length / 3);
		return sum;
	}, 0);
}
