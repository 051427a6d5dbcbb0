import type { INodeType } from 'n8n-workflow';

import { NexconnApi } from '../../index';
import { startHarness, type Harness } from './harness';
import { startService } from './service';

const credential = new NexconnApi();

/** What n8n's credential tester makes of a test request: a node that routes it. */
const testerNode: INodeType = {
	description: {
		displayName: 'Credential Tester',
		name: 'credentialTester',
		group: ['transform'],
		version: 1,
		description: '',
		defaults: { name: 'Credential Tester' },
		inputs: ['main'],
		outputs: ['main'],
		credentials: [{ name: credential.name, required: true }],
		properties: [
			{
				displayName: 'Temp',
				name: 'temp',
				type: 'string',
				default: '',
				routing: { request: credential.test.request },
			},
		],
	},
};

/** Runs the test request through n8n's routing and judges it by the rules, as the tester does. */
async function testCredential(harness: Harness, values: object): Promise<string> {
	const { error } = await harness.engine.run(
		{
			nodes: [
				{
					id: '1',
					name: 'Tester',
					type: 'n8n-nodes-nexconn.credentialTester',
					typeVersion: 1,
					position: [0, 0],
					parameters: {},
					credentials: { nexconnApi: { id: '1', name: 'Nexconn account' } },
				},
			],
			connections: {},
		},
		{ credentials: { apiKey: '', baseUrl: '', authorizationFormat: 'apiKey', ...values } },
	);
	if (!error) return 'passed';
	const rule = credential.test.rules?.find(
		({ type, properties }) =>
			type === 'responseCode' && String(properties.value) === error.httpCode,
	);
	const { code } = (error.cause ?? {}) as { code?: string };
	return rule?.properties.message ?? code ?? error.message;
}

describe('form of the credential', () => {
	const field = (name: string) => credential.properties.find((property) => property.name === name);

	test('The API key field says where a key comes from and what it looks like', () => {
		expect(field('apiKey')).toMatchObject({
			placeholder: expect.stringMatching(/^e\.g\. /),
			description: expect.stringContaining('https://console.nexconn.ai'),
		});
	});

	test('The Base URL of the credential is required', () => {
		expect(field('baseUrl')).toMatchObject({ required: true });
	});
});

describe('credential test', () => {
	let harness: Harness;

	beforeAll(async () => {
		harness = await startHarness();
		const { engine } = harness;
		engine.addNode(testerNode);
	});
	afterAll(async () => await harness.close());

	/** The test of a credential whose Base URL answers everything like this. */
	async function testAgainst(status: number, type: string, body: string): Promise<string> {
		const service = await startService((request, response) => {
			request.resume().once('end', () => {
				response.writeHead(status, { 'content-type': type }).end(body);
			});
		});
		const values = { apiKey: 'sk-0123456789', baseUrl: service.baseUrl };
		return await testCredential(harness, values).finally(service.close);
	}

	test.each(['apiKey', 'bearer'])(
		'The credential test passes a right key sent as %s, and draws nothing',
		async (format) => {
			const { emulator } = harness;
			const values = { apiKey: ` ${emulator.apiKey} `, authorizationFormat: format };
			expect(await testCredential(harness, { ...values, baseUrl: emulator.baseUrl() })).toBe(
				'passed',
			);
			expect(harness.lastBody()).toEqual({ model: 'gemini-2.5-flash-image', messages: [] });
		},
	);

	test('The credential test passes a Base URL that ends in a pasted endpoint', async () => {
		const { emulator } = harness;
		const baseUrl = `${emulator.baseUrl()}/chat/completions/`;
		expect(await testCredential(harness, { apiKey: emulator.apiKey, baseUrl })).toBe('passed');
	});

	test('The credential test refuses a wrong key and names the Authorization Format', async () => {
		const baseUrl = harness.emulator.baseUrl();
		const result = await testCredential(harness, { apiKey: 'wrong', baseUrl });
		expect(result).toContain('Authorization Format');
	});

	test.each([
		['raw-key-only', 'bearer'],
		['bearer-only', 'apiKey'],
	])(
		'The credential test with profile %s refuses the Authorization Format %s and names it',
		async (profile, authorizationFormat) => {
			const { emulator } = harness;
			const values = { apiKey: emulator.apiKey, authorizationFormat };
			const result = await testCredential(harness, {
				...values,
				baseUrl: emulator.baseUrl(profile),
			});
			expect(result).toContain('Authorization Format');
		},
	);

	test.each([
		['redirect', 'redirects'],
		['status-502', 'could not be tested'],
	])(
		'The credential test does not pass with profile %s, and says why',
		async (profile, message) => {
			const { apiKey, baseUrl } = harness.emulator;
			expect(await testCredential(harness, { apiKey, baseUrl: baseUrl(profile) })).toContain(
				message,
			);
		},
	);

	test.each([
		['', 'is empty'],
		[' \n', 'is empty'],
		['api.example.com/v1', "'api.example.com/v1' is no http(s) address"],
		['localhost:8080/v1', "'localhost:8080/v1' is no http(s) address"],
		['file:///etc/passwd', "'file:///etc/passwd' is no http(s) address"],
		['http://', "'http:' is no http(s) address"],
		['https://exa mple.com/v1', "'https://exa mple.com/v1' is no http(s) address"],
	])(
		'The credential test says what is wrong with the Base URL %j, and sends nothing',
		async (baseUrl, what) => {
			const { emulator } = harness;
			const before = emulator.requests.length;
			const result = await testCredential(harness, { apiKey: emulator.apiKey, baseUrl });
			expect(result).toBe(`The Base URL of the credential ${what}`);
			expect(emulator.requests).toHaveLength(before);
		},
	);

	test.each<[string, string, string]>([
		['a web page', 'text/html', '<!doctype html><html><title>New API</title></html>'],
		['an error', 'application/json', '{"error":{"message":"Invalid token","code":401}}'],
		['a completion', 'application/json', '{"choices":[{"message":{"content":"Hello"}}]}'],
		['nothing', 'text/plain', ''],
	])(
		'The credential test does not pass where the service answers 200 with %s, and names /v1',
		async (_what, type, body) => {
			expect(await testAgainst(200, type, body)).toMatch(
				/^The service answered 200, so the key could not be tested\..*\/v1/,
			);
		},
	);

	test.each([201, 204, 407, 410, 501, 511, 520, 521, 522, 523, 524, 525, 526, 530])(
		'The credential test does not pass if the service answers %i, as nobody has looked at the key',
		async (status) => {
			const body = status === 204 ? '' : '<html></html>';
			expect(await testAgainst(status, 'text/html', body)).not.toBe('passed');
		},
	);

	test('The credential test refuses a Base URL without an API, and names it', async () => {
		const { emulator } = harness;
		const baseUrl = `${emulator.origin}/nothing/here`;
		expect(await testCredential(harness, { apiKey: emulator.apiKey, baseUrl })).toContain(
			'Base URL',
		);
	});
});
