import type { RequestListener } from 'node:http';
import { json as readJson } from 'node:stream/consumers';
import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { startHarness, type Harness } from './harness';
import { completion, startService } from './service';
import { model } from './refusal';

interface Answer {
	status: number;
	type?: string;
	body: unknown;
}

let harness: Harness;
let service: Awaited<ReturnType<typeof startService>>;
let answer: Answer;
/** The bodies that the service got. */
let sent: IDataObject[] = [];

const listener: RequestListener = (request, response) => {
	void readJson(request).then((body) => {
		sent.push(body as IDataObject);
		const { status, type = 'application/json' } = answer;
		response.writeHead(status, { 'content-type': type });
		response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
	});
};

beforeAll(async () => {
	harness = await startHarness();
	service = await startService(listener);
});
beforeEach(() => void (sent = []));
afterAll(async () => {
	await service.close();
	await harness.close();
});

const said = (message: string, more: object = {}) => ({ error: { message, ...more } });

async function ask(id: string, told: Answer, parameters: INodeParameters = {}) {
	answer = told;
	const { error } = await harness.run(
		{ operation: 'textToImage', prompt: 'A fox', ...model(id), ...parameters },
		{ credentials: { apiKey: 'sk-0123456789', baseUrl: service.baseUrl } },
	);
	return error!;
}

/** What services say of a model that they do not have, and what ours begins with. */
const ANSWERS: Array<[string, (id: string) => Answer]> = [
	[
		'503 without a price',
		(id) => ({ status: 503, body: said(`the price of the model is not set (model: ${id})`) }),
	],
	[
		'404 with model_not_found',
		(id) => ({
			status: 404,
			body: said(`The model '${id}' does not exist`, { code: 'model_not_found' }),
		}),
	],
	['400 with a sentence', (id) => ({ status: 400, body: said(`${id} is not a valid model ID`) })],
	[
		'503 without a channel',
		(id) => ({ status: 503, body: said(`No available channel for model ${id}`) }),
	],
	[
		'an error inside a 200',
		(id) => ({
			status: 200,
			body: said(`The model ${id} does not exist`, { code: 'model_not_found' }),
		}),
	],
	[
		'an error inside the stream of a 200',
		(id) => ({
			status: 200,
			type: 'text/event-stream',
			body: `data: ${JSON.stringify(said(`No available channel for model ${id}`))}\n\ndata: [DONE]\n\n`,
		}),
	],
];

const TYPOS: Array<[id: string, nearest: string]> = [
	['gemini-2.5-flash-imgae', 'gemini-2.5-flash-image'],
	['gemini-3-pro-imge', 'gemini-3-pro-image'],
	['nano banana pro', 'gemini-3-pro-image'],
	['Nano Banana 2 Lite', 'gemini-3.1-flash-lite-image'],
	['fal-ai/nano-banana/edit', 'gemini-2.5-flash-image'],
];

describe('a model that the service does not offer', () => {
	describe.each(ANSWERS)('answered by %s', (what, answerFor) => {
		test.each(TYPOS)(
			`The message begins with Nexconn not offering the model %s and names %s as the id to set, for ${what}`,
			async (id, nearest) => {
				const told = answerFor(id);
				const { message, description } = await ask(id, told);
				const begin = `Nexconn does not offer the model '${id}'`;
				expect(message.startsWith(begin)).toBe(true);
				if (told.status !== 200) {
					expect(message.startsWith(`${begin} (${told.status}): `)).toBe(true);
				}
				// The first id that is offered is the nearest.
				expect(message.match(/set 'Model' to '([^']*)'/)?.[1]).toBe(nearest);
				expect(message).not.toContain('overloaded');
				expect(description).toMatch(/^[A-Z].*\.$/);
				// Sent as it was given, and once: to repeat it would not help.
				expect(sent.map((body) => body.model)).toEqual([id]);
			},
		);
	});

	test('The words of the service stand in the message, behind ours', async () => {
		const words = 'the price of the model is not set (model: gemini-2.5-flash-imgae)';
		const { message } = await ask('gemini-2.5-flash-imgae', { status: 503, body: said(words) });
		expect(message).toContain(
			`Nexconn does not offer the model 'gemini-2.5-flash-imgae' (503): ${words}`,
		);
	});

	test('The message on a model that has been followed names its successor, as no other spelling helps', async () => {
		const { message } = await ask('gemini-2.5-flash-image', {
			status: 404,
			body: said('model_not_found'),
		});
		expect(message).toMatch(/^Nexconn does not offer the model 'gemini-2\.5-flash-image' \(404\)/);
		expect(message).toMatch(/set 'Model' to 'gemini-nano-banana-2\.1'/);
	});

	test.each(['dall-e-3', 'gpt-image-1', 'flux-pro', 'black-forest-labs/flux.2'])(
		'The message on %s, an id of no Gemini model, guesses none and names the list',
		async (id) => {
			const { message } = await ask(id, { status: 404, body: said('model_not_found') });
			expect(message.startsWith(`Nexconn does not offer the model '${id}' (404)`)).toBe(true);
			expect(message).not.toMatch(/may be meant|set 'Model' to/);
			for (const name of ['Nano Banana 2.1', 'Gemini 3 Pro Image']) expect(message).toContain(name);
			expect(sent.map((body) => body.model)).toEqual([id]);
		},
	);

	test.each([
		['chat', 'chatCompletions'],
		['textToImage', 'images'],
	])('The operation %s says so, too, at the endpoint %s', async (operation, endpoint) => {
		const { message } = await ask(
			'gemini-2.5-flash-imgae',
			{ status: 404, body: said('model_not_found') },
			{ operation, options: { endpoint } },
		);
		expect(message).toMatch(/^Nexconn does not offer the model 'gemini-2\.5-flash-imgae' \(404\)/);
		expect(message).toContain("'gemini-2.5-flash-image'");
	});

	test('A 410 that says that the model has been retired is about the model', async () => {
		const { message } = await ask('gemini-2.5-flash-imgae', {
			status: 410,
			body: said('The model gemini-2.5-flash-imgae has been retired'),
		});
		expect(message).toMatch(/^Nexconn does not offer the model 'gemini-2\.5-flash-imgae' \(410\)/);
		expect(message).toContain("set 'Model' to 'gemini-2.5-flash-image'");
	});

	test('A model id of thousands of characters is cut in the message and sent whole', async () => {
		const id = `gemini-2.5-flash-image${'-x'.repeat(3000)}`;
		const { message } = await ask(id, { status: 404, body: said('model_not_found') });
		expect(message).toMatch(/^Nexconn does not offer the model 'gemini-2\.5-flash-image/);
		expect(message.length).toBeLessThan(1000);
		expect(sent.map((body) => body.model)).toEqual([id]);
	});
});

describe('an answer that does not speak of the model', () => {
	const retriesOff = { options: { maxRetries: 0 } };

	test.each([404, 503, 502, 400])(
		'A plain %i for an id that looks like a slip says what the status says, and then names the nearest id',
		async (status) => {
			const { message } = await ask(
				'gemini-2.5-flash-imgae',
				{ status, body: '', type: 'text/plain' },
				retriesOff,
			);
			expect(message).not.toMatch(/^Nexconn does not offer/);
			expect(message).toContain(`(${status})`);
			expect(message).toContain("'gemini-2.5-flash-imgae'");
			expect(message.match(/set 'Model' to '([^']*)'/)?.[1]).toBe('gemini-2.5-flash-image');
		},
	);

	test.each([404, 503, 502, 400])(
		'A plain %i for an id that is known says nothing of another id',
		async (status) => {
			const { message } = await ask(
				'gemini-2.5-flash-image',
				{ status, body: '', type: 'text/plain' },
				retriesOff,
			);
			expect(message).not.toMatch(/does not offer the model|set 'Model'/);
		},
	);

	test.each([401, 402, 413, 429, 500, 504])(
		'A %i for an id that looks like a slip does not speak of the id, which is not to blame',
		async (status) => {
			const { message } = await ask(
				'gemini-2.5-flash-imgae',
				{ status, body: said('The model does not exist') },
				retriesOff,
			);
			expect(message).not.toMatch(/^Nexconn does not offer|set 'Model' to/);
		},
	);

	test.each([
		['a market name', 'Nano Banana Pro'],
		['a typo', 'gemini-2.5-flash-imgae'],
		['another service', 'google/gemini-2.5-flash-image:free'],
		['capitals', 'GEMINI-2.5-Flash-Image'],
		['another path', 'models/gemini-3-pro-image'],
	])('An id with %s is sent as it was given where the service takes it', async (_what, id) => {
		const error = await ask(
			id,
			{ status: 200, body: completion({ content: 'Hello' }) },
			{ operation: 'chat' },
		);
		expect(error).toBeUndefined();
		expect(sent.map((body) => body.model)).toEqual([id]);
	});
});

describe('statuses that a proxy sends', () => {
	const OTHERS = [405, 407, 408, 409, 410, 415, 418, 431, 451, 499, 511, 520];

	test.each(OTHERS)(
		'An answer with the status %i does not have the words of 400 and tells where to look',
		async (status) => {
			const { message, description, httpCode } = (await ask('gemini-3-pro-image', {
				status,
				body: '',
				type: 'text/plain',
			})) as Error & { description: string; httpCode: string };
			expect(message).toContain(`(${status})`);
			expect(message).not.toContain('did not accept the request');
			expect(description).not.toContain('Change the parameter');
			expect(description).toMatch(/^[A-Z].*\.$/);
			expect(httpCode).toBe(String(status));
			expect(sent).toHaveLength(1);
		},
	);

	test.each([407, 511])(
		'A %i says that n8n has to sign in at a proxy or network',
		async (status) => {
			const { message, description } = await ask('gemini-3-pro-image', { status, body: '' });
			expect(message).toMatch(/wants n8n to sign in/);
			expect(description).toMatch(/proxy/);
		},
	);

	test.each([408, 499, 520])(
		'A %i, behind which the model may have drawn, does not say that nothing was billed',
		async (status) => {
			const { message, description } = await ask('gemini-3-pro-image', { status, body: '' });
			expect(`${message} ${description}`).not.toMatch(/nothing/i);
		},
	);
});
