import { buffer } from 'node:stream/consumers';
import type {
	IConnections,
	IDataObject,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeProperties,
	INodePropertyCollection,
	INodePropertyOptions,
} from 'n8n-workflow';

import { GeminiImage } from '../../index';
import { findModel, MODELS } from '../../nodes/GeminiImage/form/models';
import { readPage } from '../docs/markdown';
import type { BinaryMode, RunOptions } from '../engine';
import { startInstance } from '../engine/instance';
import { createMemoryNode } from '../engine/memoryNode';
import { serve } from '../server';
import { sentImages, sha256 } from './chat';
import { imageFile, itemWith, startHarness, type Harness } from './harness';
import { completion, drawn, startModel, type Said } from './service';

const PAGE = 'docs/moving.md';
const ROWS = readPage(PAGE).tables.get('Moving here from other nodes')?.[0] ?? [];
const NODE = 'Gemini Image';

const PROPERTIES = new GeminiImage().description.properties;
const OPTIONS = PROPERTIES.filter(({ name }) => name === 'options').flatMap(
	({ options }) => options as INodeProperties[],
);

let harness: Harness;
beforeAll(async () => {
	harness = await startHarness();
});
afterEach(() => harness.engine.clear());
afterAll(async () => await harness.close());

/** As n8n keeps files, of which there is one way in a process. */
async function restart(binaryMode: BinaryMode = 'filesystem') {
	await harness.close();
	harness = await startHarness(binaryMode);
}

type Node = Pick<INode, 'name' | 'type' | 'parameters'> & Partial<INode>;

const ours = (parameters: INodeParameters, settings: Partial<INode> = {}): Node => ({
	name: NODE,
	type: 'n8n-nodes-nexconn.geminiImage',
	parameters: { prompt: 'A fox', ...parameters },
	credentials: { nexconnApi: { id: '1', name: 'Nexconn account' } },
	...settings,
});
const draw = (parameters: INodeParameters = {}) =>
	ours({ operation: 'textToImage', ...parameters });
const edit = (parameters: INodeParameters = {}) =>
	ours({ operation: 'imageToImage', ...parameters });
const chat = (parameters: INodeParameters = {}) => ours({ operation: 'chat', ...parameters });
const model = (id: string): INodeParameters => ({ model: { __rl: true, mode: 'id', value: id } });

/** An Edit Fields node that reads an expression of the page. */
const readField = (expression: string): Node => ({
	name: 'Edit Fields',
	type: 'n8n-nodes-base.set',
	typeVersion: 3.4,
	parameters: {
		assignments: {
			assignments: [{ id: '1', name: 'value', type: 'string', value: `=${expression}` }],
		},
	},
});

/** A node of n8n, under the name that the page gives it. */
const other = (name: string, type: string, typeVersion: number, parameters: INodeParameters) => ({
	name,
	type: `n8n-nodes-base.${type}`,
	typeVersion,
	parameters,
});

/** An HTTP Request node that uploads a binary field. */
const upload = (url: string, field: string): Node => ({
	name: 'Upload',
	type: 'n8n-nodes-base.httpRequest',
	typeVersion: 4.2,
	parameters: {
		method: 'POST',
		url,
		sendBody: true,
		contentType: 'binaryData',
		inputDataFieldName: field,
	},
});

type Link = [from: string, to: string, input?: number, output?: number];

interface Flow extends RunOptions {
	nodes: Node[];
	/** One behind the other, unless they say otherwise. */
	links?: Link[];
	profile?: string;
	binaryMode?: 'combined';
}

/** Runs nodes behind a form that gives `input`. */
async function run({ nodes, links, profile = 'tiny', binaryMode, ...options }: Flow) {
	const { engine, emulator } = harness;
	const form = { name: 'Form', type: 'n8n-nodes-base.manualTrigger', parameters: {} };
	const all = [form, ...nodes].map(
		(node, index): INode => ({
			id: String(index),
			typeVersion: 1,
			position: [0, 0],
			...node,
		}),
	);
	const chain = all.slice(1).map(({ name }, index): Link => [all[index]!.name, name]);
	const connections: IConnections = {};
	for (const [from, node, index = 0, output = 0] of links ?? chain) {
		const main = ((connections[from] ??= { main: [] }).main ??= []);
		while (main.length <= output) main.push([]);
		main[output]!.push({ node, type: 'main', index });
	}
	const before = emulator.requests.length;
	const credentials = { apiKey: emulator.apiKey, baseUrl: emulator.baseUrl(profile) };
	const workflow = {
		nodes: all,
		connections,
		settings: { executionOrder: 'v1', binaryMode } as IDataObject,
	};
	const result = await engine.run(workflow, {
		credentials: { ...credentials, authorizationFormat: 'apiKey' },
		...options,
	});
	const requests = emulator.requests.slice(before);
	return {
		...result,
		items: result.output(NODE),
		values: result.output('Edit Fields').map(({ json }) => json.value),
		/** What a node sent in each of its runs. */
		runs: (name: string) =>
			(result.run.data.resultData.runData[name] ?? []).map(({ data }) => data?.main?.[0] ?? []),
		requests,
		bodies: requests.map(({ body }) => body as IDataObject),
	};
}

/** The same, of a run that does what was wanted. */
async function succeed(flow: Flow) {
	const result = await run(flow);
	expect(result.error).toBeUndefined();
	return result;
}

const traceOf = (bytes: Buffer) => `<${bytes.length} bytes sha256=${sha256(bytes)}>`;
const tracesOf = (files: Buffer[]) => files.map((bytes) => expect.stringContaining(traceOf(bytes)));

/** Images of a colour each. */
const images = async <T extends string[]>(...colours: T) =>
	(await Promise.all(colours.map(async (colour) => await imageFile('png', colour)))) as {
		[index in keyof T]: Buffer;
	};

/** The code of a cell. */
const codeIn = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

/** The code of a row's right side that a test relies on. */
function told(cell: string, code: string): string {
	expect(codeIn(cell)).toContain(code);
	return code;
}

/** Uploads what the node makes, and gives the bytes that came. */
async function uploaded(nodes: Node[], field: string, input?: INodeExecutionData[]) {
	const bodies: Buffer[] = [];
	const { origin, close } = await serve((request, response) => {
		void buffer(request).then((body) => {
			bodies.push(body);
			response.end('{}');
		});
	});
	try {
		const { items } = await succeed({ nodes: [...nodes, upload(origin, field)], input });
		return { bodies, items };
	} finally {
		await close();
	}
}

/** Runs a flow with a service that answers each prompt as `say` does. */
async function withService(
	say: (prompt: string, time: number) => Said | Promise<Said>,
	flow: Flow,
) {
	const { asked, credentials, close } = await startModel(say);
	try {
		return { ...(await run({ ...flow, credentials })), asked };
	} finally {
		await close();
	}
}

type Trial = (does: string, has: string) => Promise<void>;

/** What tries each row, by words of its left side that no other row has. */
const TRIALS: Record<string, Trial> = {
	'a key in *Header Auth*': async () => {
		const { requests, items } = await succeed({ nodes: [draw()] });
		expect(items[0]?.binary?.data).toBeDefined();
		expect(requests[0]?.headers.authorization).toBe(harness.emulator.apiKey);
		const other = { apiKey: 'sk-of-openai', baseUrl: harness.emulator.baseUrl() };
		const { error } = await run({ nodes: [draw()], credentials: other });
		expect(error?.message).toContain('Nexconn refused the API key');
	},

	'*Generate an Image*': async () => {
		const drawing = await succeed({ nodes: [draw()] });
		expect(drawing.items[0]?.binary?.data?.mimeType).toBe('image/png');
		const photo = await imageFile();
		const input = [await itemWith(harness.engine, { data: photo })];
		const editing = await succeed({ nodes: [edit()], input });
		expect(sentImages(editing.bodies[0]!)).toEqual(tracesOf([photo]));
		expect(editing.items[0]?.binary?.data?.mimeType).toBe('image/png');
		const asking = await succeed({ nodes: [chat({ prompt: 'What is on it?' })], input });
		expect(sentImages(asking.bodies[0]!)).toEqual(tracesOf([photo]));
		expect(asking.items[0]?.json.text).toMatch(/\w/);
		expect(asking.items[0]?.binary).toBeUndefined();
	},

	'that make base64 or a data URL of a file': async () => {
		const photo = await imageFile();
		const input = [await itemWith(harness.engine, { data: photo })];
		const { bodies } = await succeed({ nodes: [edit()], input });
		expect(sentImages(bodies[0]!)).toEqual([`data:image/png;base64,${traceOf(photo)}`]);
	},

	'*Split Out*': async (does) => {
		const { bodies, items } = await uploaded([draw()], told(does, 'data'));
		const file = await harness.engine.read(items[0]!.binary!.data!);
		expect(bodies).toEqual([file]);
		expect(file.subarray(1, 4).toString()).toBe('PNG');
		for (const field of ['candidates[0].content.parts', 'data']) {
			const split = other('Split Out', 'splitOut', 1, { fieldToSplitOut: told(does, field) });
			const kept = await succeed({ nodes: [draw(), split] });
			expect(kept.items).toHaveLength(1);
			expect(kept.runs('Split Out')).toEqual([[]]);
		}
	},

	'from another binary field': async (_does, has) => {
		const [field = ''] = codeIn(has);
		expect(field).toBe('edited');
		const input = [await itemWith(harness.engine, { data: await imageFile() })];
		const named = edit({ options: { binaryPropertyOutput: field } });
		const ways = [await uploaded([named], field, input), await uploaded([edit()], 'data', input)];
		for (const { bodies } of ways) expect(bodies[0]?.subarray(1, 4).toString()).toBe('PNG');
	},

	"`mimeType` of n8n's own nodes": async (does, has) => {
		const named = draw({ options: { fileName: 'mug' } });
		const name = told(does, 'mug.{{ $json.fileExtension }}');
		const { items, values } = await succeed({ nodes: [named, readField(name)] });
		expect(values).toEqual(['mug.png']);
		expect(Object.keys(items[0]!.json)).toEqual(expect.arrayContaining(codeIn(has)));
		const { fileName, fileExtension, mimeType } = items[0]!.binary!.data!;
		expect(items[0]!.json).toMatchObject({ fileName, fileExtension, mimeType });
		const bytes = readField(told(does, '{{ $json.image.bytes }}'));
		const sized = await succeed({ nodes: [draw(), bytes] });
		const file = await harness.engine.read(sized.items[0]!.binary!.data!);
		expect(sized.values).toEqual([String(file.length)]);
		const inChat = readField(told(does, 'mug.{{ $json.fileExtension }}'));
		expect((await succeed({ nodes: [chat(), inChat] })).values).toEqual(['mug.png']);
	},

	'`{{ $json.fileName }}.{{': async (does, has) => {
		const [twice = ''] = codeIn(has);
		const named = draw({ options: { fileName: 'mug' } });
		const before = await succeed({ nodes: [named, readField(twice)] });
		expect(before.values).toEqual(['mug.png.png']);
		const name = readField(told(does, '{{ $json.fileName }}'));
		expect((await succeed({ nodes: [named, name] })).values).toEqual(['mug.png']);
	},

	'`choices[0].message.content`': async (does, has) => {
		const text = readField(told(does, '{{ $json.text }}'));
		const { items, values } = await succeed({
			nodes: [chat({ prompt: 'What is a fox?' }), text],
		});
		expect(values).toEqual([items[0]!.json.output]);
		expect(values[0]).toMatch(/\w/);
		expect(codeIn(has)).toHaveLength(6);
		for (const code of codeIn(has)) {
			const field = readField(`{{ $json.${code.replace('$json.', '')} }}`);
			expect((await succeed({ nodes: [chat(), field] })).values).toEqual([null]);
		}
	},

	'`usage.total_tokens`': async (does, has) => {
		const tokens = readField(told(does, '{{ $json.usage.total_tokens }}'));
		const { asked, values } = await withService(
			async (prompt) => await drawn(prompt, { count: 2, tokens: 1298 }),
			{ nodes: [draw(), tokens] },
		);
		expect(asked).toHaveLength(1);
		expect(values).toEqual(['1298', null]);
		const [, , ...others] = codeIn(has);
		expect(others).toEqual(['usage.input_tokens', 'usage.output_tokens']);
		for (const [index, count] of ['prompt_tokens', 'completion_tokens'].entries()) {
			const here = readField(told(does, `{{ $json.usage.${count} }}`));
			const nodes = [draw({ numberOfImages: 2 }), here];
			const counted = await succeed({ nodes });
			const counts = counted.items.map(({ json }) => (json.usage as IDataObject)?.[count]);
			expect(counts[0]).toBeGreaterThan(0);
			expect(counted.values[0]).toBe(String(counts[0]));
			const there = readField(`{{ $json.${others[index]} }}`);
			expect((await succeed({ nodes: [draw(), there] })).values).toEqual([null]);
		}
	},

	'`data[0].url`': async (does) => {
		const url = readField(told(does, '{{ $json.url }}'));
		const linked = draw({ options: { imageLink: true } });
		const instance = await startInstance(harness.engine);
		try {
			const { items, values, hints } = await succeed({
				nodes: [linked, url],
				instanceUrl: instance.url,
			});
			const answer = await fetch(String(values[0]));
			const file = await harness.engine.read(items[0]!.binary!.data!);
			expect(Buffer.from(await answer.arrayBuffer())).toEqual(file);
			expect(hints(NODE)).toEqual([expect.stringContaining(told(does, 'WEBHOOK_URL'))]);
		} finally {
			await instance.close();
		}
		const instanceUrl = 'https://n8n.example.com';
		const reachable = await succeed({ nodes: [linked, url], instanceUrl });
		expect(reachable.values[0]).toMatch(/^https:\/\/n8n\.example\.com\/.*\?token=/);
		expect(reachable.hints(NODE)).toEqual([]);
		const first = readField('{{ $json.images[0].url }}');
		const said = await succeed({
			nodes: [chat({ options: { imageLink: true } }), first],
			instanceUrl,
		});
		expect(said.values[0]).toMatch(/^https:\/\/n8n\.example\.com\/.*\?token=/);
	},

	'`[{ src: $json.url }]`': async (_does, has) => {
		const [sources = ''] = codeIn(has);
		const list = readField(`{{ ${sources} }}`);
		const instanceUrl = 'https://n8n.example.com';
		const addresses = async (options: INodeParameters) => {
			const { values } = await succeed({ nodes: [draw({ options }), list], instanceUrl });
			return JSON.parse(String(values[0])) as unknown;
		};
		expect(await addresses({})).not.toEqual([{ src: expect.anything() as unknown }]);
		const address = expect.stringMatching(/^https:\/\/n8n\.example\.com\//) as unknown;
		expect(await addresses({ imageLink: true })).toEqual([{ src: address }]);
	},

	"(fal's queue)": async () => {
		const slow = async (prompt: string) => {
			await new Promise((resolve) => setTimeout(resolve, 1500));
			return await drawn(prompt);
		};
		const { asked, items, error } = await withService(slow, { nodes: [draw()] });
		expect(error).toBeUndefined();
		expect(asked).toEqual(['A fox']);
		expect(items[0]?.binary?.data?.mimeType).toBe('image/png');
	},

	'look whether there is an image': async (_does, has) => {
		const [status, done] = codeIn(has) as [string, string];
		const conditions = {
			options: { caseSensitive: true, typeValidation: 'loose', version: 2 },
			conditions: [
				{
					id: '1',
					leftValue: `={{ $json.${status} }}`,
					rightValue: done,
					operator: { type: 'string', operation: 'equals' },
				},
			],
			combinator: 'and',
		};
		const kept = await succeed({
			nodes: [draw(), other('If', 'if', 2.2, { conditions, looseTypeValidation: true })],
		});
		expect([kept.output('If', 0).length, kept.output('If', 1).length]).toEqual([0, 1]);
		const input = [await itemWith(harness.engine, { data: await imageFile() })];
		const words = { body: completion({ content: 'I cannot draw that' }) };
		for (const node of [draw(), edit()]) {
			const { error, items } = await withService(() => words, { nodes: [node], input });
			expect(error?.message).toMatch(/image/);
			expect(items).toEqual([]);
		}
	},

	'`JSON.stringify`': async (does) => {
		const prompt = 'A "fox"\nin the\tsnow, \\ and {braces}';
		const field = `=${told(does, '{{ $json.prompt }}')}`;
		const { bodies } = await succeed({
			nodes: [draw({ prompt: field })],
			input: [{ json: { prompt } }],
		});
		expect(bodies[0]?.messages).toEqual([{ role: 'user', content: prompt }]);
	},

	'*Loop Over Items* and': async (does) => {
		const titles = Array.from({ length: 12 }, (_each, index) => `Mug ${index}`);
		const title = readField(told(does, "{{ $('Form').item.json.title }}"));
		harness.emulator.peakRequests();
		const { requests, items, values, output } = await succeed({
			nodes: [
				draw({ prompt: '=A {{ $json.title }}', options: { maxConcurrency: 1 } }),
				{ ...readField(`{{ ${told(does, '$runIndex')} }}`), name: 'Run' },
				title,
			],
			input: titles.map((each) => ({ json: { title: each } })),
		});
		expect(requests).toHaveLength(titles.length);
		expect(values).toEqual(titles);
		expect(items.map(({ json }) => json.prompt)).toEqual(titles.map((each) => `A ${each}`));
		expect(new Set(items.map(({ json }) => json.fileName)).size).toBe(titles.length);
		expect(harness.emulator.peakRequests()).toBe(1);
		expect(new Set(output('Run').map(({ json }) => json.value))).toEqual(new Set(['0']));
	},

	'*Loop Over Items* kept': async (does) => {
		const names = async (options: INodeParameters) => {
			const { runs } = await succeed({
				nodes: [other('Loop Over Items', 'splitInBatches', 3, { options: {} }), draw({ options })],
				links: [
					['Form', 'Loop Over Items'],
					['Loop Over Items', NODE, 0, 1],
					[NODE, 'Loop Over Items'],
				],
				input: ['red', 'blue', 'green'].map((id) => ({ json: { id } })),
			});
			return runs(NODE).map(([item]) => item?.json.fileName);
		};
		expect(await names({})).toEqual(['image.png', 'image.png', 'image.png']);
		const byRun = { fileName: `=${told(does, '{{ $runIndex }}')}` };
		expect(await names(byRun)).toEqual(['0.png', '1.png', '2.png']);
		const byId = { fileName: `=${told(does, '{{ $json.id }}')}` };
		expect(await names(byId)).toEqual(['red.png', 'blue.png', 'green.png']);
	},

	'`n`, `sampleCount`': async () => {
		const { items } = await succeed({ nodes: [draw({ numberOfImages: 3 })] });
		expect(items).toHaveLength(3);
		for (const { binary } of items) expect(Object.keys(binary!)).toEqual(['data']);
		expect(items.map(({ json }) => (json.image as IDataObject).index)).toEqual([0, 1, 2]);
		const several = draw({ numberOfImages: 3 });
		expect((await uploaded([several], 'data')).bodies).toHaveLength(3);
		const limit = other('Limit', 'limit', 1, {});
		expect((await uploaded([several, limit], 'data')).bodies).toHaveLength(1);
	},

	'`size`: `1024x1024`': async (does, has) => {
		const id = 'gemini-nano-banana-2.1';
		const [, ...sizes] = codeIn(has);
		const ratios = codeIn(does).slice(0, sizes.length);
		expect(sizes).toHaveLength(5);
		for (const [index, size] of sizes.entries()) {
			const [width, height] = size.split('x').map(Number) as [number, number];
			const aspectRatio = ratios[index]!;
			const away = (ratio: string) => {
				const [across, down] = ratio.split(':').map(Number) as [number, number];
				return Math.abs(Math.log((across / down) * (height / width)));
			};
			const known = findModel(id)!.aspectRatios;
			const [nearest] = known.toSorted((a, b) => away(a) - away(b));
			expect(aspectRatio).toBe(nearest);
			const pixels = async (imageSize: string) => {
				const { items } = await succeed({
					nodes: [draw({ ...model(id), aspectRatio, imageSize })],
					profile: '',
				});
				const image = items[0]!.json.image as { width: number; height: number };
				expect(away(`${image.width}:${image.height}`)).toBeLessThan(0.05);
				return (image.width * image.height) / (width * height);
			};
			const small = await pixels('1K');
			expect(small).toBeLessThanOrEqual(1);
			expect(await pixels('2K')).toBeGreaterThan(2);
		}
		const { error, requests } = await run({
			nodes: [draw({ ...model(id), aspectRatio: '1792x1024' })],
		});
		expect(error?.message).toMatch(/does not take the Aspect Ratio.*16:9/);
		expect(requests).toEqual([]);
	},

	"fal's `image_size`": async (does, has) => {
		const [, ...sizes] = codeIn(has);
		expect(sizes).toHaveLength(3);
		expect(codeIn(does)).toHaveLength(3);
		for (const [index, size] of sizes.entries()) {
			const [, shape, ...sides] = /^([a-z]+)_(?:(\d+)_(\d+)|hd)$/.exec(size)!;
			const wide = shape === 'square' ? 1 : Number(sides[0]) / Number(sides[1]);
			const aspectRatio = codeIn(does)[index]!;
			const { items } = await succeed({ nodes: [draw({ aspectRatio })], profile: '' });
			const { width, height } = items[0]!.json.image as { width: number; height: number };
			const across = shape === 'portrait' ? 1 / wide : wide;
			expect(Math.abs(Math.log(width / height / across))).toBeLessThan(0.05);
			const { error, requests } = await run({ nodes: [draw({ aspectRatio: size })] });
			expect(error?.message).toMatch(/does not take the Aspect Ratio.*16:9/);
			expect(requests).toEqual([]);
		}
	},

	'*If* or *Switch* by whether': async (does) => {
		const [red, green, blue] = await images('#c02020', '#20c020', '#2020c0');
		const input = [
			{ json: {} },
			await itemWith(harness.engine, { photo: red }),
			await itemWith(harness.engine, { photo: green, logo: blue }),
		];
		const options = { maxConcurrency: 1 };
		const nodes = [chat({ prompt: 'Draw', imageSource: 'auto', options })];
		const { bodies, items } = await succeed({ nodes, input });
		expect(bodies.map(sentImages)).toEqual([[], tracesOf([red]), tracesOf([green, blue])]);
		for (const { binary } of items) expect(binary?.data?.mimeType).toBe('image/png');
		const two = await withService(async (prompt) => await drawn(prompt, { count: 2 }), {
			nodes,
			input: [{ json: {} }],
		});
		expect(two.items.map(({ binary }) => Object.keys(binary!))).toEqual([
			['data', told(does, 'data_1')],
		]);
	},

	'several images: `image[]`': async (does) => {
		const [photo, logo, map] = await images('#c02020', '#20c020', '#2020c0');
		const input = [await itemWith(harness.engine, { map, logo, photo })];
		const sent = async (parameters: INodeParameters) => {
			const { bodies } = await succeed({
				nodes: [edit({ ...model('gemini-3-pro-image'), ...parameters })],
				input,
			});
			return sentImages(bodies[0]!);
		};
		const named = (binaryPropertyName: string) => ({ imageSource: 'binary', binaryPropertyName });
		expect(await sent({ imageSource: 'auto' })).toEqual(tracesOf([map, logo, photo]));
		expect(await sent(named(told(does, 'photo, logo')))).toEqual(tracesOf([photo, logo]));
		expect(await sent(named(told(does, '*')))).toEqual(tracesOf([map, logo, photo]));
	},

	'files of several nodes': async (does) => {
		const list = codeIn(does).find((code) => code.startsWith('{{'))!;
		expect(list).toMatch(/^\{\{ \[\$\('Form'\)\.item\.binary\.photo, .*\] \}\}$/);
		const photo = await imageFile('png', '#c02020');
		const drawnFirst = { ...draw(), name: 'Drawn' };
		const sent = async (expression: string, binaryMode?: 'combined') => {
			const merge = edit({ imageSource: 'binary', binaryPropertyName: `=${expression}` });
			const input = [await itemWith(harness.engine, { photo })];
			const { bodies } = await succeed({ nodes: [drawnFirst, merge], input, binaryMode });
			const made = expect.stringMatching(/^data:image\/png;base64,<\d+ bytes sha256=/);
			expect(sentImages(bodies[1]!)).toEqual([...tracesOf([photo]), made]);
		};
		await sent(list);
		// As docs/usage.md says of combined binary data.
		await sent(list.replace('.item.binary.', '.item._files.'), 'combined');
		await restart('default');
		await sent(list).finally(async () => await restart());
	},

	'*Aggregate*': async (does) => {
		const files = await images('#c02020', '#20c020');
		const input = await Promise.all(
			files.map(async (photo) => await itemWith(harness.engine, { photo }, { title: 'Mug' })),
		);
		const nodes = [edit({ options: { combineItems: true } })];
		const { bodies, items } = await succeed({ nodes, input });
		expect(bodies.map(sentImages)).toEqual([tracesOf(files)]);
		expect(items).toHaveLength(1);
		const title = (of: string) => readField(`{{ ${told(does, of)}.json.title }}`);
		const first = await succeed({ nodes: [...nodes, title("$('Form').first()")], input });
		expect(first.values).toEqual(['Mug']);
		const paired = await run({ nodes: [...nodes, title("$('Form').item")], input });
		expect(paired.items).toHaveLength(1);
		expect(paired.error?.message).toBe('Multiple matches found');
	},

	'*Merge* by position': async (does) => {
		const merge = other('Merge', 'merge', 3.2, {
			mode: 'combine',
			combineBy: 'combineByPosition',
			options: {},
		});
		const fields = codeIn(does).slice(0, 5);
		expect(fields).toEqual(['id', 'text', 'image', 'model', 'prompt']);
		const product = Object.fromEntries(fields.map((field) => [field, `${field} of the shop`]));
		const title = readField(told(does, "{{ $('Form').item.json.title }}"));
		const input = [{ json: { ...product, title: 'Mug' } }];
		const merged = async (ofForm: number, { binary }: Partial<INodeExecutionData> = {}) => {
			const { items, output } = await succeed({
				nodes: [draw(), merge],
				links: [
					['Form', NODE],
					['Form', 'Merge', ofForm],
					[NODE, 'Merge', 1 - ofForm],
				],
				input: [{ ...input[0]!, binary }],
			});
			return { item: output('Merge')[0]!, ours: items[0]! };
		};
		const before = await merged(0);
		for (const field of fields) {
			expect(before.item.json[field]).toEqual(before.ours.json[field]);
			expect(before.item.json[field]).not.toBe(product[field]);
		}
		const swapped = await merged(1);
		expect(swapped.item.json).toMatchObject(input[0]!.json);
		expect(swapped.item.binary).toEqual(swapped.ours.binary);
		const byName = await succeed({ nodes: [draw(), title], input });
		expect(byName.values).toEqual(['Mug']);
		const withFile = await itemWith(harness.engine, { [told(does, 'data')]: await imageFile() });
		const { item } = await merged(1, withFile);
		expect(item.binary?.data?.id).toBe(withFile.binary?.data?.id);
	},

	'attachments of Airtable': async (does) => {
		const [one, two] = ['https://a.example/1.png', 'https://a.example/2.png'];
		const lists: unknown[] = [
			[one, two],
			`${one}, ${two}`,
			JSON.stringify([one, two]),
			[one, two].map((url, index) => ({ id: `att${index}`, url, filename: 'a.png' })),
			[
				{ name: '1.png', type: 'file', file: { url: one } },
				{ name: '2.png', type: 'external', external: { url: two } },
			],
			[one, two].map((url) => ({ type: 'image_url', image_url: { url } })),
		];
		const imageUrls = `=${told(does, '{{ $json.photos }}')}`;
		const nodes = [edit({ imageSource: 'url', imageUrls })];
		const input = lists.map((photos) => ({ json: { photos } as IDataObject }));
		const { bodies } = await succeed({ nodes, input });
		expect(bodies.map(sentImages)).toEqual(lists.map(() => [one, two]));
	},

	'`google/gemini-3-pro-image-preview:free`': async (does, has) => {
		const named = told(does, 'gemini-3-pro-image');
		const ids = codeIn(has);
		expect(ids).toHaveLength(3);
		for (const id of ids) {
			const { error, bodies } = await run({ nodes: [draw(model(id))] });
			expect(bodies.map((body) => body.model)).toEqual([id]);
			expect(error?.message).toMatch(/^Nexconn does not offer the model/);
			expect(/set 'Model' to '([^']+)'/.exec(error!.message)?.[1]).toBe(named);
		}
		await succeed({ nodes: [draw(model(named))] });
	},

	'`dall-e-3`, `gpt-image-1`': async (_does, has) => {
		for (const id of codeIn(has)) {
			const { error } = await run({ nodes: [draw(model(id))] });
			expect(error?.message).toMatch(/^Nexconn does not offer the model/);
			for (const { name } of MODELS) expect(error?.message).toContain(name);
			expect(error?.message).not.toContain("set 'Model' to");
		}
	},

	'a system message, `temperature`': async (does) => {
		const values = [
			{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_ONLY_HIGH' },
		] as unknown as INodeParameters[];
		const options: INodeParameters = {
			systemMessage: 'You draw in ink',
			temperature: 0.3,
			topP: 0.5,
			maxTokens: 4000,
			safetySettings: { values },
			extraBody: told(does, '{ "seed": 7 }'),
		};
		const { bodies } = await succeed({ nodes: [draw({ options })] });
		expect(bodies[0]).toMatchObject({
			messages: [
				{ role: 'system', content: 'You draw in ink' },
				{ role: 'user', content: 'A fox' },
			],
			temperature: 0.3,
			top_p: 0.5,
			max_tokens: 4000,
			safety_settings: values,
			seed: 7,
		});
	},

	'*Code* that keeps `messages`': async (does) => {
		const history = (value: string) => chat({ options: { history: value } });
		const messages = `=${told(does, '{{ $json.messages }}')}`;
		const { bodies } = await succeed({
			nodes: [{ ...chat({ prompt: 'Draw a fox' }), name: 'First' }, history(messages)],
		});
		const contents = (bodies[1]?.messages as IDataObject[]).map(({ role }) => role);
		expect(contents).toEqual(['user', 'assistant', 'user']);
		expect(JSON.stringify(bodies[1])).toContain('Draw a fox');

		const memory = createMemoryNode();
		const turn = async (prompt: string) =>
			await harness.run(
				{ operation: 'chat', prompt },
				{ memory: memory.node, input: [{ json: { sessionId: 'one' } }], profile: 'tiny' },
			);
		expect((await turn('Draw a fox')).error).toBeUndefined();
		expect((await turn('Make it blue')).error).toBeUndefined();
		expect(JSON.stringify(harness.lastBody())).toContain('Draw a fox');

		for (const [role, message] of [
			['user', /has no content$/],
			['model', /has the role "model", none of/],
		] as const) {
			const contentsOfGoogle = JSON.stringify([{ role, parts: [{ text: 'Draw a fox' }] }]);
			const { error, requests } = await run({ nodes: [history(contentsOfGoogle)] });
			expect(error?.message).toMatch(/^'?.*Chat History/);
			expect(error?.message).toMatch(message);
			expect(requests).toEqual([]);
		}
	},

	'*If* and *Wait* that ask again': async (does) => {
		const wait = { 'retry-after': '0' };
		const body = { error: { message: 'Busy' } };
		for (const status of [429, 503]) {
			const { asked, error, items } = await withService(
				async (prompt, time) =>
					time === 1 ? { status, headers: wait, body } : await drawn(prompt),
				{ nodes: [draw()] },
			);
			expect(error).toBeUndefined();
			expect(asked).toHaveLength(2);
			expect(items[0]?.binary?.data).toBeDefined();
		}

		const prompt = '={{ $json.prompt }}';
		const input = [{ json: { prompt: 'Cat' } }, { json: { prompt: 'Dog' } }];
		const failOnce = async (words: string, time: number) =>
			words === 'Dog' && time === 1 ? { status: 500, body } : await drawn(words);
		const retry = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 };
		const again = await withService(failOnce, {
			nodes: [{ ...draw({ prompt }), ...retry }],
			input,
		});
		expect(again.error).toBeUndefined();
		expect(again.asked.toSorted()).toEqual(['Cat', 'Dog', 'Dog']);
		expect(again.items).toHaveLength(2);

		const onError = 'continueErrorOutput' as const;
		const going = await withService(failOnce, { nodes: [{ ...draw({ prompt }), onError }], input });
		expect(going.items).toHaveLength(1);
		const [failed] = going.output(NODE, 1);
		told(does, '{{ $json.error }}');
		expect(failed?.json.error).toMatch(/\(500\).*Busy/);
	},

	'`mask`; `background`': async (does, has) => {
		const [photo, mask] = await images('#c02020', '#ffffff');
		const fields = { imageSource: 'binary', binaryPropertyName: told(does, 'photo, mask') };
		const input = [await itemWith(harness.engine, { mask, photo })];
		const { bodies, items } = await succeed({ nodes: [edit(fields)], input });
		expect(sentImages(bodies[0]!)).toEqual(tracesOf([photo, mask]));
		// No field and no option, nor anything in what comes out.
		const names = [...PROPERTIES, ...OPTIONS].map(({ name, displayName }) => [name, displayName]);
		const known = [names.flat(), Object.keys(items[0]!.json), Object.keys(bodies[0]!)]
			.flat()
			.map((name) => name.replace(/[ _]/g, '').toLowerCase());
		const [, ...others] = codeIn(has);
		expect(others).toHaveLength(7);
		for (const other of others) expect(known).not.toContain(other.replaceAll('_', ''));
	},
};

/** The trials of a row. */
const trialsOf = ([has = '']: string[]) =>
	Object.entries(TRIALS).filter(([words]) => has.includes(words));

test('Each row of the page on moving has a trial, and each trial has a row', () => {
	expect(ROWS.length).toBeGreaterThan(20);
	expect(ROWS.map(([has, ...others]) => [has, trialsOf([has!, ...others]).length])).toEqual(
		ROWS.map(([has]) => [has, 1]),
	);
	expect(Object.keys(TRIALS)).toHaveLength(ROWS.length);
});

test.each(ROWS)(
	'A trial in the engine does what the page says to do with: %s',
	async (has, does) => {
		const [[, trial] = []] = trialsOf([has, does]);
		await trial!(does, has);
	},
);

/** What n8n's editor shows on each node. */
const SETTINGS = ['On Error', 'Retry On Fail'];
const VALUES_OF_SETTINGS = ['Continue (using error output)'];

/** Other nodes that the right side names. */
const NODES = ['Split Out', 'Limit'];

test('The page on moving names only fields, options and values that the node has', () => {
	const shown = [...PROPERTIES, ...OPTIONS];
	const values = shown.flatMap(({ options = [] }) =>
		(options as Array<INodePropertyOptions | INodeProperties | INodePropertyCollection>).map(
			({ name }) => name,
		),
	);
	const names = shown.map(({ displayName }) => displayName);
	const cells = ROWS.map(([, does = '']) => does);
	const bold = cells.flatMap((cell) => [...cell.matchAll(/\*\*(.+?)\*\*/g)]);
	expect(bold.length).toBeGreaterThan(20);
	const known = [...names, ...values, ...SETTINGS];
	expect(bold.map(([, name]) => name).filter((name) => !known.includes(name!))).toEqual([]);
	const italic = cells.flatMap((cell) => [...cell.matchAll(/(?<![*`])\*([^*`]+)\*(?![*`])/g)]);
	expect(italic.length).toBeGreaterThan(5);
	const wrong = italic.map(([, name]) => name!).filter((name) => !values.includes(name));
	expect(wrong.filter((name) => ![...VALUES_OF_SETTINGS, ...NODES].includes(name))).toEqual([]);
});
