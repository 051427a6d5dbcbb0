import fc from 'fast-check';

import type { AnyReply } from './anyReply';

type Damage = (reply: Buffer) => Buffer;

/** Bytes that mean something in a reply. */
const MEANINGFUL = [...'"\\=\n\r{}[],: .', '\\n', '\\u', 'data:', 'null', '====', 'A'];
const STRANGE = ['\x00', '\xff', '\xef\xbb\xbf', 'data:image/png;base64,'];

/** A place in a reply: any byte, or one of those that give it its structure. */
const anyPlace = fc.record({
	isStructural: fc.constantFrom(false, false, false, true),
	at: fc.nat(1_000_000),
});
type Place = typeof anyPlace extends fc.Arbitrary<infer T> ? T : never;

function find(reply: Buffer, { isStructural, at }: Place): number {
	if (reply.length === 0) return 0;
	if (!isStructural) return at % reply.length;
	const structure = [...reply.toString('latin1').matchAll(/["\\{}[\]:,=\r\n]/g)].map(
		({ index }) => index,
	);
	return structure[at % structure.length] ?? 0;
}

const length = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 400 }));

const flip = fc.tuple(anyPlace, fc.integer({ min: 1, max: 255 })).map(
	([place, bits]): Damage =>
		(reply) => {
			const damaged = Buffer.from(reply);
			const at = find(reply, place);
			if (at < reply.length) damaged[at]! ^= bits;
			return damaged;
		},
);

const remove = fc.tuple(anyPlace, length).map(
	([place, bytes]): Damage =>
		(reply) => {
			const at = find(reply, place);
			return Buffer.concat([reply.subarray(0, at), reply.subarray(at + bytes)]);
		},
);

const insert = fc.tuple(anyPlace, fc.constantFrom(...MEANINGFUL, ...STRANGE)).map(
	([place, text]): Damage =>
		(reply) => {
			const at = find(reply, place);
			return Buffer.concat([
				reply.subarray(0, at),
				Buffer.from(text, 'latin1'),
				reply.subarray(at),
			]);
		},
);

const duplicate = fc.tuple(anyPlace, length, anyPlace).map(
	([from, bytes, to]): Damage =>
		(reply) => {
			const start = find(reply, from);
			const at = find(reply, to);
			const copy = reply.subarray(start, start + bytes);
			return Buffer.concat([reply.subarray(0, at), copy, reply.subarray(at)]);
		},
);

/** One base64 character in the place of another: most of a reply is base64, so mostly no error. */
const replace = fc.tuple(anyPlace, fc.constantFrom(...'Az09+/-_')).map(
	([place, char]): Damage =>
		(reply) => {
			const damaged = Buffer.from(reply);
			damaged.write(char, find(reply, { ...place, isStructural: false }));
			return damaged;
		},
);

const truncate = anyPlace.map(
	(place): Damage =>
		(reply) =>
			reply.subarray(0, find(reply, place)),
);

const swap = fc.tuple(anyPlace, anyPlace, anyPlace).map(
	(places): Damage =>
		(reply) => {
			const [a, b, c] = places.map((place) => find(reply, place)).sort((x, y) => x - y) as [
				number,
				number,
				number,
			];
			return Buffer.concat([
				reply.subarray(0, a),
				reply.subarray(b, c),
				reply.subarray(a, b),
				reply.subarray(c),
			]);
		},
);

const damages = fc
	.tuple(
		fc.oneof(replace, flip, remove, insert, duplicate, truncate, swap),
		fc.array(fc.oneof(replace, flip, remove, insert, duplicate, swap), { maxLength: 1 }),
	)
	.map(([first, more]) => [first, ...more]);

/** A reply that was damaged on its way, its bytes as latin1. */
export function anyDamaged(replies: fc.Arbitrary<AnyReply>) {
	return fc.tuple(replies, damages).map(([{ reply, isEventStream }, all]) => ({
		isEventStream,
		damaged: all
			.reduce<Buffer>((bytes, damage) => damage(bytes), Buffer.from(reply))
			.toString('latin1'),
	}));
}
