import type { ICredentialDataDecryptedObject } from 'n8n-workflow';

import { apiRootOf, NexconnApi } from '../../credentials/NexconnApi.credentials';

const credential = new NexconnApi();
const BASE_URL = 'https://api-xmodel.nexconn.ai/v1';

const authorization = async (values: ICredentialDataDecryptedObject) => {
	const options = await credential.authenticate(values, { url: `${BASE_URL}/models` });
	return options.headers?.Authorization as unknown;
};

describe('the Authorization header', () => {
	test.each([
		['apiKey', 'sk-1', 'sk-1'],
		['apiKey', ' \tsk-1\n', 'sk-1'],
		['apiKey', 'Bearer sk-1', 'Bearer sk-1'],
		[undefined, 'sk-1', 'sk-1'],
		['bearer', 'sk-1', 'Bearer sk-1'],
		['bearer', '\nsk-1 ', 'Bearer sk-1'],
		['bearer', 'Bearer sk-1', 'Bearer sk-1'],
		['bearer', ' bearer   sk-1', 'Bearer sk-1'],
		['bearer', 'bearer-of-news', 'Bearer bearer-of-news'],
		['apiKey', 'sk-\r\n1', 'sk-1'],
		['bearer', '\ufeffsk-\u200b1\u00a0\t', 'Bearer sk-1'],
		['apiKey', 'sk\u00ad-\u2028\u041a1', 'sk-1'],
		['apiKey', 'two words é', 'two words é'],
	])(
		'The format %s and the key %j give the Authorization header %j',
		async (authorizationFormat, apiKey, expected) => {
			const values = {
				apiKey,
				baseUrl: BASE_URL,
				...(authorizationFormat && { authorizationFormat }),
			};
			expect(await authorization(values)).toBe(expected);
		},
	);

	test('The Authorization header joins the other headers, and the request itself stays as it was', async () => {
		const request = { url: BASE_URL, method: 'POST' as const, headers: { Accept: 'text/plain' } };
		const values = { apiKey: 'sk-1', authorizationFormat: 'apiKey', baseUrl: BASE_URL };
		expect(await credential.authenticate(values, request)).toEqual({
			...request,
			headers: { Accept: 'text/plain', Authorization: 'sk-1' },
		});
		expect(request.headers).toEqual({ Accept: 'text/plain' });
	});
});

describe('the Base URL', () => {
	const { baseURL } = credential.test.request;
	/** What n8n makes of the expression. */
	const evaluate = (baseUrl: string): unknown =>
		new Function('$credentials', `return ${String(baseURL).replace(/^=\{\{|\}\}$/g, '')}`)({
			baseUrl,
		});

	test.each([
		[BASE_URL, BASE_URL],
		[`${BASE_URL}/`, BASE_URL],
		[`${BASE_URL}//`, BASE_URL],
		[` ${BASE_URL} \n`, BASE_URL],
		[`${BASE_URL}/ `, BASE_URL],
		[`${BASE_URL}/chat/completions`, BASE_URL],
		[`${BASE_URL}/chat/completions/`, BASE_URL],
		[` ${BASE_URL}//chat/completions// `, BASE_URL],
		['http://127.0.0.1:3000/busy/v1/', 'http://127.0.0.1:3000/busy/v1'],
		['http://localhost:3000', 'http://localhost:3000'],
		['https://proxy.example/chat/completions/v1', 'https://proxy.example/chat/completions/v1'],
	])('The Base URL %j leads to %s, in requests as in the test', (baseUrl, expected) => {
		expect(apiRootOf({ baseUrl })).toBe(expected);
		expect(evaluate(baseUrl)).toBe(expected);
	});

	test('The Base URL has the address of Nexconn as its default', () => {
		const field = credential.properties.find(({ name }) => name === 'baseUrl');
		expect(field?.default).toBe(BASE_URL);
	});
});

describe('the test of the credential', () => {
	const { request, rules = [] } = credential.test;

	test('The test of the credential sends a chat request without messages', () => {
		expect(request).toMatchObject({
			method: 'POST',
			url: '/chat/completions',
			body: { messages: [] },
		});
	});

	test('The test of the credential follows no redirect', () => {
		expect(request.disableFollowRedirect).toBe(true);
	});

	test.each([
		[307, 'redirects'],
		[401, 'Authorization Format'],
		[403, 'Authorization Format'],
		[404, 'Base URL'],
		[503, 'could not be tested'],
	])('The test of the credential answers a %i with a message that says "%s"', (status, field) => {
		const rule = rules.find(
			({ properties }) => 'value' in properties && properties.value === status,
		);
		expect(rule).toMatchObject({
			type: 'responseCode',
			properties: { message: expect.stringContaining(field) as string },
		});
	});
});

test('The credential has a required password as its key, an authorization format and a Base URL', () => {
	expect(credential.name).toBe('nexconnApi');
	expect(credential.properties).toMatchObject([
		{ name: 'apiKey', type: 'string', typeOptions: { password: true }, required: true },
		{
			name: 'authorizationFormat',
			default: 'apiKey',
			options: [{ value: 'apiKey' }, { value: 'bearer' }],
		},
		{ name: 'baseUrl' },
	]);
});
