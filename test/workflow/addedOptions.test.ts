import type { IDataObject, INodeParameters, INodeProperties } from 'n8n-workflow';

import { GeminiImage } from '../../index';
import { sentImages } from './chat';
import { imageFile, itemWith, startHarness, type Harness, type NodeRunOptions } from './harness';

const NODE = 'Gemini Image';
const OPTIONS = ['combineItems', 'imageLink', 'labelImages', 'simplify'];

let harness: Harness;
beforeAll(async () => {
	harness = await startHarness();
});
afterAll(async () => await harness.close());

/** What can be seen of the four options: in two items with an image each. */
async function seen(options: INodeParameters, more: NodeRunOptions = {}) {
	const input = [
		await itemWith(harness.engine, { photo: await imageFile('png', '#102030') }),
		await itemWith(harness.engine, { photo: await imageFile('png', '#405060') }),
	];
	const before = harness.emulator.requests.length;
	const { error, output } = await harness.run(
		{ operation: 'imageToImage', prompt: 'Merge', options },
		{ input, profile: 'tiny', ...more },
	);
	expect(error).toBeUndefined();
	const bodies = harness.emulator.requests.slice(before).map(({ body }) => body as IDataObject);
	const { json } = output(NODE)[0]!;
	return {
		combineItems: bodies.length === 1 && sentImages(bodies[0]!).length === 2,
		imageLink: JSON.stringify(json).includes('/rest/binary-data/signed?token='),
		labelImages: JSON.stringify(bodies[0]).includes('Image 1 (photo.png):'),
		simplify: !('id' in json || 'created' in json || 'finishReason' in json),
	};
}

const OFF = { combineItems: false, imageLink: false, labelImages: false, simplify: false };
const ON = { combineItems: true, imageLink: true, labelImages: true, simplify: true };

describe('options that are on or off', () => {
	test.each(OPTIONS)('The option %s is on in the form as soon as it is added', (name) => {
		const { options = [] } = new GeminiImage().description.properties.find(
			(field) => field.name === 'options',
		)!;
		const variants = (options as INodeProperties[]).filter((option) => option.name === name);
		expect(variants.map((option) => [option.type, option.default])).toEqual([['boolean', true]]);
	});

	test('Options that are not added are off', async () => {
		expect(await seen({})).toEqual(OFF);
	});

	test('Options are on if they are added and left as they are', async () => {
		expect(await seen(ON)).toEqual(ON);
	});

	test.each(OPTIONS)('The option %s is on alone if it alone is added', async (name) => {
		expect(await seen({ [name]: true })).toEqual({ ...OFF, [name]: true });
	});

	test('Options that are stored as off stay off', async () => {
		expect(await seen(OFF)).toEqual(OFF);
	});

	test.each([
		['null', '={{ null }}'],
		['undefined', '={{ $json.nothing }}'],
		['an empty text', '={{ "" }}'],
	])('Options whose expression gives %s are as if they were not added', async (_what, value) => {
		const all = Object.fromEntries(OPTIONS.map((name) => [name, value]));
		expect(await seen(all)).toEqual(OFF);
	});

	test('As a tool, Image Link and Simplify are on unless they are added and off, and the others stay off', async () => {
		const tool = { isTool: true };
		expect(await seen({}, tool)).toEqual({ ...OFF, imageLink: true, simplify: true });
		expect(await seen(OFF, tool)).toEqual(OFF);
		expect(await seen({ imageLink: false }, tool)).toEqual({ ...OFF, simplify: true });
		expect(await seen({ simplify: false }, tool)).toEqual({ ...OFF, imageLink: true });
	});

	test.each(OPTIONS)('The option %s refuses what is neither true nor false', async (name) => {
		const input = [await itemWith(harness.engine, { photo: await imageFile() })];
		const { error } = await harness.run(
			{ operation: 'imageToImage', prompt: 'Merge', options: { [name]: '={{ "maybe" }}' } },
			{ input },
		);
		expect(error?.message).toMatch(/does not take "maybe"; it takes true or false$/);
	});
});
