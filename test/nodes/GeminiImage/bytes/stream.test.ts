import { createReadStream } from 'node:fs';

import { peek } from '../../../../nodes/GeminiImage/bytes/stream';

async function* three() {
	for (const piece of ['one', 'two', 'three']) yield Buffer.from(piece);
}

test('The head of a peeked stream has enough bytes, and the whole stream still follows', async () => {
	const { head, all } = await peek(three(), 4);
	expect(head.toString()).toBe('onetwo');
	const chunks: Uint8Array[] = [];
	for await (const chunk of all) chunks.push(chunk);
	expect(Buffer.concat(chunks).toString()).toBe('onetwothree');
});

test('The head of a stream that is shorter than the head asked for is the whole stream', async () => {
	const { head } = await peek(three(), 100);
	expect(head.toString()).toBe('onetwothree');
});

test('A peeked file whose rest is not wanted is closed', async () => {
	const file = createReadStream(__filename, { highWaterMark: 16 });
	const closed = new Promise<void>((resolve) => file.once('close', () => resolve()));
	const { close } = await peek(file, 4);
	await close();
	await closed;
	expect(file.destroyed).toBe(true);
});
