import { ExecuteContext } from 'n8n-core';
import type { IDataObject, INode, INodeExecutionData, INodeParameters } from 'n8n-workflow';

import type { RunOptions } from '../engine';
import { sentImages } from './chat';
import { imageFile, itemWith, startHarness, type Harness } from './harness';

/**
 * Workflows that were moved here in a hurry: the node took the place of another one, and the nodes
 * behind it stayed as they were. None may end as a success with wrong data of which nobody is told.
 */

const NODE = 'Gemini Image';

let harness: Harness;
beforeAll(async () => {
	harness = await startHarness();
});
afterEach(() => harness.engine.clear());
afterAll(async () => await harness.close());

type Node = Pick<INode, 'name' | 'type' | 'parameters'> & Partial<INode>;

const ours = (parameters: INodeParameters): Node => ({
	name: NODE,
	type: 'n8n-nodes-nexconn.geminiImage',
	parameters: { operation: 'textToImage', prompt: 'A fox', ...parameters },
	credentials: { nexconnApi: { id: '1', name: 'Nexconn account' } },
});

/** An Edit Fields node with these fields, and no others. */
const editFields = (fields: Record<string, string>): Node => ({
	name: 'Edit Fields',
	type: 'n8n-nodes-base.set',
	typeVersion: 3.4,
	parameters: {
		assignments: {
			assignments: Object.entries(fields).map(([name, value]) => ({
				id: name,
				name,
				type: 'string',
				value: `=${value}`,
			})),
		},
	},
});

/** A Merge node as n8n adds it, set to Combine by Position. */
const merge: Node = {
	name: 'Merge',
	type: 'n8n-nodes-base.merge',
	typeVersion: 3.2,
	parameters: { mode: 'combine', combineBy: 'combineByPosition', options: {} },
};

type Link = [from: string, to: string, input?: number];

interface Flow extends RunOptions {
	nodes: Node[];
	/** One behind the other, unless they say otherwise. */
	links?: Link[];
	profile?: string;
}

/** Runs nodes behind a form that gives `input`. */
async function run({ nodes, links, profile = 'tiny', ...options }: Flow) {
	const { engine, emulator } = harness;
	const form = { name: 'Form', type: 'n8n-nodes-base.manualTrigger', parameters: {} };
	const all = [form, ...nodes].map(
		(node, index): INode => ({ id: String(index), typeVersion: 1, position: [0, 0], ...node }),
	);
	const chain = all.slice(1).map(({ name }, index): Link => [all[index]!.name, name]);
	const connections = Object.fromEntries(
		all.map(({ name: from }) => {
			const ofNode = (links ?? chain).filter(([name]) => name === from);
			const to = ofNode.map(([, node, index = 0]) => ({ node, type: 'main' as const, index }));
			return [from, { main: [to] }];
		}),
	);
	const before = emulator.requests.length;
	const result = await engine.run(
		{ nodes: all, connections, settings: { executionOrder: 'v1' } },
		{
			instanceUrl: 'https://n8n.example.com',
			...options,
			credentials: {
				apiKey: emulator.apiKey,
				authorizationFormat: 'apiKey',
				baseUrl: emulator.baseUrl(profile),
			},
		},
	);
	return {
		...result,
		told: result.hints(NODE).join('\n'),
		bodies: emulator.requests.slice(before).map(({ body }) => body as IDataObject),
	};
}

/** Fields of the input of which each is also one of what comes out. */
const PRODUCT = { id: 'mug-1', text: 'A mug for foxes', image: 'https://shop.example/mug.png' };

test('A Merge by position behind the node does not replace the id, text and image of a product unless a hint says so', async () => {
	const fields = { id: '{{ $json.id }}', text: '{{ $json.text }}', image: '{{ $json.image }}' };
	const { error, output, told } = await run({
		nodes: [ours({}), merge, editFields(fields)],
		links: [
			['Form', NODE],
			['Form', 'Merge', 0],
			[NODE, 'Merge', 1],
			['Merge', 'Edit Fields'],
		],
		input: [{ json: PRODUCT }],
	});
	expect(error).toBeUndefined();
	const [merged] = output('Edit Fields');
	if (/Merge.*\bid\b.*\btext\b/s.test(told)) return;
	expect(merged?.json).toEqual(PRODUCT);
});

/** What a later node takes, of an answer that this node does not give. */
const FOREIGN = [
	'{{ $json.data[0].b64_json }}',
	'{{ $json.data[0].url }}',
	'{{ $json.images[0].url }}',
	"{{ $json.choices[0].message.images[0].image_url.url.split(',')[1] }}",
	'{{ $json.candidates[0].content.parts[0].inlineData.data }}',
];

test.each(FOREIGN)(
	'A hint names the next node if that takes what other services give: %s',
	async (taken) => {
		const { error, output, told } = await run({ nodes: [ours({}), editFields({ taken })] });
		expect(error).toBeUndefined();
		expect(output('Edit Fields')[0]?.json.taken).toBeFalsy();
		expect(told).toContain('Edit Fields');
	},
);

test('A hint says to add Image Link if the next node takes an address that is not there', async () => {
	const src = editFields({ src: '{{ $json.url }}' });
	const { error, output, told } = await run({ nodes: [ours({}), src] });
	expect(error).toBeUndefined();
	expect(output('Edit Fields')[0]?.json.src).toBeFalsy();
	expect(told).toContain('Image Link');
	const linked = await run({ nodes: [ours({ options: { imageLink: true } }), src] });
	expect(linked.output('Edit Fields')[0]?.json.src).toMatch(/^https:/);
	expect(linked.told).toBe('');
});

test.each([
	'={{ $json.sku }}.png',
	'={{ $json.sku }}.{{ $json.fileExtension }}',
	'={{ $json.sku }}_{{ $json.colour }}.jpg',
	'={{ $json.sku }}-{{ $json.colour }}',
])(
	'A File Name of which an expression leaves nothing but marks and an extension counts as empty: %s',
	async (fileName) => {
		const input = [{ json: { title: 'Red mug' } }, { json: { title: 'Blue mug' } }];
		const { error, output, told } = await run({ nodes: [ours({ options: { fileName } })], input });
		expect(error).toBeUndefined();
		const names = output(NODE).map(({ json }) => json.fileName);
		expect(names).toEqual(['image.png', 'image_1.png']);
		expect(told).toContain('File Name gave nothing');
	},
);

test('A hint says which expression in the middle of the prompt gave nothing', async () => {
	const prompt = '=A photo of {{ $json.name }} on a white table, {{ $json.light }}';
	const input = [{ json: { title: 'Red mug', light: 'at noon' } }];
	const { error, told } = await run({ nodes: [ours({ prompt })], input });
	expect(error).toBeUndefined();
	expect(told).toContain('$json.name');
	expect(told).not.toContain('$json.light');
});

/** Lists of two of which one gives nothing. */
const HALF_EMPTY: Array<[field: string, parameters: INodeParameters]> = [
	['Image URLs', { imageSource: 'url', imageUrls: '={{ [$json.model, $json.product] }}' }],
	['Image URLs', { imageSource: 'url', imageUrls: ['={{ $json.model }}', '={{ $json.product }}'] }],
	[
		'Image URLs',
		{ imageSource: 'url', imageUrls: '=["{{ $json.model }}", "{{ $json.product }}"]' },
	],
	['Image URLs', { imageSource: 'url', imageUrls: '={{ $json.model }}, {{ $json.product }}' }],
	[
		'Input Data Field Name',
		{ imageSource: 'binary', binaryPropertyName: '=photo, {{ $json.product }}' },
	],
];

test.each(HALF_EMPTY)(
	'A hint or an error says that one of two in %s gave nothing: %j',
	async (field, parameters) => {
		const photo = await imageFile();
		const model = 'https://shop.example/model.png';
		const input: INodeExecutionData[] = [await itemWith(harness.engine, { photo }, { model })];
		const { error, bodies, told } = await run({
			nodes: [ours({ operation: 'imageToImage', ...parameters })],
			input,
		});
		if (error) expect(bodies).toEqual([]);
		else expect(sentImages(bodies[0]!)).toHaveLength(1);
		expect(`${error?.message ?? ''}\n${told}`).toContain(field);
	},
);

test('If Extra Body sets a model that Nexconn does not offer, the error names that one, and where it stands', async () => {
	const model = { __rl: true, mode: 'id', value: 'gemini-nano-banana-2.1' };
	const { error, bodies } = await run({
		nodes: [ours({ model, options: { extraBody: '{ "model": "gpt-image-1", "n": 1 }' } })],
		profile: '',
	});
	expect(bodies.map((body) => body.model)).toEqual(['gpt-image-1']);
	expect(error?.message).toMatch(/^Nexconn does not offer the model 'gpt-image-1'/);
	expect(`${error?.message} ${error?.description}`).toContain('Extra Body');
});

test('A Merge that is told what to do with fields of one name gets no hint', async () => {
	const clashHandling = { values: { resolveClash: 'preferInput1' } };
	const parameters = { ...merge.parameters, options: { clashHandling } };
	const { error, output, told } = await run({
		nodes: [ours({}), { ...merge, parameters }],
		links: [
			['Form', NODE],
			['Form', 'Merge', 0],
			[NODE, 'Merge', 1],
		],
		input: [{ json: PRODUCT }],
	});
	expect(error).toBeUndefined();
	expect(output('Merge')[0]?.json).toMatchObject(PRODUCT);
	expect(told).toBe('');
});

test('What cannot be read of the next nodes costs nothing of what is made', async () => {
	const cyclic: INodeParameters = {};
	cyclic.self = cyclic;
	const reading = jest
		.spyOn(ExecuteContext.prototype, 'getChildNodes')
		.mockReturnValue([
			{ name: 'X', type: 'x', typeVersion: 1, disabled: false, parameters: cyclic },
		]);
	const parents = jest
		.spyOn(ExecuteContext.prototype, 'getParentNodes')
		.mockReturnValue([{ name: NODE, type: 'x', typeVersion: 1, disabled: false }]);
	try {
		const { error, output } = await run({ nodes: [ours({})] });
		expect(error).toBeUndefined();
		expect(output(NODE)).toHaveLength(1);
		expect(reading).toHaveBeenCalled();
	} finally {
		reading.mockRestore();
		parents.mockRestore();
	}
});
