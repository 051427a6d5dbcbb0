import { PassThrough, Readable } from 'node:stream';

import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import { timedOut } from '../../../../nodes/GeminiImage/errors/failures';
import { exchange } from '../../../../nodes/GeminiImage/transport/exchange';
import { failureOf, joined } from '../../helpers';

const { signal } = new AbortController();

afterEach(() => jest.useRealTimers());

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The answer of a service that sends `body`. */
async function answerOf(body: Readable, timeoutMs: number) {
	return await exchange({ signal, timeoutMs }, async () => ({
		statusCode: 200,
		headers: {},
		body,
	}));
}

async function readAll(body: Readable, timeoutMs: number): Promise<string> {
	return (await joined((await answerOf(body, timeoutMs)).body)).toString();
}

test('An answer has the status, the headers and the bytes, and closes its body', async () => {
	const body = Readable.from([Buffer.from('A '), Buffer.from('cat')], { objectMode: false });
	const full = { statusCode: 418, headers: { a: 'b' }, body };
	const answer = await exchange({ signal, timeoutMs: 1000 }, async () => full);
	expect(answer).toMatchObject({ status: 418, headers: { a: 'b' } });
	expect((await joined(answer.body)).toString()).toBe('A cat');
	expect(body.destroyed).toBe(true);
});

test('A request without a sign of life within the Timeout is ended', async () => {
	let ended: AbortSignal | undefined;
	const sent = exchange({ signal, timeoutMs: 60 }, async (own) => {
		ended = own;
		return await new Promise(() => {});
	});
	expect(await failureOf(sent)).toEqual(timedOut(60));
	expect(ended?.aborted).toBe(true);
});

test('A failure to send passes as it is, and a cancel ends the request', async () => {
	const failure = new Error('refused');
	const failed = exchange({ signal, timeoutMs: 1000 }, () => Promise.reject(failure));
	expect(await failureOf(failed)).toBe(failure);
	const cancel = new AbortController();
	const reason = new Error('cancelled');
	const settings = { signal: cancel.signal, timeoutMs: 1000 };
	const sent = exchange(settings, () => new Promise(() => {}));
	cancel.abort(reason);
	expect(await failureOf(sent)).toBe(reason);
});

test('The watch for silence passes the bytes of a reply on and closes its body', async () => {
	const body = Readable.from([Buffer.from('A '), Buffer.from('cat')], { objectMode: false });
	expect(await readAll(body, 1000)).toBe('A cat');
	expect(body.destroyed).toBe(true);
});

test.each([
	['that sends nothing', ''],
	['that falls silent', 'A '],
])('A service %s is given up after the Timeout', async (_name, start) => {
	const body = new PassThrough();
	if (start) body.write(start);
	jest.useFakeTimers({ doNotFake: ['nextTick'] });
	const failed = failureOf(readAll(body, 60_000));
	await jest.advanceTimersByTimeAsync(60_000);
	expect(body.destroyed).toBe(false);
	// It is looked at twice a second.
	await jest.advanceTimersByTimeAsync(500);
	expect(body.destroyed).toBe(true);
	const error = await failed;
	expect(error).toBeInstanceOf(ApiError);
	expect(error.message).toBe('The service sent nothing for 60 seconds');
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
	expect(await readAll(body, 400)).toBe('A cat sleeps');
	await sending;
});

test('A slow reader of a reply is not taken for the silence of the service', async () => {
	const body = Readable.from([Buffer.from('A '), Buffer.from('cat')], { objectMode: false });
	let text = '';
	for await (const chunk of (await answerOf(body, 60)).body) {
		await sleep(150);
		text += Buffer.from(chunk).toString();
	}
	expect(text).toBe('A cat');
});

test('An upload that goes on behind an early answer does not count as a wait for a reader that rests', async () => {
	const body = new PassThrough();
	body.write('A ');
	let heard = () => {};
	const answer = await exchange({ signal, timeoutMs: 60_000 }, async (_own, onPiece) => {
		heard = onPiece;
		return { statusCode: 200, headers: {}, body };
	});
	jest.useFakeTimers({ doNotFake: ['nextTick'] });
	const reader = answer.body[Symbol.asyncIterator]();
	await reader.next();
	heard();
	await jest.advanceTimersByTimeAsync(180_000);
	expect(body.destroyed).toBe(false);
	answer.close();
});

test('Time in which n8n itself stood still is no silence of the service', async () => {
	const body = new PassThrough();
	jest.useFakeTimers({ doNotFake: ['nextTick'] });
	const failed = failureOf(readAll(body, 60_000));
	await jest.advanceTimersByTimeAsync(1000);
	jest.setSystemTime(Date.now() + 300_000);
	await jest.advanceTimersByTimeAsync(58_000);
	expect(body.destroyed).toBe(false);
	await jest.advanceTimersByTimeAsync(3000);
	expect(body.destroyed).toBe(true);
	expect((await failed).message).toBe('The service sent nothing for 60 seconds');
});

test.each(['falls silent', 'goes on for ever'])(
	'A body whose end is due fails with the reason for that, even if it %s',
	async (how) => {
		const body = new PassThrough();
		jest.useFakeTimers({ doNotFake: ['nextTick'] });
		const answer = await answerOf(body, 60_000);
		const reason = new ApiError('Enough', '');
		answer.endAt(Date.now() + 1000, reason);
		answer.endAt(Date.now() + 5000, reason);
		const failed = failureOf(joined(answer.body));
		for (let second = 0; second < 7; second++) {
			expect(body.destroyed).toBe(second >= 5);
			if (how === 'goes on for ever') body.write('A');
			await jest.advanceTimersByTimeAsync(1000);
		}
		expect(await failed).toBe(reason);
	},
);

test('A connection that breaks is told from one that is silent', async () => {
	const body = new PassThrough();
	body.write('A ');
	setTimeout(() => body.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })), 10);
	expect((await failureOf(readAll(body, 5000))).message).toBe(
		'The connection was lost in the middle of the reply',
	);
});

test('A reply that is left early has its body closed', async () => {
	const body = new PassThrough();
	body.write('A ');
	for await (const chunk of (await answerOf(body, 5000)).body) {
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
	const answer = await answerOf(body, 5000);
	await answer.body[Symbol.asyncIterator]().next();
	expect(timers()).toBe(before + 1);
	answer.close();
	expect(body.destroyed).toBe(true);
	await sleep(600);
	expect(timers()).toBeLessThanOrEqual(before);
});
