import { once } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Writable } from 'node:stream';
import { createGzip } from 'node:zlib';

import type { Act, Exchange, Frame, Piece, Style } from '../types';
import { encodeImage, lengthOf } from './pieces';

/**
 * A client has to have read what was sent before the connection breaks. On a busy machine a client of
 * this process reads in turns of the event loop, not in milliseconds, so both are waited for.
 */
const FLUSH_TURNS = 24;
const TURN_MS = 5;

async function flush({ req, signal }: Exchange): Promise<void> {
	for (let turns = 0; turns < FLUSH_TURNS; ) {
		await sleep(TURN_MS, undefined, { signal });
		if (req.socket.writableLength === 0) turns++;
	}
}

export function waitForAbort(signal: AbortSignal): Promise<never> {
	return new Promise((_resolve, reject) => {
		if (signal.aborted) reject(signal.reason);
		signal.addEventListener('abort', () => reject(signal.reason), { once: true });
	});
}

/** Breaks the connection with a TCP reset, which a TLS socket cannot send. */
export function reset({ req }: Exchange): void {
	if ('encrypted' in req.socket) req.socket.destroy();
	else req.socket.resetAndDestroy();
}

/** Returns false when nothing more is to be sent. */
async function perform(act: Act, exchange: Exchange): Promise<boolean> {
	const { signal, req } = exchange;
	if ('wait' in act) {
		await sleep(act.wait, undefined, { signal });
		return true;
	}
	if (act.act === 'end') return false;
	if (act.act === 'stall') return waitForAbort(signal);
	await flush(exchange);
	if (act.act === 'reset') reset(exchange);
	else req.socket.destroySoon();
	return waitForAbort(signal);
}

function* cut(bytes: Buffer, start: number, pace: Style['pace']): Generator<Buffer> {
	let offset = 0;
	while (offset < bytes.length) {
		const position = start + offset;
		const fine = (position % 7) + 1;
		const size = !pace ? bytes.length : position < pace.fine ? fine : pace.then;
		yield bytes.subarray(offset, offset + size);
		offset += size;
	}
}

function* bytesOf(piece: string | Extract<Piece, { image: unknown }>): Generator<Buffer> {
	if (typeof piece === 'string') yield Buffer.from(piece);
	else for (const text of encodeImage(piece)) yield Buffer.from(text, 'latin1');
}

async function write(sink: Writable, bytes: Buffer, signal: AbortSignal): Promise<void> {
	signal.throwIfAborted();
	if (!sink.write(bytes)) await once(sink, 'drain', { signal });
}

async function sendAll(sink: Writable, exchange: Exchange, frames: Frame[], pace: Style['pace']) {
	const { signal } = exchange;
	let sent = 0;
	for (const piece of frames.flatMap((frame) => [...frame.pieces, { wait: 0 }])) {
		if (typeof piece !== 'string' && !('image' in piece)) {
			// Zero gives way to the event loop, so that each frame is a write of its own.
			if ('wait' in piece && piece.wait === 0) await nextTurn(undefined, { signal });
			else if (!(await perform(piece, exchange))) return;
			continue;
		}
		for (const bytes of bytesOf(piece)) {
			for (const part of cut(bytes, sent, pace)) {
				await write(sink, part, signal);
				if (pace) await nextTurn(undefined, { signal });
				sent += part.length;
			}
		}
	}
}

/** Sends a 200 reply frame by frame, at the client's speed. */
export async function send(exchange: Exchange, frames: Frame[], style: Style, isStream: boolean) {
	const { res } = exchange;
	res.socket?.setNoDelay(true);
	res.writeHead(200, {
		'Content-Type': isStream ? 'text/event-stream' : 'application/json; charset=utf-8',
		...(isStream && { 'Cache-Control': 'no-cache' }),
		...(style.gzip && { 'Content-Encoding': 'gzip' }),
		...(style.contentLength && {
			'Content-Length': lengthOf(frames.flatMap(({ pieces }) => pieces)) + 1000,
		}),
	});
	res.flushHeaders();
	if (!style.gzip) {
		await sendAll(res, exchange, frames, style.pace);
		res.end();
		return;
	}
	const gzip = createGzip();
	gzip.pipe(res);
	try {
		await sendAll(gzip, exchange, frames, style.pace);
		gzip.end();
	} catch (error) {
		gzip.destroy();
		throw error;
	}
}
