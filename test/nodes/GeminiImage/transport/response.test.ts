import { Readable } from 'node:stream';

import { timedOut } from '../../../../nodes/GeminiImage/transport/errors';
import { exchange } from '../../../../nodes/GeminiImage/transport/response';
import { failureOf, joined } from '../../helpers';

const { signal } = new AbortController();

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
