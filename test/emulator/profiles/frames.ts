import type { Act, Frame, FrameKind, ImagePiece, Piece } from '../types';

const isImage = (piece: Piece): piece is ImagePiece =>
	typeof piece === 'object' && 'image' in piece;

export const extra = (pieces: Piece[]): Frame => ({ kind: 'extra', pieces });

/** The reply up to the middle of a frame, for replies without the place that is looked for. */
function halfWay(frames: Frame[], act: Act): Frame[] {
	const middle = Math.floor((frames.length - 1) / 2);
	const text = frames[middle]?.pieces.filter((piece) => typeof piece === 'string').join('') ?? '';
	return [...frames.slice(0, middle), extra([text.slice(0, text.length / 2), act])];
}

/** Lets something happen in the middle of the first image; nothing follows. */
export function inImage(frames: Frame[], act: Act, until: ImagePiece['until'] = 'half'): Frame[] {
	const index = frames.findIndex(({ pieces }) => pieces.some(isImage));
	const frame = frames[index];
	if (!frame) return halfWay(frames, act);
	const at = frame.pieces.findIndex(isImage);
	const pieces = frame.pieces
		.slice(0, at + 1)
		.map((piece) => (isImage(piece) ? { ...piece, until } : piece));
	return [...frames.slice(0, index), { ...frame, pieces: [...pieces, act] }];
}

/** Ends a stream after the last frame of that kind; a JSON reply breaks in its image. */
export function afterLast(frames: Frame[], kind: FrameKind, act: Act): Frame[] {
	const index = frames.findLastIndex((frame) => frame.kind === kind);
	if (index < 0) return inImage(frames, act);
	return [...frames.slice(0, index + 1), extra([act])];
}

export const isJson = (frames: Frame[]) => frames[0]?.kind === 'json';

const ERROR = {
	message: 'The upstream model stopped working',
	type: 'server_error',
	param: null,
	code: 'internal_error',
};

/** Puts an error event after the last frame of that kind; a JSON reply is the error alone. */
export function errorAfter(frames: Frame[], kind: FrameKind): Frame[] {
	const json = JSON.stringify({ error: ERROR });
	if (isJson(frames)) return [{ kind: 'error', pieces: [json] }];
	const index = frames.findLastIndex((frame) => frame.kind === kind);
	const before = frames.slice(0, index + 1);
	return [...before, { kind: 'error', pieces: [`data: ${json}\n\n`] }];
}

/** Puts an error into a JSON reply, as its last field. */
export function errorInside(frames: Frame[]): Frame[] {
	return replaceText(frames, /\}$/, `,"error":${JSON.stringify(ERROR)}}`);
}

/** Breaks the base64 of the last image in its middle: a character is none of base64. */
export function damageLast(frames: Frame[]): Frame[] {
	const index = frames.findLastIndex(({ pieces }) => pieces.some(isImage));
	return frames.map((frame, number) => {
		const at = number === index ? frame.pieces.findLastIndex(isImage) : -1;
		const pieces = frame.pieces.map((piece, place) =>
			place === at && isImage(piece) ? damaged(piece) : piece,
		);
		return { ...frame, pieces };
	});
}

function damaged({ image }: ImagePiece): string {
	const base64 = image.bytes.toString('base64');
	// Inside a group of four, as a character may go wrong anywhere.
	const at = 4 * Math.floor(base64.length / 8) + 2;
	return `${base64.slice(0, at)}!${base64.slice(at + 1)}`;
}

export function replaceText(frames: Frame[], pattern: RegExp, text: string): Frame[] {
	return frames.map((frame) => ({
		...frame,
		pieces: frame.pieces.map((piece) =>
			typeof piece === 'string' ? piece.replace(pattern, text) : piece,
		),
	}));
}
