import { PassThrough, Readable } from 'node:stream';

import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import { watchIdle } from '../../../../nodes/GeminiImage/transport/idle';
import { failureOf } from '../../helpers';

afterEach(() => jest.useRealTimers());

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of body) chunks.push(chunk);
	return Buffer.concat(chunks).toString();
}

test('passes the bytes on and closes the body', async () => {
	const body = Readable.from([Buffer.from('A '), Buffer.from('cat')], { objectMode: false });
	expect(await readAll(watchIdle(body, 1000))).toBe('A cat');
	expect(body.destroyed).toBe(true);
});

test.each([
	['that sends nothing', ''],
	['that falls silent', 'A '],
])('a service %s is given up', async (_name, start) => {
	const body = new PassThrough();
	if (start) body.write(start);
	jest.useFakeTimers({ doNotFake: ['nextTick'] });
	const failed = failureOf(readAll(watchIdle(body, 60_000)));
	await jest.advanceTimersByTimeAsync(60_000);
	expect(body.destroyed).toBe(false);
	// It is looked at twice a second.
	await jest.advanceTimersByTimeAsync(500);
	expect(body.destroyed).toBe(true);
	const error = await failed;
	expect(error).toBeInstanceOf(ApiError);
	expect(error.message).toBe('The service sent nothing for 60 seconds');
});

test('a slow reply goes on for as long as bytes come', async () => {
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

test('a slow reader is not the fault of the service', async () => {
	const body = Readable.from([Buffer.from('A '), Buffer.from('cat')], { objectMode: false });
	let text = '';
	for await (const chunk of watchIdle(body, 60)) {
		await sleep(150);
		text += Buffer.from(chunk).toString();
	}
	expect(text).toBe('A cat');
});

test('a connection that breaks is told from one that is silent', async () => {
	const body = new PassThrough();
	body.write('A ');
	setTimeout(() => body.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })), 10);
	expect((await failureOf(readAll(watchIdle(body, 5000)))).message).toBe(
		'The connection was lost in the middle of the reply',
	);
});

test('leaving early closes the body', async () => {
	const body = new PassThrough();
	body.write('A ');
	for await (const chunk of watchIdle(body, 5000)) {
		expect(Buffer.from(chunk).toString()).toBe('A ');
		break;
	}
	expect(body.destroyed).toBe(true);
});

test('a body that is closed from outside is watched no longer', async () => {
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
