import type { ILoadOptionsFunctions } from 'n8n-workflow';

import { GeminiImage } from '../../index';
import { startEmulator, type Emulator } from '../emulator';

/** The editor's context: the model list asks for nothing but credentials and the HTTP helper. */
function contextFor(emulator: Emulator, profile?: string): ILoadOptionsFunctions {
	return {
		getCredentials: async () => ({ apiKey: emulator.apiKey, baseUrl: emulator.baseUrl(profile) }),
		helpers: {
			async httpRequestWithAuthentication(
				_type: string,
				{ url, disableFollowRedirect }: { url: string; disableFollowRedirect?: boolean },
			) {
				const response = await fetch(url, {
					headers: { authorization: emulator.apiKey },
					redirect: disableFollowRedirect ? 'manual' : 'follow',
				});
				if (!response.ok) throw new Error(`Request failed with ${response.status}`);
				return await response.json();
			},
		},
	} as unknown as ILoadOptionsFunctions;
}

describe('model list', () => {
	const { searchModels } = new GeminiImage().methods.listSearch;
	let emulator: Emulator;

	beforeAll(async () => {
		emulator = await startEmulator();
	});
	afterAll(async () => await emulator.close());

	const search = async (profile?: string, filter?: string) =>
		(await searchModels.call(contextFor(emulator, profile), filter)).results;

	const known = [
		'gemini-2.5-flash-image',
		'gemini-3.0-pro-image-preview',
		'gemini-3.1-flash-image-preview',
	];

	test('the three known models come first, with what they are good at', async () => {
		const results = await search();
		expect(results.slice(0, 3).map(({ value }) => value)).toEqual(known);
		expect(results.slice(0, 3).every(({ description }) => description)).toBe(true);
		expect(results.every(({ value }) => /gemini.*image/.test(String(value)))).toBe(true);
	});

	test.each(['models-empty', 'no-image-models'])('they are there with %s too', async (profile) => {
		expect((await search(profile)).map(({ value }) => value)).toEqual(known);
	});

	test.each([
		['pro', ['gemini-3.0-pro-image-preview']],
		['2.5 FLASH', ['gemini-2.5-flash-image']],
		['nothing like it', []],
	])('a search for %s', async (filter, expected) => {
		expect((await search(undefined, filter)).map(({ value }) => value)).toEqual(expected);
	});

	test('the key follows no redirect', async () => {
		await expect(search('redirect')).rejects.toThrow('307');
	});

	test('a failure is not hidden behind the known models', async () => {
		await expect(search('status-500')).rejects.toThrow('500');
	});
});
