import fc from 'fast-check';

import { createBase64Decoder, readBase64 } from '../../../../nodes/GeminiImage/reply/base64';
import { cut, random } from '../../helpers';

describe('the base64 reader', () => {
	test.each<[string, string, string, number, boolean]>([
		['plain base64 up to the end', 'QUJD', 'QUJD', 4, false],
		['up to a quote', 'QUJD"x', 'QUJD', 4, true],
		['both alphabets', '+/-_', '+/-_', 4, false],
		['an escaped slash', 'QU\\/D', 'QU/D', 5, false],
		['a \\u escape', 'QU\\u002bD\\u003D', 'QU+D=', 15, false],
		['line breaks', 'QU\\r\\nJD', 'QUJD', 8, false],
		['up to white space that the next piece decides on', 'QUJD\\r\\n', 'QUJD', 4, false],
		['up to a blank line', 'QUJD\\n\\nText', 'QUJD', 4, true],
		['up to the line end behind padding', 'QQ==\\nText', 'QQ==', 4, true],
		['up to an escaped quote', 'QUJD\\"', 'QUJD', 4, true],
		['up to an escape of another character', 'QUJD\\u0022Text', 'QUJD', 4, true],
		['up to an escape that the next piece decides on', 'QUJD\\u0022', 'QUJD', 4, false],
		['up to what follows the padding', 'QQ==QQ', 'QQ==', 4, true],
		['up to an escape that is cut behind its backslash', 'QUJD\\', 'QUJD', 4, false],
		['up to an escape that is cut behind its zeros', 'QUJD\\u00', 'QUJD', 4, false],
		['up to an escape that is cut before its last digit', 'QUJD\\u002', 'QUJD', 4, false],
		['nothing where there is nothing', '', '', 0, false],
	])('The base64 reader reads %s', (_name, text, base64, length, isEnded) => {
		expect(readBase64(text)).toEqual({ base64, length, isEnded });
	});

	test.each(['\\t', '\\r', '\\u0020'])(
		'A long run of %s is no line end, and ends the base64 before it',
		(space) => {
			const { base64, length, isEnded } = readBase64(`QUJD${space.repeat(200_000)}`);
			expect([base64, length, isEnded]).toEqual(['QUJD', 4, true]);
		},
	);

	test('A line end inside base64 does not end it, however long the line is', () => {
		const line = 'QUJD'.repeat(5000);
		expect(readBase64(`${line}\\nQUJD`)).toMatchObject({ base64: `${line}QUJD` });
	});

	test('After padding at the end of an earlier piece, only more padding is base64', () => {
		expect(readBase64('="', true)).toEqual({ base64: '=', length: 1, isEnded: true });
		expect(readBase64('QQ', true)).toEqual({ base64: '', length: 0, isEnded: true });
	});
});

/** What comes out when `pieces` of a JSON string go in, each with what the last one left. */
function decode(pieces: Iterable<Uint8Array>) {
	const decoder = createBase64Decoder();
	const out: Buffer[] = [];
	let held = Buffer.alloc(0);
	let isEnded = false;
	for (const piece of pieces) {
		const bytes = Buffer.concat([held, piece]);
		const run = decoder.push(bytes, Buffer.alloc(bytes.length + 3));
		out.push(run.data);
		held = bytes.subarray(run.length);
		isEnded = run.isEnded;
		if (isEnded) break;
	}
	return { bytes: Buffer.concat(out), isWhole: decoder.isWhole(), isEnded };
}

describe('decoder', () => {
	test('The base64 decoder gives back any bytes, in both alphabets, padded or not, wherever they are cut', () => {
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
					isEnded: true,
				});
			},
		);
		fc.assert(roundTrip, { seed: 22, numRuns: 500 });
	});

	test('The base64 decoder does not end before the base64 does', () => {
		expect(decode([Buffer.from('QUJDREVG')])).toMatchObject({ isEnded: false });
	});

	test.each(['QUJDR"', 'QUJDRA="', 'QUJD="', 'R"', '="'])(
		'The base64 in %s is not whole',
		(text) => {
			expect(decode([Buffer.from(text)]).isWhole).toBe(false);
			expect(decode(cut(Buffer.from(text), 1)).isWhole).toBe(false);
		},
	);

	test('The base64 decoder gives out bytes as they come', () => {
		const decoder = createBase64Decoder();
		const sizes = cut(Buffer.from('QUJDREVGR0hJ'), 4).map(
			(piece) => decoder.push(Buffer.from(piece), Buffer.alloc(piece.length + 3)).data.length,
		);
		expect(sizes).toEqual([3, 3, 3]);
	});
});
