import { startHarness, type Harness } from './harness';

/** What a broken Base URL comes to in a run, which sends nothing. */
describe('a Base URL that leads nowhere', () => {
	let harness: Harness;

	beforeAll(async () => {
		harness = await startHarness();
	});
	afterAll(async () => await harness.close());

	async function fail(baseUrl: string) {
		const credentials = { apiKey: 'secret-key', authorizationFormat: 'apiKey', baseUrl };
		const before = harness.emulator.requests.length;
		const { error } = await harness.run({ prompt: 'A fox' }, { credentials });
		expect(harness.emulator.requests).toHaveLength(before);
		expect(error?.description).toMatch(/Nothing was sent\.$/);
		return error?.message;
	}

	test.each([
		['', 'is empty'],
		[' \n', 'is empty'],
		['api.example.com/v1', "'api.example.com/v1' is no http(s) address"],
		['localhost:8080/v1', "'localhost:8080/v1' is no http(s) address"],
		['file:///etc/passwd', "'file:///etc/passwd' is no http(s) address"],
		['https://exa mple.com/v1', "'https://exa mple.com/v1' is no http(s) address"],
		['https://me:hunter2@api.example.com/v1', "'***@api.example.com/v1' holds a user or password"],
		['https://me@api.example.com', "'***@api.example.com' holds a user or password"],
		['htps://me:hunter@2@api.example.com/v1', "'***@api.example.com/v1' holds a user or password"],
		['https://me:hunter2%40api.example.com', "'***@api.example.com' holds a user or password"],
		['https://me:hunter2＠api.example.com', "'***@api.example.com' holds a user or password"],
		['https://me:hunter2', "'https://me:***' is no http(s) address"],
		['https://me:hunter2 api.example.com/v1', "'https://me:***/v1' is no http(s) address"],
		['me:hunter2@api.example.com', "'***@api.example.com' holds a user or password"],
	])(
		'A run with the Base URL %j says what is wrong with it, and sends nothing',
		async (baseUrl, what) => {
			expect(await fail(baseUrl)).toBe(`The Base URL of the credential ${what}`);
		},
	);

	test('A Base URL of https for a server that speaks http is told as such, and nothing is sent', async () => {
		const baseUrl = harness.emulator.baseUrl().replace('http:', 'https:');
		expect(await fail(baseUrl)).toBe(
			'The service could not be reached: the Base URL begins with https, but the server there does not speak it',
		);
	});
});
