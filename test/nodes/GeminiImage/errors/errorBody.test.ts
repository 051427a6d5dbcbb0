import { errorOf, parseErrorBody } from '../../../../nodes/GeminiImage/errors/errorBody';

describe('the text of an error reply', () => {
	test.each<[string, string, object]>([
		[
			'as in the reference',
			'{"error":{"message":"Bad ratio","type":"invalid_request_error","code":"invalid_parameters"}}',
			{ message: 'Bad ratio', type: 'invalid_request_error', code: 'invalid_parameters' },
		],
		[
			'without a code',
			'{"error":{"message":"the price of the model is not set (model: x)","type":"quota_exceeded_error"}}',
			{ message: 'the price of the model is not set (model: x)', type: 'quota_exceeded_error' },
		],
		[
			'with a number as code',
			'{"error":{"message":"No","code":1001}}',
			{ message: 'No', code: '1001' },
		],
		[
			'that is flat',
			'{"code":"InvalidKey","message":"No such key","request_id":"r-1"}',
			{ message: 'No such key', code: 'InvalidKey', requestId: 'r-1' },
		],
		['with text as error', '{"error":"not found"}', { message: 'not found' }],
		[
			'of vLLM',
			'{"object":"error","message":"Too long","code":400}',
			{ message: 'Too long', code: '400' },
		],
		['of text in JSON', '"service unavailable"', { message: 'service unavailable' }],
		['of plain text', '  error code: 1010\n', { message: 'error code: 1010' }],
		[
			'of HTML',
			'<html>\n<head><title>502 Bad Gateway</title></head>',
			{ message: '502 Bad Gateway' },
		],
		['of HTML without a title', '<html><body><h1 class="a">Oops</h1></body>', { message: 'Oops' }],
		['of HTML that says nothing', '<html><body></body></html>', {}],
		['that is empty', '', {}],
		['that is an empty object', '{}', {}],
		['that is null', 'null', {}],
		['that is a list', '[]', {}],
		['of JSON that is cut off', '{"error":{"mess', { message: '{"error":{"mess' }],
	])('An error body %s gives exactly what it tells of the error', (_name, text, expected) => {
		const known = Object.entries(parseErrorBody(text)).filter(([, value]) => value !== undefined);
		expect(Object.fromEntries(known)).toEqual(expected);
	});
});

test.each([
	[{ choices: [] }],
	[{ error: null }],
	[{ error: '' }],
	[{ message: 'A cat', choices: [] }],
	[{ code: 0, msg: 'ok', choices: [], usage: { total_tokens: 3 } }],
	[{ message: 'A cat', usage: {} }],
	[{ message: 'ok', data: [{ url: 'https://example.com/cat.png' }] }],
	[{ errors: [] }],
	[{ error: 'none', choices: [] }],
	[{ error: 'null' }],
	[{ error: { message: 'None', code: '<nil>' } }],
	[{ error: 'undefined' }],
	[{ error: 'false' }],
	[{ code: 0, msg: 'success' }],
	[{ success: true, message: 'OK' }],
	[{ code: 1000, message: 'Success', choices: [], usage: {} }],
	[{ success: false }],
	[{ object: 'chat.completion' }],
	['error'],
	[null],
	[[]],
	[['error']],
])('The reply %j is no error', (body) => {
	expect(errorOf(body)).toBeUndefined();
});

/** What gateways say inside a reply that looks good (reference: SHAPES.md), and nested errors. */
test.each<[string, unknown, object]>([
	[
		'OpenAI',
		{ error: { message: 'No', type: 't', code: 'c' } },
		{ message: 'No', type: 't', code: 'c' },
	],
	['flat, with msg', { code: 40301, msg: 'No', data: null }, { message: 'No', code: '40301' }],
	['flat, with message', { code: 1, message: 'No' }, { message: 'No', code: '1' }],
	['flat, with errorMessage', { code: 1002, errorMessage: 'No' }, { message: 'No', code: '1002' }],
	['no success', { success: false, message: 'No' }, { message: 'No' }],
	['no success, with data', { success: false, message: 'No', data: {} }, { message: 'No' }],
	[
		'a message that is an object',
		{ error: { message: { error: { message: 'No' } } } },
		{ message: 'No' },
	],
	[
		'a message that is JSON',
		{ error: { message: '{"error":{"message":"No"}}' } },
		{ message: 'No' },
	],
	[
		'the words of a provider',
		{
			error: {
				message: 'Provider returned error',
				metadata: { raw: '{"error":{"message":"Busy"}}' },
			},
		},
		{ message: 'Provider returned error: Busy' },
	],
	[
		'the words of a provider, which it repeats',
		{ error: { message: 'Google: Busy', metadata: { raw: 'Busy' } } },
		{ message: 'Google: Busy' },
	],
	[
		'Cloudflare',
		{ success: false, errors: [{ code: 7, message: 'No' }] },
		{ message: 'No', code: '7' },
	],
	['FastAPI, as text', { detail: 'No' }, { message: 'No' }],
	['FastAPI, as a list', { detail: [{ loc: ['body'], msg: 'No' }] }, { message: 'No' }],
	['FastAPI, as an object', { detail: { error: 'No', code: 'c' } }, { message: 'No', code: 'c' }],
	['Google', [{ error: { code: 429, message: 'No' } }], { message: 'No', code: '429' }],
	['a list', [{ error: 'No' }], { message: 'No' }],
	['without a reason', { error: true }, {}],
])(
	'An error in the form "%s" is read in a reply and in an error body alike',
	(_name, body, expected) => {
		for (const error of [errorOf(body), parseErrorBody(JSON.stringify(body))]) {
			const known = Object.entries(error ?? {}).filter(([, value]) => value !== undefined);
			expect(error).toBeDefined();
			expect(Object.fromEntries(known)).toEqual(expected);
		}
	},
);

test('Words that stand too deep in an error are not its message', () => {
	const deep = JSON.parse(`${'{"error":'.repeat(5000)}"No"${'}'.repeat(5000)}`) as unknown;
	expect(errorOf(deep)?.message).toBeUndefined();
});
