import { NexconnApi } from '../../credentials/NexconnApi.credentials';

const { request, rules = [] } = new NexconnApi().test;
const responseCodes = rules.flatMap(({ type, properties }) =>
	type === 'responseCode' ? [properties as { value: number; message: string }] : [],
);

describe('an answer of 200 to the test of the credential', () => {
	const about200 = responseCodes.filter(({ value }) => value === 200);

	test('The test of the credential has one rule for 200, which says that the key could not be tested', () => {
		expect(about200).toHaveLength(1);
		const { message } = about200[0]!;
		expect(message).toContain('answered 200');
		expect(message).toContain('the key could not be tested');
		expect(message).toContain('web page');
		expect(message).toMatch(/gateway that answers errors with 200/);
		expect(message).toMatch(/Base URL usually ends in \/v1/);
		expect(message).toMatch(/try the node/);
		// Some gateways answer every error with 200, so it may well be right.
		expect(message).not.toMatch(/refused|wrong|invalid/i);
	});

	test('A 200 counts as a failure of the test, as its rules are read for failures alone', () => {
		expect(request.ignoreHttpStatusErrors).toMatchObject({
			ignore: true,
			except: expect.arrayContaining([200]) as number[],
		});
	});

	test('Every status with a rule counts as a failure, and every failure has one rule with words', () => {
		const { except = [] } = request.ignoreHttpStatusErrors as { except?: number[] };
		const ruled = responseCodes.map(({ value }) => value);
		expect([...except].sort()).toEqual([...ruled].sort());
		expect(new Set(ruled).size).toBe(ruled.length);
		for (const { message } of responseCodes) expect(message).toMatch(/^[A-Z].{20,}\.$/);
	});

	test.each([400, 422, 429])(
		'An answer of %i proves that the service has read the request, and passes',
		(status) => {
			const { except = [] } = request.ignoreHttpStatusErrors as { except?: number[] };
			expect(except).not.toContain(status);
		},
	);
});
