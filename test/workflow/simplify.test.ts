import type { INodeParameters } from 'n8n-workflow';

import { GeminiImage } from '../../index';
import { startHarness, type Harness } from './harness';

const NODE = 'Gemini Image';
const HOW_IT_WAS_MADE = ['finishReason', 'reasoning', 'id', 'created', 'prompt'];

/** What n8n makes of a node that an agent uses. */
class Tool extends GeminiImage {
	constructor() {
		super();
		Object.assign(this.description, { name: 'geminiImageTool', inputs: ['main'] });
	}
}

let harness: Harness;

beforeAll(async () => {
	harness = await startHarness();
	harness.engine.addNode(new Tool());
});
afterAll(async () => await harness.close());

describe('the output', () => {
	const keysOf = async (parameters: INodeParameters) => {
		const { output } = await harness.run({ prompt: 'A fox', ...parameters }, { profile: 'tiny' });
		return Object.keys(output(NODE)[0]?.json ?? {});
	};

	async function keysOfTool(options: INodeParameters) {
		const start = { id: 's', name: 'Start', type: 'n8n-nodes-base.manualTrigger', parameters: {} };
		const common = { typeVersion: 1, position: [0, 0] as [number, number] };
		const tool = { id: 't', name: NODE, type: 'n8n-nodes-nexconn.geminiImageTool' };
		const credentials = { nexconnApi: { id: '1', name: 'Nexconn account' } };
		const { output } = await harness.engine.run({
			nodes: [
				{ ...common, ...start },
				{ ...common, ...tool, credentials, parameters: { prompt: 'A fox', options } },
			],
			connections: { Start: { main: [[{ node: NODE, type: 'main', index: 0 }]] } },
		});
		return Object.keys(output(NODE)[0]?.json ?? {});
	}

	const FIRST = ['image', 'text', 'fileName', 'fileExtension', 'mimeType', 'usage', 'model'];

	test('The output begins with the image, the text, the file, the usage and the model, and ends with the prompt', async () => {
		const keys = await keysOf({});
		expect(keys).toEqual([...FIRST, ...HOW_IT_WAS_MADE]);
		expect((await keysOf({ operation: 'chat' })).at(-1)).toBe('prompt');
	});

	test('The option Simplify leaves out of the output how the image was made', async () => {
		expect(await keysOf({ options: { simplify: true } })).toEqual(FIRST);
		const chat = await keysOf({ operation: 'chat', options: { simplify: true } });
		expect(chat).toEqual(expect.arrayContaining(['text', 'images', 'messages', 'usage', 'model']));
		for (const key of HOW_IT_WAS_MADE) expect(chat).not.toContain(key);
	});

	test('A tool leaves out of the output how the image was made, unless Simplify is off', async () => {
		const without = await keysOfTool({});
		expect(without).toContain('image');
		for (const key of HOW_IT_WAS_MADE) expect(without).not.toContain(key);
		expect(await keysOfTool({ simplify: false })).toEqual(expect.arrayContaining(HOW_IT_WAS_MADE));
	});
});

describe('several images in one reply', () => {
	const several = { profile: 'two-images' };
	const hint =
		'The service sent 2 images for one request. The last is usually the final one; the option Images per Reply can keep it alone';

	test('All images of one reply are kept unless told otherwise, and a hint says so', async () => {
		const { output, hints } = await harness.run({ prompt: 'Draw cats' }, several);
		expect(output(NODE)).toHaveLength(2);
		expect(hints(NODE)).toEqual([hint]);
	});

	test('A chat keeps all images of one reply without that hint', async () => {
		const { output, hints } = await harness.run(
			{ operation: 'chat', prompt: 'Draw cats' },
			several,
		);
		expect(output(NODE)[0]?.json.images).toHaveLength(2);
		expect(hints(NODE)).not.toContain(hint);
	});

	test.each(['chatCompletions', 'images'])(
		'Images per Reply keeps the last image of a reply alone, with endpoint %s',
		async (endpoint) => {
			const { engine, run } = harness;
			const draw = async (imagesPerReply: string) =>
				await run({ prompt: 'Draw cats', options: { imagesPerReply, endpoint } }, several);
			const all = (await draw('all')).output(NODE);
			const { output, hints } = await draw('last');
			const [item, ...others] = output(NODE);
			expect(others).toEqual([]);
			expect(item?.json).toMatchObject({
				image: { index: 0, fileName: 'image.png' },
				usage: all[0]?.json.usage,
			});
			expect(item?.json.usage).not.toBeNull();
			expect(hints(NODE)).toEqual([]);
			const last = await engine.read(all.at(-1)!.binary!.data!);
			expect((await engine.read(item!.binary!.data!)).equals(last)).toBe(true);
		},
	);

	test('Images per Reply keeps the last image of a reply alone in a chat, too', async () => {
		const { output } = await harness.run(
			{ operation: 'chat', prompt: 'Draw cats', options: { imagesPerReply: 'last' } },
			several,
		);
		const [item] = output(NODE);
		expect(item?.json.images).toMatchObject([{ index: 0, field: 'data' }]);
		expect(Object.keys(item?.binary ?? {})).toEqual(['data']);
	});

	test('Each of several requests keeps the last image of its own reply', async () => {
		const { output } = await harness.run(
			{ prompt: 'Draw cats', numberOfImages: 2, options: { imagesPerReply: 'last' } },
			several,
		);
		expect(output(NODE).map(({ json }) => json.image)).toMatchObject([
			{ index: 0, fileName: 'image.png' },
			{ index: 1, fileName: 'image_1.png' },
		]);
	});

	test('Images per Reply refuses a value that it does not know', async () => {
		const { error } = await harness.run({ prompt: 'x', options: { imagesPerReply: 'first' } });
		expect(error?.message).toContain(
			'\'Images per Reply\' does not take "first"; it takes all, last',
		);
	});
});
