import fc from 'fast-check';

import { createBase64Encoder } from '../../../../nodes/GeminiImage/request/base64Encoder';

test('bytes in any pieces become the base64 of all of them', () => {
	fc.assert(
		fc.property(fc.array(fc.uint8Array({ maxLength: 7 })), (pieces) => {
			const encoder = createBase64Encoder();
			const encoded = pieces.map((piece) => encoder.push(piece).toString());
			expect(encoded.join('') + encoder.end()).toBe(Buffer.concat(pieces).toString('base64'));
		}),
	);
});

test('nothing waits but the bytes of a group that is open', () => {
	const encoder = createBase64Encoder();
	expect(encoder.push(Buffer.from('a')).length).toBe(0);
	expect(encoder.push(Buffer.from('bcd')).toString()).toBe('YWJj');
	expect(encoder.push(Buffer.from('ef')).toString()).toBe('ZGVm');
	expect(encoder.end()).toBe('');
});

test('a piece that is used again later does no harm', () => {
	const encoder = createBase64Encoder();
	const piece = Buffer.from('abcd');
	const encoded = encoder.push(piece);
	piece.fill(0);
	expect(encoded.toString()).toBe('YWJj');
	expect(encoder.end()).toBe('ZA==');
});
