import fc from 'fast-check';

import { createBase64Encoder, inlineContent } from '../../../../nodes/GeminiImage/bytes/base64';
import { random } from '../../helpers';

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

const { bytes } = random(7);

async function read(base64: string) {
	const file = inlineContent(base64);
	const chunks: Uint8Array[] = [];
	for await (const chunk of await file.open()) chunks.push(chunk);
	return { announced: file.bytes, content: Buffer.concat(chunks) };
}

describe.each<[string, (base64: string) => string]>([
	['plain base64', (base64) => base64],
	['lines', (base64) => base64.replace(/.{1,76}/g, '$&\r\n')],
	['lines of any length', (base64) => base64.replace(/.{1,7}/g, '$&\n\t ')],
	['a line end', (base64) => `${base64}\n`],
	['the URL-safe alphabet', (base64) => base64.replace(/\+/g, '-').replace(/\//g, '_')],
	['no padding', (base64) => base64.replace(/=/g, '')],
	['more behind the padding', (base64) => base64.replace(/=+$/, '$&AAAA')],
])('inline content with %s', (name, write) => {
	test.each([0, 1, 2, 3, 4, 57, 49_151, 49_152, 49_153, 200_000])(
		`Inline content of %i bytes, written with ${name}, gives its bytes, and their number beforehand`,
		async (length) => {
			const content = bytes(length);
			const { announced, content: got } = await read(write(content.toString('base64')));
			expect(announced).toBe(length);
			expect(got.equals(content)).toBe(true);
		},
	);
});
