import fc from 'fast-check';

import { createBase64Encoder } from '../../../../nodes/GeminiImage/bytes/base64';

test('The base64 encoder makes the base64 of all bytes, in whatever pieces they come', () => {
	fc.assert(
		fc.property(fc.array(fc.uint8Array({ maxLength: 7 })), (pieces) => {
			const encoder = createBase64Encoder();
			const encoded = pieces.map((piece) => encoder.push(piece).toString());
			expect(encoded.join('') + encoder.end()).toBe(Buffer.concat(pieces).toString('base64'));
		}),
	);
});

test('The base64 encoder holds back only the bytes of a group that is not complete', () => {
	const encoder = createBase64Encoder();
	expect(encoder.push(Buffer.from('a')).length).toBe(0);
	expect(encoder.push(Buffer.from('bcd')).toString()).toBe('YWJj');
	expect(encoder.push(Buffer.from('ef')).toString()).toBe('ZGVm');
	expect(encoder.end()).toBe('');
});

test('A piece that is overwritten after the base64 encoder took it does no harm', () => {
	const encoder = createBase64Encoder();
	const piece = Buffer.from('abcd');
	const encoded = encoder.push(piece);
	piece.fill(0);
	expect(encoded.toString()).toBe('YWJj');
	expect(encoder.end()).toBe('ZA==');
});
