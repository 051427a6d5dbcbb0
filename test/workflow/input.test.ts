import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';

import { imageFile, itemWith, startHarness, type Harness } from './harness';
import { expectRefusal, model, PRO, tryItem } from './refusal';

let harness: Harness;
beforeAll(async () => {
	harness = await startHarness();
});
afterAll(async () => await harness.close());

const refused = async (field: string, parameters: INodeParameters) =>
	await expectRefusal(harness, field, parameters);

describe('text and choices', () => {
	test.each<[string, INodeParameters, string, RegExp]>([
		['blank prompt', { prompt: ' \n' }, 'Prompt', /^'Prompt' is empty$/],
		[
			'prompt of null',
			{ prompt: '={{ null }}' },
			'Prompt',
			/^'Prompt' is empty: its expression gave nothing$/,
		],
		['prompt of an object', { prompt: '={{ { a: 1 } }}' }, 'Prompt', /takes text, not an object$/],
		['prompt of a list', { prompt: '={{ [1, 2] }}' }, 'Prompt', /takes text, not a list$/],
		['prompt of a boolean', { prompt: '={{ true }}' }, 'Prompt', /takes text, not a boolean$/],
		['blank model', model(' '), 'Model', /^'Model' is empty$/],
		[
			'model of an object',
			model('={{ { a: 1 } }}'),
			'Model',
			/^'Model' takes text, not an object$/,
		],
		['wrong ratio', { aspectRatio: '1:8' }, 'Aspect Ratio', /Ratio '1:8'; it takes 1:1, .*21:9$/],
		['ratio of any text', { aspectRatio: '=wide' }, 'Aspect Ratio', /'wide'; it takes 1:1, /],
		[
			'ratio of an object',
			{ aspectRatio: '={{ {} }}' },
			'Aspect Ratio',
			/takes text, not an object$/,
		],
		['wrong size', { imageSize: '4K' }, 'Image Size', /the Image Size '4K'; it takes 1K$/],
		['size of 1k', { ...model(PRO), imageSize: '=1k' }, 'Image Size', /'1k'; it takes 1K, 2K, 4K$/],
		[
			'size of 512 on Pro',
			{ ...model(PRO), imageSize: '512' },
			'Image Size',
			/'512'; it takes 1K, 2K, 4K$/,
		],
		['size of a list', { imageSize: '={{ ["1K"] }}' }, 'Image Size', /takes text, not a list$/],
		[
			'system message of an object',
			{ options: { systemMessage: '={{ {} }}' } },
			'System Message',
			/takes text, not an object$/,
		],
	])('A %s is refused before anything is sent', async (_what, parameters, field, expected) => {
		expect((await refused(field, parameters)).message).toMatch(expected);
	});

	const images = 'auto, binary, binaryAndUrl, url';
	test.each([
		['imageToImage', '=Binary', `"Binary"; it takes ${images}`],
		['imageToImage', '=none', `"none"; it takes ${images}`],
		['imageToImage', '={{ null }}', `""; it takes ${images}`],
		['chat', '=file', `"file"; it takes ${images}, none`],
	])(
		'The operation %s refuses the Image Source %s and says what it takes',
		async (operation, imageSource, expected) => {
			const { message } = await refused('Image Source', { operation, imageSource });
			expect(message).toBe(`'Image Source' does not take ${expected}`);
		},
	);

	test('An unknown model is sent as it is, with any ratio and size', async () => {
		const { item, requests } = await tryItem(harness, {
			...model(' gemini-9-image '),
			aspectRatio: '=7:5',
			imageSize: '=8K',
		});
		expect(requests).toHaveLength(1);
		expect(requests[0]?.body).toMatchObject({
			model: 'gemini-9-image',
			image_config: { aspect_ratio: '7:5', image_size: '8K' },
		});
		expect(item?.json.error).toMatch(/the price of the model is not set \(model: gemini-9-image\)/);
	});
});

describe('text on the wire', () => {
	/** The last code unit of a fox is missing. */
	const CUT = 'A \ud83e';
	const WHOLE = 'A \ufffd';
	const sent = async (parameters: INodeParameters, input?: INodeExecutionData) => {
		const { requests } = await tryItem(harness, parameters, input);
		expect(requests).toHaveLength(1);
		return requests[0]!.body as { messages: unknown; prompt: unknown; seed: unknown };
	};
	const parts = (text: string) => [{ type: 'text', text }];

	test.each([
		['at its end', 'A fox \ud83e', 'A fox \ufffd'],
		['at its start', '\udd8a A fox', '\ufffd A fox'],
		['twice', '\ud83e\ud83e \udd8a', '\ufffd\ufffd \ufffd'],
		['nowhere', 'A 🦊 fox', 'A 🦊 fox'],
		['nowhere, but tells of it', 'Write \\ud83e and \\\\ud83e', 'Write \\ud83e and \\\\ud83e'],
	])(
		'A prompt that is cut inside an emoji %s is sent as well-formed text',
		async (_at, prompt, expected) => {
			const { messages } = await sent({ prompt });
			expect(messages).toEqual([{ role: 'user', content: expected }]);
			const images = { options: { endpoint: 'images' } };
			expect((await sent({ prompt, ...images })).prompt).toBe(expected);
		},
	);

	test('A prompt that is cut inside an emoji is sent as well-formed text beside an image', async () => {
		const input = await itemWith(harness.engine, { data: await imageFile() });
		const { messages } = await sent({ operation: 'imageToImage', prompt: CUT }, input);
		const image = {
			type: 'image_url',
			image_url: { url: expect.stringContaining('sha256=') as string },
		};
		expect(messages).toEqual([{ role: 'user', content: [...parts(WHOLE), image] }]);
	});

	test('A system message that is cut inside an emoji is sent as well-formed text', async () => {
		const { messages } = await sent({ options: { systemMessage: CUT } });
		expect(messages).toContainEqual({ role: 'system', content: WHOLE });
	});

	test.each<[string, (messages: object[]) => unknown]>([
		['a list', (messages) => `={{ ${JSON.stringify(messages)} }}`],
		['JSON as text', (messages) => JSON.stringify(messages)],
	])(
		'Chat History that is cut inside an emoji is sent as well-formed text: %s',
		async (_form, write) => {
			const history = write([
				{ role: 'user', content: CUT },
				{ role: 'user', content: parts(CUT) },
				{ role: 'assistant', content: CUT },
			]);
			const { messages } = await sent({
				operation: 'chat',
				options: { history },
			} as INodeParameters);
			expect(messages).toEqual([
				{ role: 'user', content: WHOLE },
				{ role: 'user', content: parts(WHOLE) },
				{ role: 'assistant', content: WHOLE },
				{ role: 'user', content: 'A fox' },
			]);
		},
	);

	test('An Extra Body that is cut inside an emoji is sent as well-formed text, its names too', async () => {
		const extraBody = JSON.stringify({ seed: [CUT, { [CUT]: CUT }] });
		expect((await sent({ options: { extraBody } })).seed).toEqual([WHOLE, { [WHOLE]: WHOLE }]);
	});
});

describe('numbers', () => {
	const count = (numberOfImages: unknown) => ({ numberOfImages }) as INodeParameters;
	const option = (name: string, value: unknown) =>
		({ options: { [name]: value } }) as INodeParameters;

	test.each<[string, INodeParameters, string, string]>([
		['Number of Images', count(0), '0', 'a whole number from 1 to 10'],
		['Number of Images', count(11), '11', 'a whole number from 1 to 10'],
		['Number of Images', count('abc'), '"abc"', 'a whole number from 1 to 10'],
		['Number of Images', count(2.5), '2.5', 'a whole number from 1 to 10'],
		['Number of Images', count('={{ [3] }}'), '[3]', 'a whole number from 1 to 10'],
		['Timeout', option('timeout', 0), '0', 'a number from 0.1 to 2147483'],
		['Timeout', option('timeout', 'x'), '"x"', 'a number from 0.1 to 2147483'],
		['Timeout', option('timeout', '={{ {} }}'), '{}', 'a number from 0.1 to 2147483'],
		['Timeout', option('timeout', 3_000_000), '3000000', 'a number from 0.1 to 2147483'],
		['Max Retries', option('maxRetries', -1), '-1', 'a whole number of at least 0'],
		['Max Retries', option('maxRetries', 0.5), '0.5', 'a whole number of at least 0'],
		['Max Concurrency', option('maxConcurrency', 0), '0', 'a whole number of at least 1'],
		['Max Concurrency', option('maxConcurrency', 'all'), '"all"', 'a whole number of at least 1'],
		['Max Tokens', option('maxTokens', 0), '0', 'a whole number of at least 1'],
		['Temperature', option('temperature', 2.1), '2.1', 'a number from 0 to 2'],
		['Top P', option('topP', -0.1), '-0.1', 'a number from 0 to 1'],
		['Top K', option('topK', 1.5), '1.5', 'a whole number of at least 1'],
	])('The field %s refuses %j and says what it takes', async (field, parameters, value, taken) => {
		const { message } = await refused(field, parameters);
		expect(message).toBe(`'${field}' does not take ${value}; it takes ${taken}`);
	});
});

describe('JSON', () => {
	const history = (value: unknown) =>
		({ operation: 'chat', options: { history: value } }) as INodeParameters;
	const extra = (value: unknown) => ({ options: { extraBody: value } }) as INodeParameters;

	test.each<[string, INodeParameters, string, RegExp]>([
		['bad JSON', history('[{'), 'Chat History', /^'Chat History' is not valid JSON: ./],
		['an object', history('{"role":"user"}'), 'Chat History', /is not a JSON array$/],
		['a number', history('={{ 5 }}'), 'Chat History', /is not a JSON array$/],
		['a list of texts', history('["hi"]'), 'Chat History', /^Message 1 of 'Chat History' is not/],
		[
			'a wrong role',
			history([
				{ role: 'user', content: 'hi' },
				{ role: 'bot', content: 'hi' },
			]),
			'Chat History',
			/^Message 2 of 'Chat History' has the role "bot", none of system, user, assistant$/,
		],
		[
			'a list as role',
			history('[{"role":["user"],"content":"hi"}]'),
			'Chat History',
			/^Message 1 of 'Chat History' has the role \["user"\], none of/,
		],
		[
			'no content',
			history('[{"role":"user"}]'),
			'Chat History',
			/^Message 1 of .+ has no content$/,
		],
		['bad JSON', extra('{seed: 7}'), 'Extra Body', /^'Extra Body' is not valid JSON: ./],
		['a list', extra('[1]'), 'Extra Body', /^'Extra Body' is not a JSON object$/],
		['a text', extra('="seed"'), 'Extra Body', /^'Extra Body' is not a JSON object$/],
	])(
		'A JSON option with %s is refused before anything is sent: %j',
		async (_what, parameters, field, expected) => {
			const { message, description } = await refused(field, parameters);
			expect(message).toMatch(expected);
			if (field === 'Chat History' && !message.includes('valid')) {
				expect(description).toContain('system, user or assistant');
			}
		},
	);

	const DEEP = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
	const deepValue = (around: (list: string) => string, levels = 50_000) =>
		`={{ (() => { let list = []; for (let i = 0; i < ${levels}; i++) list = [list]; return ${around('list')}; })() }}`;
	const safety = (values: unknown) =>
		({ options: { safetySettings: { values } } }) as INodeParameters;
	const message = (content: string) => `[{"role":"user","content":${content}}]`;

	test.each<[string, string, INodeParameters]>([
		['Extra Body', 'a text', extra(`{"a":${DEEP}}`)],
		['Extra Body', 'a value', extra(deepValue((list) => `({ a: ${list} })`))],
		['Chat History', 'a text', history(message(DEEP))],
		['Chat History', 'a value', history(deepValue(message))],
		['Safety Settings', 'a value', safety([{ category: deepValue((list) => list) }])],
		[
			'Extra Body',
			'a value that n8n itself can read',
			extra(deepValue((list) => `({ a: ${list} })`, 1500)),
		],
	])(
		'%s that is nested thousands of times is refused by its name, as %s',
		async (field, _as, values) => {
			expect((await refused(field, values)).message).toBe(`'${field}' is nested too deep`);
		},
	);

	test('A value that holds itself is refused by the name of its field', async () => {
		const circle = '={{ (() => { const a = {}; a.a = a; return a; })() }}';
		expect((await refused('Extra Body', extra(circle))).message).toBe(
			"'Extra Body' is nested too deep",
		);
	});
});
