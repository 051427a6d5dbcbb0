import type { INodeExecutionData, OnError } from 'n8n-workflow';

import { tinyImage } from '../emulator/images/tiny';
import { startHarness, type Harness } from './harness';

// Seconds on an idle machine; on a busy one it may take longer.
jest.setTimeout(60_000);

const NODE = 'Gemini Image';
const COUNT = 500;
const BAD = 321;

const input = Array.from({ length: COUNT }, (_, index) => ({
	json: { word: `fox number ${index}`, ratio: index === BAD ? '1:8' : '1:1' },
}));
const MESSAGE = /^Gemini 2\.5 Flash Image does not take the Aspect Ratio '1:8'; it takes 1:1, 2:3/;

let harness: Harness;
beforeAll(async () => {
	harness = await startHarness();
});
afterEach(() => harness.engine.clear());
afterAll(async () => await harness.close());

/** One bad of 500 items, each with an image that tells its prompt. */
const draw = async (onError: OnError, options = {}) =>
	await harness.run(
		{ prompt: '=Draw {{ $json.word }}', aspectRatio: '={{ $json.ratio }}', options },
		{ input, onError, profile: 'tiny' },
	);

const posts = () => harness.emulator.requests.length;
const good = input.map((_item, index) => index).filter((index) => index !== BAD);

/** `items` are the images of the prompts of the input items `indexes`, in this order. */
async function expectImages(items: INodeExecutionData[], indexes: number[]): Promise<void> {
	expect(items.map(({ pairedItem }) => pairedItem)).toEqual(indexes.map((item) => ({ item })));
	for (const [position, index] of indexes.entries()) {
		const { binary, json } = items[position] as INodeExecutionData;
		const stored = await harness.engine.read(binary!.data!);
		const { bytes } = await tinyImage(`Draw ${input[index]?.json.word}`);
		expect(stored.equals(bytes)).toBe(true);
		// By the place in the run, so that no two have one name.
		const fileName = index === 0 ? 'image.png' : `image_${index}.png`;
		expect(json.image).toMatchObject({ index: 0, fileName, width: 8, height: 8 });
		expect(binary?.data?.fileName).toBe(fileName);
		expect(json.prompt).toBe(`Draw ${input[index]?.json.word}`);
	}
}

test('A run that is to continue gives 499 images and one explained item, in the order of the input', async () => {
	const before = posts();
	const { error, output, hints } = await draw('continueRegularOutput');
	expect(error).toBeUndefined();
	expect(posts() - before).toBe(COUNT - 1);
	const items = output(NODE);
	expect(items).toHaveLength(COUNT);
	const [failed] = items.splice(BAD, 1);
	expect(failed).toEqual({
		json: {
			error: expect.stringMatching(MESSAGE),
			details: { field: 'Aspect Ratio', description: expect.any(String) },
		},
		pairedItem: { item: BAD },
	});
	await expectImages(items, good);
	expect(harness.engine.files()).toHaveLength(COUNT - 1);
	expect(hints(NODE)).toEqual([
		expect.stringMatching(/^499 requests made 499 images and took [\d,]+ tokens/),
	]);
});

test('A run with an error output sends the one bad item of 500 there, with its input JSON', async () => {
	const { error, output } = await draw('continueErrorOutput', { maxConcurrency: 16 });
	expect(error).toBeUndefined();
	await expectImages(output(NODE, 0), good);
	const failed = output(NODE, 1);
	expect(failed).toHaveLength(1);
	expect(failed[0]?.json).toEqual({
		...input[BAD]?.json,
		error: expect.stringMatching(MESSAGE),
		details: { field: 'Aspect Ratio', description: expect.any(String) },
	});
	expect(failed[0]?.pairedItem).toEqual({ item: BAD });
});

test('A run that is to stop names the one bad item of 500, and ends with what ran beside it', async () => {
	const before = posts();
	const { error, output } = await draw('stopWorkflow');
	expect(error?.message).toMatch(MESSAGE);
	expect(error).toMatchObject({ context: { itemIndex: BAD } });
	expect(error?.description).toMatch(/\b3\d\d images of this run are lost/);
	expect(output(NODE)).toEqual([]);
	// Of the eight at the same time, those before it may not have begun, and those behind it may have.
	expect(posts() - before).toBeGreaterThanOrEqual(BAD - 7);
	expect(posts() - before).toBeLessThanOrEqual(BAD + 7);
});
