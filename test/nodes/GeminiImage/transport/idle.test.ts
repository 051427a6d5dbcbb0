import { PassThrough, Readable } from 'node:stream';

import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import { watchIdle } from '../../../../nodes/GeminiImage/transport/idle';
import { failureOf } from '../../helpers';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of body) chunks.push(chunk);
	return Buffer.concat(chunks).toString();
}

test('The watch for silence passes the bytes of a reply on and closes its body', async () => {
	const body = Readable.from([Buffer.from('A '), Buffer.from('cat')], { objectMode: false });
	expect(await readAll(watchIdle(body, 1000))).toBe('A cat');
	expect(body.destroyed).toBe(true);
});

test.each([
	['that sends nothing', ''],
	['that falls silent', 'A '],
])('A service %s is given up after the Timeout', async (_name, start) => {
	const body = new PassThrough();
	if (start) body.write(start);
	const begun = Date.now();
	const error = await failureOf(readAll(watchIdle(body, 60)));
	expect(error).toBeInstanceOf(ApiError);
	expect(error.message).toBe('The service sent nothing for 0.06 seconds');
	expect(Date.now() - begun).toBeGreaterThanOrEqual(60);
	expect(Date.now() - begun).toBeLessThan(1000);
	expect(body.destroyed).toBe(true);
});

test('A slow reply goes on for as long as bytes come', async () => {
	const body = new PassThrough();
	const sending = (async () => {
		for (const letter of 'A cat sleeps') {
			await sleep(40);
			body.write(letter);
		}
		body.end();
	})();
	expect(await readAll(watchIdle(body, 400))).toBe('A cat sleeps');
	await sending;
});

test('A slow reader of a reply is not taken for the silence of the service', async () => {
	const body = Readable.from([Buffer.from('A '), Buffer.from('cat')], { objectMode: false });
	let text = '';
	for await (const chunk of watchIdle(body, 60)) {
		await sleep(150);
		text += Buffer.from(chunk).toString();
	}
	expect(text).toBe('A cat');
});

test('A connection that breaks is told from one that is silent', async () => {
	const body = new PassThrough();
	body.write('A ');
	setTimeout(() => body.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })), 10);
	expect((await failureOf(readAll(watchIdle(body, 5000)))).message).toBe(
		'The connection was lost in the middle of the reply',
	);
});

test('A reply that is left early has its body closed', async () => {
	const body = new PassThrough();
	body.write('A ');
	for await (const chunk of watchIdle(body, 5000)) {
		expect(Buffer.from(chunk).toString()).toBe('A ');
		break;
	}
	expect(body.destroyed).toBe(true);
});

test('A reply whose body is closed from outside is watched no longer', async () => {
	const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
	const before = timers();
	const body = new PassThrough();
	body.write('A ');
	await watchIdle(body, 5000).next();
	expect(timers()).toBe(before + 1);
	body.destroy();
	await sleep(600);
	expect(timers()).toBeLessThanOrEqual(before);
});
