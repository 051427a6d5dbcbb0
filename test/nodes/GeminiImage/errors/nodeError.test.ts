import type { IExecuteFunctions, INode } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';

import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import {
	failedItem,
	toLastError,
	toNodeError,
} from '../../../../nodes/GeminiImage/errors/nodeError';
import { createPlaceholders } from '../../../../nodes/GeminiImage/reply/prose';
import { createReplyReducer } from '../../../../nodes/GeminiImage/reply/reply';
import { connectionError, statusError } from '../../../../nodes/GeminiImage/errors/failures';
import { thrownBy } from '../../helpers';

const KEY = 'sk-0123456789abcdef0123456789abcdef';
const base64 = Buffer.alloc(3000, 9).toString('base64');

/** A node whose items have a key each. */
function contextOf(...keys: string[]) {
	return {
		getNode: () => ({ name: 'Gemini Image', type: 'x', typeVersion: 1 }) as INode,
		getCredentials: async (_type: string, itemIndex: number) => ({ apiKey: keys[itemIndex] }),
	} as unknown as IExecuteFunctions;
}

const shown = (error: unknown) => toNodeError(contextOf(KEY), error, 0);
const failure = (status: number, text: string, headers: Record<string, unknown> = {}) =>
	shown(statusError(status, headers, text));
const body = (message: string, fields: object = {}) =>
	JSON.stringify({ error: { message, ...fields } });

test('The details of an error show neither the key nor base64', async () => {
	const fields = { type: `bad ${KEY}`, code: 'Aa'.repeat(1500), request_id: KEY };
	expect((await failure(400, body('No', fields))).context.details).toEqual({
		httpCode: '400',
		type: 'bad ***',
		code: '[base64]',
		requestId: '***',
	});
	const { context } = await failure(500, '', { 'x-request-id': KEY });
	expect(context.details).toMatchObject({ requestId: '***' });
	const usage = { note: KEY, more: [{ image: base64 }] };
	const details = (await shown(new ApiError('No', '', { usage }))).context.details;
	expect(details).toEqual({ usage: { note: '***', more: [{ image: '[base64]' }] } });
});

test('What cannot be cleaned is told to nobody', async () => {
	const message = { toString: () => KEY } as unknown as string;
	const error = Object.assign(new ApiError('No', ''), { message });
	for (const told of [await shown(error), await failedItem(contextOf(KEY), error, 0)]) {
		expect(JSON.stringify(told)).not.toContain(KEY);
		expect(JSON.stringify(told)).toContain('cannot be shown');
	}
});

test('The message of an error shows neither the key nor base64', async () => {
	for (const text of [
		`${KEY} ${base64}`,
		body(`${KEY} ${base64}`),
		`{"error":"${KEY} ${base64}"}`,
	]) {
		const { message, description } = await failure(400, text);
		expect(message).toBe('The service did not accept the request (400): *** [base64]');
		expect(description).not.toContain(KEY);
	}
	const redirect = await failure(302, '', { location: `https://x.example/?key=${KEY}` });
	expect(redirect.message).not.toContain(KEY);
	expect((await shown(connectionError(new Error(`Bad header ${KEY}`), true))).message).toBe(
		'The service could not be reached: Bad header ***',
	);
	expect((await shown(new Error(`A bug with ${KEY}`))).message).toBe('A bug with ***');
	expect((await shown(`text ${KEY}`)).message).toBe('text ***');
});

test('An error of many words in a reply is quoted in 600 characters, without base64', async () => {
	const said = `Bad\nimage ${Buffer.alloc(900, 7).toString('base64')}${' sorry'.repeat(900)}`;
	const reducer = createReplyReducer(createPlaceholders());
	const { message } = await shown(thrownBy(() => reducer.add({ error: { message: said } })));
	const start = 'The service reported an error in its reply: Bad image [base64] sorry sorry';
	expect(message.startsWith(start)).toBe(true);
	expect(message.length).toBeLessThanOrEqual(600);
});

test('The key that an error hides is that of its item, with and without its prefix', async () => {
	const context = contextOf('key-of-item-0', ' Bearer key-of-item-1 ');
	const error = new ApiError('key-of-item-0, key-of-item-1', '');
	expect((await toNodeError(context, error, 0)).message).toBe('***, key-of-item-1');
	expect((await toNodeError(context, error, 1)).message).toBe('key-of-item-0, ***');
});

test('A failure is shown all the same if the credential cannot be read', async () => {
	const context = { ...contextOf(), getCredentials: () => Promise.reject(new Error('none')) };
	const error = await toNodeError(context as IExecuteFunctions, new ApiError('No', 'Do'), 0);
	expect(error).toMatchObject({ message: 'No', description: 'Do' });
});

test('A failure with a status is a NodeApiError, and any other one is a NodeOperationError', async () => {
	const withStatus = await failure(429, body('Slow down'));
	expect(withStatus).toBeInstanceOf(NodeApiError);
	expect(withStatus).toMatchObject({ httpCode: '429' });
	const refused = await shown(new ApiError('No', 'Do', { field: 'Prompt' }));
	expect(refused).toBeInstanceOf(NodeOperationError);
	expect(refused).toMatchObject({ description: 'Do', context: { details: { field: 'Prompt' } } });
	expect(await shown(withStatus)).toBe(withStatus);
});

test('A message of the service that names a system error stays as it is', async () => {
	const { message } = await failure(500, body('upstream ECONNREFUSED'));
	expect(message).toBe('The service failed (500): upstream ECONNREFUSED');
});

test('A failed item has the message, the description and the details of its error', async () => {
	const error = new ApiError(`No ${KEY}`, 'Do', { finishReason: 'stop' });
	expect(await failedItem(contextOf(KEY), error, 0)).toEqual({
		json: { error: 'No ***', details: { description: 'Do', finishReason: 'stop' } },
	});
	expect(await failedItem(contextOf(KEY), new Error('A bug'), 0)).toEqual({
		json: { error: 'A bug', details: { description: undefined } },
	});
});

test('Many words of the service do not hide the advice on what to do', async () => {
	const text = body(`model not found ${'many words '.repeat(500)}`);
	const gone = statusError(404, {}, text, 'gemini-3-pro-image-preview');
	expect((await shown(gone)).message).toContain("'google/gemini-3-pro-image'");
	const late = statusError(429, { 'retry-after': '3600' }, text);
	expect((await shown(late)).message).toContain('It asks to wait 60 minutes');
});

test.each([
	['Slow down', 'Slow down.'],
	['Slow down.', 'Slow down.'],
	['Slow down!', 'Slow down!'],
	['请稍后再试。', '请稍后再试。'],
])(
	'What the service said, such as %j, ends with one mark before what follows',
	async (said, end) => {
		const late = statusError(429, { 'retry-after': '3600' }, body(said));
		const { message } = await shown(late);
		expect(message).toContain(`: ${end} It asks to wait`);
		const streaming = { ...contextOf(), isStreaming: () => true } as IExecuteFunctions;
		const { description } = await toLastError(streaming, statusError(402, {}, body(said)), 0);
		expect(description).toContain(`: ${end} Top up`);
	},
);
