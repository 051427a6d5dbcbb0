import { inlineContent } from '../../../../nodes/GeminiImage/bytes/base64';
import { random } from '../../helpers';

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
])('inline file: %s', (_name, write) => {
	test.each([0, 1, 2, 3, 4, 57, 49_151, 49_152, 49_153, 200_000])(
		'An inline file of %i bytes gives its bytes, and their number beforehand',
		async (length) => {
			const content = bytes(length);
			const { announced, content: got } = await read(write(content.toString('base64')));
			expect(announced).toBe(length);
			expect(got.equals(content)).toBe(true);
		},
	);
});
