import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';

import type { Harness } from './harness';

export const FLASH_31 = 'gemini-3.1-flash-image-preview';
export const PRO = 'gemini-3.0-pro-image-preview';

export const model = (value: string): INodeParameters => ({
	model: { __rl: true, mode: 'id', value },
});

/** Runs the node on one item that may fail. */
export async function tryItem(
	{ emulator, run }: Harness,
	parameters: INodeParameters,
	item: INodeExecutionData = { json: {} },
) {
	const before = emulator.requests.length;
	const options = { input: [item], onError: 'continueRegularOutput' as const, profile: 'tiny' };
	const { error, output, hints } = await run({ prompt: 'A fox', ...parameters }, options);
	expect(error).toBeUndefined();
	return {
		item: output('Gemini Image')[0],
		hints: hints('Gemini Image'),
		requests: emulator.requests.slice(before),
	};
}

/** Expects that nothing is sent, and that the field is named; gives message and description. */
export async function expectRefusal(
	harness: Harness,
	field: string,
	parameters: INodeParameters,
	input?: INodeExecutionData,
) {
	const { item, requests } = await tryItem(harness, parameters, input);
	expect(requests).toEqual([]);
	const { error, details } = item?.json as { error: string; details: IDataObject };
	expect(details).toEqual({ field, description: expect.stringMatching(/^[A-Z'].*\.$/) });
	expect(error.length).toBeLessThan(600);
	expect(error).not.toMatch(/undefined|\[object/);
	return { message: error, description: String(details.description) };
}
