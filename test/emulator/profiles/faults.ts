import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { replyError } from '../server/reply';
import type { Exchange, Frame, Profile } from '../types';
import { reset, waitForAbort } from '../wire/send';
import { isCounted } from './busy';
import { errorFor } from './errors';
import { afterLast, inImage, isJson } from './frames';

const TRICKLE_MS = 2500;
const LINGER_MS = 50;

async function refuseUpload(exchange: Exchange): Promise<boolean> {
	if (exchange.req.method !== 'POST') return false;
	const { socket } = exchange.req;
	replyError(exchange, errorFor(413));
	// Closing at once would discard the answer together with the unread upload.
	await sleep(LINGER_MS);
	socket.destroy();
	return true;
}

/** What the buffers of both sides may take although nobody reads it stays below this. */
const LARGE_UPLOAD_BYTES = 16 * 1024 * 1024;

async function breakUpload(exchange: Exchange, segment: string): Promise<boolean> {
	const { req, signal } = exchange;
	const bytes = Number(req.headers['content-length']);
	if (!(bytes >= LARGE_UPLOAD_BYTES) || !isCounted(exchange, segment, [1, 1])) return false;
	await once(req, 'data', { signal });
	reset(exchange);
	return true;
}

/** Signs of life before the reply: comments in a stream, white space before JSON. */
function trickle(frames: Frame[], ms: number): Frame[] {
	const sign = isJson(frames) ? ' ' : ': still drawing\n\n';
	const count = Math.max(3, Math.ceil(TRICKLE_MS / ms));
	const signs = Array.from({ length: count }, () => [sign, { wait: ms }]).flat();
	return [{ kind: 'extra', pieces: signs }, ...frames];
}

/** A wait after each frame, as when the words come one by one. */
function pauses(frames: Frame[], ms: number): Frame[] {
	return frames.map((frame) => ({ ...frame, pieces: [...frame.pieces, { wait: ms }] }));
}

/** Connections that break, stall or crawl. */
export const faults: Record<string, Profile> = {
	'reset-before-headers': {
		description: 'The connection is reset before any answer',
		answer: (exchange) => {
			reset(exchange);
			return true;
		},
	},
	'reset-after-headers': {
		description: 'The connection is reset after the headers of a 200',
		frames: () => [{ kind: 'extra', pieces: [{ act: 'reset' }] }],
	},
	'reset-in-image': {
		description: 'The connection is reset in the middle of the image',
		frames: (frames) => inImage(frames, { act: 'reset' }),
	},
	'reset-in-escape': {
		description: 'The connection is reset right after a backslash inside escaped base64',
		style: { encoding: 'escaped' },
		frames: (frames) => inImage(frames, { act: 'reset' }, 'backslash'),
	},
	'end-in-image': {
		description: 'The body ends cleanly in the middle of the image',
		frames: (frames) => inImage(frames, { act: 'end' }),
	},
	'end-before-finish': {
		description: 'Stream: a clean end after the reasoning, without finish_reason',
		frames: (frames) => afterLast(frames, 'reasoning', { act: 'end' }),
	},
	'cut-content-length': {
		description: 'Closed in the image, before the announced Content-Length is reached',
		style: { contentLength: true },
		frames: (frames) => inImage(frames, { act: 'close' }),
	},
	'stall-before-headers': {
		description: 'Never answers',
		answer: ({ signal }) => waitForAbort(signal),
	},
	'stall-mid-stream': {
		description: 'Stream: silence after the reasoning, the socket stays open',
		frames: (frames) => afterLast(frames, 'reasoning', { act: 'stall' }),
	},
	'stall-in-image': {
		description: 'Silence in the middle of the image, the socket stays open',
		frames: (frames) => inImage(frames, { act: 'stall' }),
	},
	'stall-after-done': {
		description: 'Stream: silence after [DONE], the socket stays open',
		frames: (frames) => (isJson(frames) ? frames : afterLast(frames, 'done', { act: 'stall' })),
	},
	trickle: {
		description: 'trickle-<ms>: a sign of life every <ms> for some seconds, then the reply',
		number: [1, 60_000],
		frames: trickle,
	},
	typing: {
		description: 'typing-<ms>: waits that long after each event of a stream',
		number: [1, 60_000],
		frames: pauses,
	},
	slow: {
		description: 'slow-<ms>: waits that long before answering',
		number: [0, 3_600_000],
		answer: async ({ signal }, ms) => {
			await sleep(ms, undefined, { signal });
			return false;
		},
	},
	'reset-in-upload': {
		description: 'The connection is reset in the middle of the first upload of 16 MiB or more',
		counted: true,
		early: breakUpload,
	},
	'refuse-upload': {
		description: '413 before the request body is read, then the connection closes',
		early: refuseUpload,
	},
};
