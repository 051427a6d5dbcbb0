import type { Act, Frame, FrameKind, ImagePiece, Piece } from '../types';

const isImage = (piece: Piece): piece is ImagePiece =>
	typeof piece === 'object' && 'image' in piece;

const extra = (pieces: Piece[]): Frame => ({ kind: 'extra', pieces });

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

/** Puts an error event after the last frame of that kind; a JSON reply is the error alone. */
export function errorAfter(frames: Frame[], kind: FrameKind): Frame[] {
	const message = 'The upstream model stopped working';
	const error = { message, type: 'server_error', param: null, code: 'internal_error' };
	const json = JSON.stringify({ error });
	if (isJson(frames)) return [{ kind: 'error', pieces: [json] }];
	const index = frames.findLastIndex((frame) => frame.kind === kind);
	const before = frames.slice(0, index + 1);
	return [...before, { kind: 'error', pieces: [`data: ${json}\n\n`] }];
}

export function replaceText(frames: Frame[], pattern: RegExp, text: string): Frame[] {
	return frames.map((frame) => ({
		...frame,
		pieces: frame.pieces.map((piece) =>
			typeof piece === 'string' ? piece.replace(pattern, text) : piece,
		),
	}));
}
