import { startEmulator, type Emulator } from '../emulator';
import { ABSENT, editorContext, KNOWN, search } from './modelSearch';

describe('a service that gives no list', () => {
	let emulator: Emulator;
	beforeAll(async () => {
		emulator = await startEmulator();
	});
	afterAll(async () => await emulator.close());

	const contextFor = (profile?: string) =>
		editorContext({ apiKey: 'wrong', baseUrl: emulator.baseUrl(profile) });

	test('The list of the emulator has every known model, none of them marked', async () => {
		const results = await search(contextFor());
		expect(results.map(({ value }) => value)).toEqual(
			expect.arrayContaining(KNOWN.map(({ value }) => value)),
		);
		expect(results.filter(({ name }) => name.endsWith(ABSENT))).toEqual([]);
	});

	test.each([
		...['models-empty', 'no-image-models', 'models-need-key', 'status-404', 'status-401'],
		...['status-429', 'status-500', 'status-503', 'html-error', 'text-error', 'empty-error'],
		...['error-200', 'error-200-string', 'big-error', 'key-echo', 'reset-before-headers'],
	])('A list request with profile %s leaves the known models', async (profile) => {
		expect(await search(contextFor(profile))).toEqual(KNOWN);
		expect(emulator.requests.at(-1)).toMatchObject({ profile, path: `/${profile}/v1/models` });
	});

	test('A list request has a timeout of ten seconds, and silence leaves the known models', async () => {
		const context = contextFor('stall-before-headers');
		const { httpRequestWithAuthentication: request } = context.helpers;
		const waits: unknown[] = [];
		context.helpers.httpRequestWithAuthentication = async function (type, options) {
			waits.push(options.timeout);
			return await request.call(this, type, { ...options, timeout: 100 });
		};
		expect(await search(context)).toEqual(KNOWN);
		expect(waits).toEqual([10_000]);
	});

	test.each(['redirect', 'redirect-away'])(
		'A list request with profile %s does not follow the redirect with the key',
		async (profile) => {
			const service = await startEmulator();
			const baseUrl = service.baseUrl(profile);
			expect(await search(editorContext({ apiKey: 'k', baseUrl }))).toEqual(KNOWN);
			expect(service.requests.map(({ path }) => path)).toEqual([`/${profile}/v1/models`]);
			await service.close();
		},
	);

	test.each(['http://127.0.0.1:1/v1', 'nonsense', '', 'ftp://127.0.0.1/v1'])(
		'A list request to nobody at %j leaves the known models',
		async (baseUrl) => {
			expect(await search(editorContext({ apiKey: 'k', baseUrl }))).toEqual(KNOWN);
		},
	);

	test('A node without a credential offers the known models', async () => {
		const context = contextFor();
		context.getCredentials = async () => await Promise.reject(new Error('No credential'));
		expect(await search(context)).toEqual(KNOWN);
	});
});
