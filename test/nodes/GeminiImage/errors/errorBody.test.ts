import { cleanText, errorOf, parseErrorBody } from '../../../../nodes/GeminiImage/errors/errorBody';

const KEY = 'sk-0123456789abcdef0123456789abcdef';

describe('the text of an error reply', () => {
	test.each<[string, string, object]>([
		[
			'of the reference',
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
			'flat',
			'{"code":"InvalidKey","message":"No such key","request_id":"r-1"}',
			{ message: 'No such key', code: 'InvalidKey', requestId: 'r-1' },
		],
		['with text as error', '{"error":"not found"}', { message: 'not found' }],
		[
			'vLLM',
			'{"object":"error","message":"Too long","code":400}',
			{ message: 'Too long', code: '400' },
		],
		['text in JSON', '"service unavailable"', { message: 'service unavailable' }],
		['plain text', '  error code: 1010\n', { message: 'error code: 1010' }],
		['HTML', '<html>\n<head><title>502 Bad Gateway</title></head>', { message: '502 Bad Gateway' }],
		['HTML without a title', '<html><body><h1 class="a">Oops</h1></body>', { message: 'Oops' }],
		['HTML that says nothing', '<html><body></body></html>', {}],
		['empty', '', {}],
		['an empty object', '{}', {}],
		['null', 'null', {}],
		['a list', '[]', {}],
		['cut JSON', '{"error":{"mess', { message: '{"error":{"mess' }],
	])('%s', (_name, text, expected) => {
		const known = Object.entries(parseErrorBody(text)).filter(([, value]) => value !== undefined);
		expect(Object.fromEntries(known)).toEqual(expected);
	});
});

test.each([
	[{ choices: [] }],
	[{ error: null }],
	[{ error: '' }],
	[{ message: 'A cat', code: 'x' }],
	[{ object: 'chat.completion' }],
	['error'],
	[null],
	[[{ error: 'x' }]],
])('%j is no error', (body) => {
	expect(errorOf(body)).toBeUndefined();
});

describe('foreign text in a message', () => {
	const base64 = Buffer.alloc(300, 7).toString('base64');
	test.each([
		['stays as it is', 'Unknown parameter: "n"', 'Unknown parameter: "n"'],
		['loses the key', `Key ${KEY} is wrong: ${KEY}.`, 'Key *** is wrong: ***.'],
		['loses a data URL', 'Bad image data:image/png;base64,iVBORw0KGgo=', 'Bad image [base64]'],
		['loses base64', `Bad image ${base64}, sorry`, 'Bad image [base64], sorry'],
		['loses URL-safe base64', `Bad image ${'_-aB'.repeat(40)}`, 'Bad image [base64]'],
		[
			'loses base64 with escaped slashes',
			`Bad image ${'aB/cd'.repeat(40).replaceAll('/', '\\/')}!`,
			'Bad image [base64]!',
		],
		[
			'loses base64 in lines',
			`Bad image ${base64.replace(/.{76}/g, '$&\n')}, sorry`,
			'Bad image [base64], sorry',
		],
		[
			'loses base64 in lines as JSON writes them',
			`Bad image ${base64.replace(/.{64}/g, '$&\\r\\n')}, sorry`,
			'Bad image [base64], sorry',
		],
		[
			'loses a data URL in lines',
			`Bad image data:image\\/png;base64,${base64.replace(/.{76}/g, '$&\n')}, sorry`,
			'Bad image [base64], sorry',
		],
		[
			'keeps a long path',
			'Model `projects/my-project-123456/locations/us-central1/publishers/google/models/x` is gone',
			'Model `projects/my-project-123456/locations/us-central1/publishers/google/models/x` is gone',
		],
		['is one line', 'First\r\n\tsecond\n', 'First second'],
		[
			'keeps a long sentence of short words',
			`${'word '.repeat(40)}end`,
			`${'word '.repeat(40)}end`,
		],
	])('%s', (_name, text, expected) => {
		expect(cleanText(text, [KEY])).toBe(expected);
	});

	test('is short', () => {
		const clean = cleanText('many words '.repeat(500));
		expect(clean.length).toBeLessThanOrEqual(301);
		expect(clean.endsWith('…')).toBe(true);
	});

	test('without a key to hide stays as it is', () => {
		expect(cleanText('No key given', [''])).toBe('No key given');
	});
});
