import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import { createReplyReducer } from '../../../../nodes/GeminiImage/reply/reply';
import { createPlaceholders } from '../../../../nodes/GeminiImage/reply/prose';
import { thrownBy } from '../../helpers';

const placeholders = createPlaceholders();
const image = (index = 0) => `data:image/png;base64,${placeholders.of(index)}`;

/** What the node makes of the JSON values of one reply. */
function reduce(...values: unknown[]) {
	const texts: string[] = [];
	const reducer = createReplyReducer(placeholders, (text) => texts.push(text));
	for (const value of values) reducer.add(value);
	const { said, addresses, drafts, failure } = reducer.end();
	if (failure) throw failure;
	return { ...said, addresses, drafts, texts };
}

const message = (fields: object, choice: object = {}) => ({
	choices: [{ index: 0, message: { role: 'assistant', ...fields }, ...choice }],
});
const delta = (fields: object, choice: object = {}) => ({
	object: 'chat.completion.chunk',
	choices: [{ index: 0, delta: fields, finish_reason: null, ...choice }],
});
/** An image in a list of images or a content array. */
const part = (url: string) => ({ type: 'image_url', image_url: { url } });
const usage = { prompt_tokens: 19, completion_tokens: 1322, total_tokens: 1341 };

test('A chat completion is read with its text, its reasoning, its finish reasons and its usage', () => {
	const reply = {
		id: 'chatcmpl-1',
		object: 'chat.completion',
		created: 1764574464,
		model: 'gemini-2.5-flash-image',
		...message(
			{
				content: 'A cat.',
				reasoning_content: '**Thinking**',
				images: [part(image())],
			},
			{ finish_reason: 'stop', native_finish_reason: 'STOP' },
		),
		usage,
	};
	expect(reduce(reply)).toEqual({
		id: 'chatcmpl-1',
		model: 'gemini-2.5-flash-image',
		created: 1764574464,
		text: 'A cat.',
		reasoning: '**Thinking**',
		finishReason: 'stop',
		nativeFinishReason: 'STOP',
		usage,
		addresses: [],
		drafts: new Set(),
		texts: ['A cat.'],
	});
});

test('The chunks of a stream are put together to one reply', () => {
	const reply = reduce(
		{ id: 'c1', model: 'm', created: 5, ...delta({ role: 'assistant', content: '' }) },
		{ id: 'c2', ...delta({ reasoning_content: 'First' }) },
		delta({ reasoning_content: ', then' }),
		delta({ content: 'A ' }, { finish_reason: '' }),
		delta({ content: 'cat.', images: [{ image_url: { url: image() }, index: 0 }] }),
		delta({}, { finish_reason: 'stop' }),
		{ choices: [], usage },
	);
	expect(reply).toMatchObject({
		id: 'c1',
		model: 'm',
		created: 5,
		text: 'A cat.',
		reasoning: 'First, then',
		finishReason: 'stop',
		usage,
		texts: ['A ', 'cat.'],
	});
});

test('An images reply is read with its time and its usage, and has no text', () => {
	const images = {
		created: 7,
		data: [{ b64_json: placeholders.of(0) }],
		output_format: 'png',
		usage,
	};
	expect(reduce(images)).toMatchObject({ id: null, created: 7, text: '', usage, addresses: [] });
});

describe('text', () => {
	test.each<[string, unknown[], string]>([
		['content that is null', [message({ content: null })], ''],
		['no content', [message({})], ''],
		['a message that is null', [{ choices: [{ message: null }] }], ''],
		[
			'content in parts',
			[message({ content: [{ type: 'text', text: 'A ' }, { text: 'cat' }] })],
			'A cat',
		],
		[
			'parts with an image',
			[
				message({
					content: [{ type: 'text', text: 'Hi' }, part(image())],
				}),
			],
			'Hi',
		],
		[
			'parts of unknown kinds',
			[message({ content: [null, 7, { type: 'audio' }, { text: 'A' }] })],
			'A',
		],
		['markdown of an image', [message({ content: `Here:\n\n![image](${image()})` })], 'Here:'],
		[
			'blanks alone between two images',
			[
				message({
					content: [
						{ text: 'One' },
						part(image()),
						{ text: ' \n' },
						part(image(1)),
						{ text: 'Two' },
					],
				}),
			],
			'One\n\nTwo',
		],
		['zero-width spaces alone', [message({ content: '\u200b\n\u200b' })], ''],
		['words alone as parts', [message({ content: ['One', part(image()), 'Two'] })], 'One\n\nTwo'],
		[
			'markdown whose image came in a piece of its own',
			[delta({ content: 'Here: ![a cat](' }), delta({ content: image() }), delta({ content: ')' })],
			'Here:',
		],
		[
			'white space around its text',
			[delta({ content: '\n\nA' }), delta({ content: ' cat\n' })],
			'A cat',
		],
		['the old completion shape', [{ choices: [{ text: 'A cat' }] }], 'A cat'],
		['no choices', [{ choices: null }, { choices: [] }, {}], ''],
		[
			'two choices',
			[
				{
					choices: [
						{ index: 0, message: { content: 'One' } },
						{ index: 1, message: { content: 'Two' } },
					],
				},
			],
			'One\n\nTwo',
		],
		[
			'two choices in mixed pieces',
			[
				delta({ content: 'O' }),
				delta({ content: 'T' }, { index: 1 }),
				delta({ content: 'ne' }),
				delta({ content: 'wo' }, { index: 1 }),
			],
			'One\n\nTwo',
		],
		[
			'two choices without numbers',
			[{ choices: [{ message: { content: 'One' } }, { message: { content: 'Two' } }] }],
			'One\n\nTwo',
		],
	])('The text of a reply with %s is read right', (_name, values, text) => {
		expect(reduce(...values).text).toBe(text);
	});
});

test.each([
	['reasoning_content', { reasoning_content: 'Hm' }, 'Hm'],
	['reasoning', { reasoning: 'Hm' }, 'Hm'],
	['both fields with the same text', { reasoning: 'Hm', reasoning_content: 'Hm' }, 'Hm'],
	['null', { reasoning_content: null, reasoning: null }, null],
	['empty text', { reasoning_content: '' }, null],
	['text with an image in it', { reasoning_content: `Hm ![draft](${image()})` }, 'Hm '],
])('Reasoning that comes as %s is read right', (_name, fields, reasoning) => {
	expect(reduce(delta(fields)).reasoning).toBe(reasoning);
});

test.each<[string, unknown[], object | null]>([
	['that is null', [{ ...message({}), usage: null }], null],
	['that is missing', [message({})], null],
	[
		'on the first chunk',
		[
			{ ...delta({}), usage },
			{ ...delta({}), usage: null },
		],
		usage,
	],
	[
		'on each chunk (of which the last counts)',
		[
			{ ...delta({}), usage: { total_tokens: 1 } },
			{ ...delta({}), usage },
		],
		usage,
	],
	[
		'with fields that nobody knows',
		[{ data: [], usage: { ti_quantity: 1, extra: { a: [] } } }],
		{ ti_quantity: 1, extra: { a: [] } },
	],
])('Usage %s is read right', (_name, values, expected) => {
	expect(reduce(...values).usage).toEqual(expected);
});

test.each([
	['the flat form of an error', { code: 1, message: 'no quota' }, /no quota/],
	['an error of another service', { detail: 'x' }, /reported an error in its reply: x/],
	['an answer of another service', { status: 'up' }, /not a reply/],
	['an error with msg', { code: 40301, msg: 'no quota', data: null }, /reply: no quota/],
	['an error with errorMessage', { code: 1, errorMessage: 'no quota' }, /reply: no quota/],
	['success: false', { success: false, message: 'no quota' }, /reply: no quota/],
	[
		'an error as content',
		message({ content: '[Error] model_not_found' }),
		/reply: model_not_found/,
	],
	['nothing in it', {}, /not a reply/],
	['a task', { task_id: 't', data: null }, /started a task/],
	['a task in data', { code: 0, data: { task_id: 't' } }, /started a task/],
	['a task in a list', { code: 200, data: [{ status: 'queued', task_id: 't' }] }, /started a task/],
])('A reply with %s fails, and the message tells why', (_name, value, message) => {
	expect(() => reduce(value)).toThrow(message);
});

describe('images that the reply only links', () => {
	const url = 'https://example.com/cat.png';
	test.each<[string, unknown[], string[]]>([
		['to be none if images[] is null', [message({ images: null })], []],
		['to be none if the lists are empty', [message({ images: [] }), { data: [] }], []],
		['in images[]', [message({ images: [part(url)] })], [url]],
		['in images[] without an object', [message({ images: [{ image_url: url }] })], [url]],
		['as plain text in images[]', [message({ images: [url] })], [url]],
		['in data[]', [{ data: [{ url }] }], [url]],
		['in data[] if b64_json is empty', [{ data: [{ url, b64_json: '' }] }], [url]],
		['in data[] if b64_json is null', [{ data: [{ b64_json: null, url }] }], [url]],
		['in data if it is one object', [{ data: { url } }], [url]],
		['in an event of the images endpoint', [{ b64_json: url }], [url]],
		['in a content part that is plain text', [message({ content: [{ image_url: url }] })], [url]],
		['in a content part', [message({ content: [part(url)] })], [url]],
		[
			'once if they come twice',
			[delta({ images: [part(url)] }), delta({ images: [part(url)] })],
			[url],
		],
		['in their order', [message({ images: [part(`${url}?2`), part(url)] })], [`${url}?2`, url]],
		['beside an image that it carries', [message({ images: [part(image()), part(url)] })], [url]],
		[
			'to be none if the entries are empty',
			[message({ images: [{}, null, { image_url: null }, { image_url: {} }] })],
			[],
		],
		[
			'to be none if more stands behind an image',
			[message({ images: [part(`${image()} A`)] })],
			[],
		],
	])('The images that a reply only links are found %s', (_name, values, expected) => {
		expect(reduce(...values).addresses).toEqual(expected);
	});

	test.each([
		['base64 that is no image', { data: [{ b64_json: 'aGVsbG8gd29ybGQ=' }] }],
		['an elided data URL', message({ images: [part('data:image/png;base64,iVBORw0KGgo...')] })],
		['a file address', message({ images: [part('file:///etc/passwd')] })],
	])('A reply with %s in the place of an image is an error', (_name, value) => {
		expect(thrownBy(() => reduce(value)).message).toBe(
			'The service sent something that is not an image in the place of one',
		);
	});
});

describe('a reply that says that the call failed', () => {
	const SAID = 'The service reported an error in its reply: ';
	test.each<[string, unknown, string, object]>([
		[
			'in the form of OpenAI',
			{ error: { message: 'Overloaded', type: 'server_error', code: 'busy' } },
			'Overloaded',
			{ type: 'server_error', code: 'busy' },
		],
		['with a number as code', { error: { message: 'No', code: 503 } }, 'No', { code: '503' }],
		['as plain text', { error: 'Overloaded' }, 'Overloaded', {}],
		[
			'in the form of vLLM',
			{ object: 'error', message: 'Overloaded', code: 500 },
			'Overloaded',
			{ code: '500' },
		],
		['without a reason', { error: true }, 'no reason given', {}],
		['beside choices', { ...delta({ content: 'A' }), error: { message: 'Cut' } }, 'Cut', {}],
	])(
		'An error %s in a reply fails the call, and nothing is repeated',
		(_name, value, said, details) => {
			const error = thrownBy(() => reduce(delta({ content: 'Hi' }), value)) as ApiError;
			expect(error).toBeInstanceOf(ApiError);
			expect(error.message).toBe(SAID + said);
			expect(error.details).toMatchObject({ httpCode: '200', ...details });
			expect(error.retryAfterMs).toBeUndefined();
		},
	);

	test.each([
		...[null, '', false, {}, [], { message: '', type: '', param: null, code: null }].map(
			(error) => ({ error }),
		),
		{ error: { code: 0 } },
		{ errors: [] },
	])('A reply with %j has not failed', (field) => {
		expect(reduce({ ...message({ content: 'A cat' }), ...field }).text).toBe('A cat');
	});

	test('A reply that starts a task instead of giving an image is an error that says so', () => {
		const error = thrownBy(() => reduce({ task_id: 'image-1' })) as ApiError;
		expect(error.message).toBe('The service started a task instead of answering with an image');
		expect(error.description).toContain('Kling');
	});

	test.each([[[]], ['text'], [7], [null]])('A reply that is the JSON %j is an error', (value) => {
		expect(thrownBy(() => reduce(value)).message).toBe(
			'The service answered with JSON that is no reply',
		);
	});
});

test.each([' ', '\n\n', '\u200b', ''])('Text of %j alone takes nothing back', (content) => {
	const { add, progress } = createReplyReducer(placeholders);
	add({ ...delta({ content: 'A cat' }, { finish_reason: 'stop' }), usage });
	expect(progress.isComplete()).toBe(true);
	add(delta({ content }));
	expect(progress.isComplete()).toBe(true);
	add(delta({ content: 'is' }));
	expect(progress.isComplete()).toBe(false);
});

test('Content that reads like an error is text if the reply has usage or other words', () => {
	const content = '[Error] model_not_found';
	expect(reduce({ ...message({ content }), usage }).text).toBe(content);
	expect(reduce(message({ content: `It says: ${content}` })).text).toBe(`It says: ${content}`);
});

describe('drafts', () => {
	const drafts = (...values: unknown[]) => [...reduce(...values).drafts];

	test.each<[string, unknown[], number[]]>([
		[
			'in content and images[] are no drafts',
			[message({ content: image(0), images: [part(image(1))] })],
			[],
		],
		['in reasoning are drafts', [delta({ reasoning: `A ![](${image(3)})` })], [3]],
		[
			'in reasoning_content are drafts',
			[delta({ reasoning_content: image(0) + image(2) })],
			[0, 2],
		],
		[
			'in the text of a thought are drafts',
			[message({ content: [{ text: image(1), thought: true }] })],
			[1],
		],
		[
			'as a thought are drafts',
			[message({ content: [{ ...part(image(1)), thought: true }] })],
			[1],
		],
		[
			'in a part beside a thought are no drafts',
			[message({ content: [{ text: 'Hm', thought: true }, part(image(1))] })],
			[],
		],
		[
			'in partial_image events are drafts',
			[{ type: 'image_generation.partial_image', b64_json: placeholders.of(0) }],
			[0],
		],
		[
			'in completed events are no drafts',
			[{ type: 'image_generation.completed', b64_json: placeholders.of(0) }],
			[],
		],
	])('Images of a reply %s', (_name, values, expected) => {
		expect(drafts(...values)).toEqual(expected);
	});

	test('A part that is a thought is reasoning, not text', () => {
		const content = [{ text: 'Hm', thought: true }, { text: 'A cat' }];
		expect(reduce(message({ content }))).toMatchObject({ text: 'A cat', reasoning: 'Hm' });
	});
});

test('No more than 16 of the images that a reply links are taken', () => {
	const data = Array.from({ length: 40 }, (_, at) => ({ url: `https://example.com/${at}` }));
	expect(reduce({ data }).addresses).toHaveLength(16);
});
