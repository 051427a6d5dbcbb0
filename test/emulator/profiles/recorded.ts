import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { RECORDED, type RecordedReply } from '../../fixtures/replies';
import { tinyImage } from '../images/tiny';
import { publish } from '../server/files';
import type { Exchange, Profile } from '../types';
import { isObject } from '../wire/settings';

const PREFIX = 'recorded-';
const PLACEHOLDER = /\{\{(\w+)(?: (\w+))?\}\}/g;
/** A draft is smaller than the image that it is one of, which tells them apart. */
const DRAFT_SIDE = 6;
/** A write is shorter than this power of two, in bytes; most are far shorter. */
const LONGEST_WRITE = 12;

/** Replies of real gateways, as `test/fixtures/replies` has them. */
export const recorded: Record<string, Profile> = {
	recorded: {
		description: 'recorded-<name>: a reply of test/fixtures/replies, in random cuts',
		names: Object.keys(RECORDED),
		async answer(exchange, _n, segment) {
			const reply = RECORDED[segment.slice(PREFIX.length)];
			if (reply) await send(exchange, reply, segment);
			return reply !== undefined;
		},
	},
};

async function send(exchange: Exchange, reply: RecordedReply, segment: string): Promise<void> {
	const { res, body, host, signal } = exchange;
	const isStream = !reply.json || (!reply.status && isObject(body) && body.stream === true);
	const text = isStream ? eventsOf(reply) : JSON.stringify(reply.json);
	const bytes = Buffer.from(await fill((reply.before ?? '') + text, exchange, segment));
	const type = isStream ? 'text/event-stream' : 'application/json';
	res.socket?.setNoDelay(true);
	res.writeHead(reply.status ?? 200, { 'Content-Type': type });
	const count = (host.counts.get(segment) ?? 0) + 1;
	host.counts.set(segment, count);
	for (const piece of cut(bytes, `${segment} ${count}`)) {
		if (!res.write(piece)) await once(res, 'drain', { signal });
		await nextTurn(undefined, { signal });
	}
	res.end();
}

/** A reply that was recorded as JSON alone, as a stream would carry it. */
function eventsOf({ json, sse, eol = '\n' }: RecordedReply): string {
	const events = sse ?? [isObject(json) ? asChunk(json) : json, 'data: [DONE]\n\n'];
	return events.map(eventOf).join('').replaceAll('\n', eol);
}

function eventOf(event: unknown): string {
	if (typeof event === 'string') return event;
	const isNamed = isObject(event) && typeof event.event === 'string';
	const data = `data: ${JSON.stringify(isNamed ? event.data : event)}\n\n`;
	return isNamed ? `event: ${String(event.event)}\n${data}` : data;
}

function asChunk(json: Record<string, unknown>): unknown {
	if (!Array.isArray(json.choices)) return json;
	const choices = (json.choices as unknown[]).map((choice) => {
		const { message, ...rest } = choice as Record<string, unknown>;
		return { ...rest, ...(message !== undefined && { delta: message }) };
	});
	return { ...json, choices };
}

/** The text with images, links and signatures in the place of their names. */
async function fill(text: string, { host }: Exchange, segment: string): Promise<string> {
	const names = [...new Set([...text.matchAll(PLACEHOLDER)].map(([name]) => name))];
	let filled = text;
	for (const name of names) {
		const [, kind = '', variant = '0'] = [...name.matchAll(PLACEHOLDER)][0] ?? [];
		const side = kind === 'DRAFT' ? DRAFT_SIDE : undefined;
		const image = await tinyImage(segment, Number(variant), side);
		const base64 = image.bytes.toString('base64');
		const values: Record<string, () => string> = {
			IMAGE: () => base64,
			DRAFT: () => base64,
			UNPADDED: () => base64.replace(/=+$/, ''),
			URLSAFE: () => image.bytes.toString('base64url'),
			WRAPPED: () => base64.replace(/.{76}/g, '$&\\r\\n'),
			LINK: () => publish(host, image).replace(/\.\w+$/, ''),
			SIGNATURE: () => randomBytes(segment, Number(variant) * 1024).toString('base64'),
		};
		filled = filled.replaceAll(name, values[kind]?.() ?? name);
	}
	return filled;
}

function* cut(bytes: Buffer, seed: string): Generator<Buffer> {
	const random = randomBytes(seed, 1024);
	for (let at = 0, n = 0; at < bytes.length; n++) {
		const size = Math.floor(2 ** ((random.readUInt8(n % 1024) / 256) * LONGEST_WRITE));
		yield bytes.subarray(at, at + size);
		at += size;
	}
}

/** The same ones for the same seed. */
function randomBytes(seed: string, length: number): Buffer {
	const block = (_: unknown, n: number) => createHash('sha512').update(`${n} ${seed}`).digest();
	return Buffer.concat(Array.from({ length: Math.ceil(length / 64) }, block)).subarray(0, length);
}
