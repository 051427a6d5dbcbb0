import fc from 'fast-check';

import { createBase64Decoder, readBase64 } from '../../../../nodes/GeminiImage/reply/base64';
import { cut, random } from '../../helpers';

describe('readBase64', () => {
	test.each([
		['plain base64 up to the end', 'QUJD', { base64: 'QUJD' }],
		['up to a quote', 'QUJD"x', { base64: 'QUJD', end: 4 }],
		['both alphabets', '+/-_', { base64: '+/-_' }],
		['an escaped slash', 'QU\\/D', { base64: 'QU/D' }],
		['a \\u escape', 'QU\\u002bD\\u003D', { base64: 'QU+D=' }],
		['line breaks', 'QU\\r\\nJD', { base64: 'QUJD' }],
		['white space that the next piece decides on', 'QUJD\\r\\n', { base64: 'QUJD', cut: 4 }],
		['up to a blank line', 'QUJD\\n\\nText', { base64: 'QUJD', end: 4 }],
		['up to the line end behind padding', 'QQ==\\nText', { base64: 'QQ==', end: 4 }],
		['up to an escaped quote', 'QUJD\\"', { base64: 'QUJD', end: 4 }],
		['up to an escape of another character', 'QUJD\\u0022', { base64: 'QUJD', end: 4 }],
		['up to what follows the padding', 'QQ==QQ', { base64: 'QQ==', end: 4 }],
		['an escape cut behind its backslash', 'QUJD\\', { base64: 'QUJD', cut: 4 }],
		['an escape cut behind its zeros', 'QUJD\\u00', { base64: 'QUJD', cut: 4 }],
		['an escape cut before its last digit', 'QUJD\\u002', { base64: 'QUJD', cut: 4 }],
		['nothing', '', { base64: '' }],
	])('%s', (_name, text, expected) => {
		expect(readBase64(text)).toEqual(expected);
	});

	test.each(['\\\\t', '\\\\r', '\\\\u0020'])('a megabyte of %s is no line end', (space) => {
		const before = Date.now();
		expect(readBase64(`QUJD${space.repeat(200_000)}`)).toEqual({ base64: 'QUJD', end: 4 });
		expect(Date.now() - before).toBeLessThan(1000);
	});

	test('a line end never ends it, however long the line', () => {
		const line = 'QUJD'.repeat(5000);
		expect(readBase64(`${line}\\nQUJD`)).toEqual({ base64: `${line}QUJD` });
	});

	test('goes on behind padding that an earlier piece ended in', () => {
		expect(readBase64('="', true)).toEqual({ base64: '=', end: 1 });
		expect(readBase64('QQ', true)).toEqual({ base64: '', end: 0 });
	});
});

/** What comes out when `pieces` of a JSON string go in, each with what the last one left. */
function decode(pieces: Iterable<Uint8Array>) {
	const decoder = createBase64Decoder();
	const out: Buffer[] = [];
	let held = Buffer.alloc(0);
	for (const piece of pieces) {
		const { data, rest, ended } = decoder.push(Buffer.concat([held, piece]));
		out.push(data);
		held = Buffer.from(rest);
		if (ended) return { bytes: Buffer.concat(out), isWhole: decoder.isWhole(), ended };
	}
	return { bytes: Buffer.concat(out), isWhole: decoder.isWhole(), ended: false };
}

describe('decoder', () => {
	test('gives back any bytes, in both alphabets, with and without padding, cut anywhere', () => {
		const roundTrip = fc.property(
			fc.uint8Array({ maxLength: 100 }),
			fc.constantFrom<BufferEncoding>('base64', 'base64url'),
			fc.integer(),
			(bytes, encoding, seed) => {
				const { upTo } = random(seed);
				const text = Buffer.from(`${Buffer.from(bytes).toString(encoding)}"`);
				const result = decode(cut(text, () => upTo(9)));
				expect({ ...result, bytes: [...result.bytes] }).toEqual({
					bytes: [...bytes],
					isWhole: true,
					ended: true,
				});
			},
		);
		fc.assert(roundTrip, { seed: 22, numRuns: 500 });
	});

	test('does not end before the run does', () => {
		expect(decode([Buffer.from('QUJDREVG')])).toMatchObject({ ended: false });
	});

	test.each(['QUJDR"', 'QUJDRA="', 'QUJD="', 'R"', '="'])('%s is not whole', (text) => {
		expect(decode([Buffer.from(text)]).isWhole).toBe(false);
		expect(decode(cut(Buffer.from(text), 1)).isWhole).toBe(false);
	});

	test('gives out bytes as they come', () => {
		const decoder = createBase64Decoder();
		const sizes = cut(Buffer.from('QUJDREVGR0hJ'), 4).map(
			(piece) => decoder.push(Buffer.from(piece)).data.length,
		);
		expect(sizes).toEqual([3, 3, 3]);
	});
});
