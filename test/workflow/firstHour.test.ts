import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { createMemoryNode } from '../engine/memoryNode';
import { sentImages, sha256 } from './chat';
import { imageFile, itemWith, startHarness, type Harness, type NodeRunOptions } from './harness';

const NODE = 'Gemini Image';
const PDF = Buffer.from('%PDF-1.7\n1 0 obj');

let harness: Harness;
beforeAll(async () => {
	harness = await startHarness();
});
afterAll(async () => await harness.close());

/** What came of a run, and what was sent for it. */
async function run(parameters: INodeParameters, options: NodeRunOptions = {}) {
	const before = harness.emulator.requests.length;
	const { error, output, hints } = await harness.run(parameters, { profile: 'tiny', ...options });
	const requests = harness.emulator.requests.slice(before);
	return {
		error,
		items: output(NODE),
		hints: hints(NODE),
		requests,
		bodies: requests.map(({ body }) => body as IDataObject),
	};
}

/** The same, of a single item that fails, by the output that On Error continues with. */
async function failureOf(parameters: INodeParameters, options: NodeRunOptions = {}) {
	const { items, requests, error } = await run(parameters, {
		onError: 'continueRegularOutput',
		...options,
	});
	expect(error).toBeUndefined();
	expect(requests).toEqual([]);
	const { error: message, details } = items[0]?.json as { error: string; details: IDataObject };
	return { message, field: details.field, description: String(details.description) };
}

const traceOf = (type: string, bytes: Buffer) =>
	`data:image/${type};base64,<${bytes.length} bytes sha256=${sha256(bytes)}>`;

/** A whole image under names that no default of a form knows, and a PDF. */
async function formItem() {
	const photo = await imageFile('jpeg', '#104080');
	const logo = await imageFile('webp', '#20c040');
	const { binary } = await itemWith(harness.engine, { Produktfoto_1: photo, 'das Logo': logo });
	binary!.Rechnung = await harness.engine.store(PDF, 'invoice.pdf', 'application/pdf');
	return { item: { json: {}, binary } as INodeExecutionData, photo, logo };
}

describe('a new Chat', () => {
	test('A chat whose Prompt nobody has set asks what the message of the Chat Trigger says', async () => {
		const input = [{ json: { sessionId: 's', action: 'sendMessage', chatInput: 'Draw a heron' } }];
		const { error, bodies } = await run({ operation: 'chat' }, { input });
		expect(error).toBeUndefined();
		expect(bodies).toMatchObject([{ messages: [{ role: 'user', content: 'Draw a heron' }] }]);
	});

	test('A chat whose Prompt nobody has set asks for each item what its own message says', async () => {
		const words = ['Draw a heron', 'Draw a newt'];
		const input = words.map((chatInput) => ({ json: { chatInput } }));
		const { error, bodies } = await run({ operation: 'chat' }, { input });
		expect(error).toBeUndefined();
		const asked = bodies.map(({ messages }) => (messages as IDataObject[])[0]?.content);
		expect(asked.sort()).toEqual(words);
	});

	test.each<[string, IDataObject]>([
		['no message', { body: 'Draw a heron' }],
		['an empty message', { chatInput: '' }],
		['a message of blanks', { chatInput: ' \n' }],
		['a message that is null', { chatInput: null }],
	])(
		'A chat whose Prompt nobody has set says what gave nothing if the item has %s',
		async (_what, json) => {
			const failure = await failureOf({ operation: 'chat' }, { input: [{ json }] });
			expect(failure.field).toBe('Prompt');
			expect(failure.message).toContain("'Prompt' is empty");
		},
	);

	test.each(['textToImage', 'imageToImage'])(
		'The Prompt of the operation %s has no default that sends the message of a chat',
		async (operation) => {
			const input = [{ ...(await formItem()).item, json: { chatInput: 'Draw a heron' } }];
			await expect(run({ operation }, { input })).rejects.toThrow('"Prompt" is required');
		},
	);
});

describe('a new Image to Image', () => {
	const edit: INodeParameters = { operation: 'imageToImage', prompt: 'Merge them' };

	test('Image to image takes all images of an item, whatever their fields are called, and passes over a PDF', async () => {
		const { item, photo, logo } = await formItem();
		const { error, bodies, hints } = await run(edit, { input: [item] });
		expect(error).toBeUndefined();
		expect(bodies).toHaveLength(1);
		expect(sentImages(bodies[0]!)).toEqual([traceOf('jpeg', photo), traceOf('webp', logo)]);
		expect(hints).toEqual(['Not sent, as they are no images: Rechnung (invoice.pdf)']);
	});

	test('Image to image takes all images of an item in combined binary mode, and passes over a PDF', async () => {
		const { item, photo, logo } = await formItem();
		const input = [{ json: { _files: item.binary as never } }];
		const { error, bodies, hints } = await run(edit, { input, binaryMode: 'combined' });
		expect(error).toBeUndefined();
		expect(sentImages(bodies[0]!)).toEqual([traceOf('jpeg', photo), traceOf('webp', logo)]);
		expect(hints).toEqual(['Not sent, as they are no images: Rechnung (invoice.pdf)']);
	});

	test('Image to image takes each item by its own images', async () => {
		const [red, blue] = [await imageFile('png', '#ff0000'), await imageFile('png', '#0000ff')];
		const input = [
			await itemWith(harness.engine, { first: red }),
			await itemWith(harness.engine, { second: blue }),
		];
		const { bodies } = await run(edit, { input });
		const sent = bodies.map((body) => sentImages(body));
		expect(sent).toHaveLength(2);
		expect(sent).toEqual(expect.arrayContaining([[traceOf('png', red)], [traceOf('png', blue)]]));
	});

	test('An image that is wrongly called a document is taken, too', async () => {
		const bytes = await imageFile();
		const scan = await harness.engine.store(bytes, 'scan', 'application/octet-stream');
		const { bodies, hints } = await run(edit, { input: [{ json: {}, binary: { scan } }] });
		expect(sentImages(bodies[0]!)).toEqual([traceOf('png', bytes)]);
		expect(hints).toEqual([]);
	});

	const withoutImages: Array<[string, () => Promise<INodeExecutionData>]> = [
		['no file', async () => ({ json: { url: 'https://example.com/photo.jpg' } })],
		[
			'a PDF alone',
			async () => ({
				json: {},
				binary: { Rechnung: await harness.engine.store(PDF, 'invoice.pdf', 'application/pdf') },
			}),
		],
	];

	test.each(withoutImages)(
		'Image to image fails on an item with %s, names Image Source, and sends nothing',
		async (_what, make) => {
			const item = await make();
			const { message, field, description } = await failureOf(edit, { input: [item] });
			expect(field).toBe('Image Source');
			expect(message).toMatch(/\bno image\b/);
			expect(`${message} ${description}`).toContain('URL');
			if (item.binary) expect(description).toContain('Rechnung');
		},
	);

	test('Image to image stops the workflow at an item without any image unless On Error says otherwise', async () => {
		const { error, requests } = await run(edit);
		expect(requests).toEqual([]);
		expect(error?.message).toContain('Image Source');
		expect(error).toMatchObject({ context: { itemIndex: 0, details: { field: 'Image Source' } } });
	});

	test('One item without an image fails alone, and those beside it are edited', async () => {
		const { item } = await formItem();
		const { items, requests } = await run(edit, {
			input: [item, { json: {} }, item],
			onError: 'continueRegularOutput',
		});
		expect(requests).toHaveLength(2);
		expect(items.map(({ json }) => (json.error === undefined ? 'edited' : 'failed'))).toEqual([
			'edited',
			'failed',
			'edited',
		]);
	});

	test.each([
		['the first', [0]],
		['the last', [2]],
		['the first and the last', [0, 2]],
	])(
		'With Combine Items, one request has what images there are, if %s of three items has some',
		async (_which, having) => {
			const bytes = await imageFile();
			const some = await itemWith(harness.engine, { photo: bytes });
			const input = [0, 1, 2].map((index) => (having.includes(index) ? some : { json: {} }));
			const { error, bodies } = await run({ ...edit, options: { combineItems: true } }, { input });
			expect(error).toBeUndefined();
			expect(bodies).toHaveLength(1);
			expect(sentImages(bodies[0]!)).toEqual(having.map(() => traceOf('png', bytes)));
		},
	);

	test('With Combine Items, it is an error only if no item has an image', async () => {
		const invoice = await harness.engine.store(PDF, 'invoice.pdf', 'application/pdf');
		const input = [{ json: {} }, { json: {}, binary: { invoice } }];
		const { field } = await failureOf({ ...edit, options: { combineItems: true } }, { input });
		expect(field).toBe('Image Source');
	});

	test('With Combine Items, the error of a field that one item lacks tells the number of that item', async () => {
		const input = [await itemWith(harness.engine, { data: await imageFile() }), { json: {} }];
		const combined = { ...edit, imageSource: 'binary', options: { combineItems: true } };
		const { message, field } = await failureOf(combined, { input });
		expect(field).toBe('Input Data Field Name');
		expect(message).toBe("The item has no binary field 'data' [item 1]");
	});

	test('Image Source keeps what a workflow has stored, and Automatic is not put in its place', async () => {
		const { item } = await formItem();
		const { message, field } = await failureOf(
			{ ...edit, imageSource: 'binary' },
			{ input: [item] },
		);
		expect(field).toBe('Input Data Field Name');
		expect(message).toBe("The item has no binary field 'data'");
	});

	test.each([
		['as it is added', {}],
		['with Image Source binary', { imageSource: 'binary' }],
		['with Image Source binary and all fields', { imageSource: 'binary', binaryPropertyName: '*' }],
	])(
		'Image to image as the tool of an agent, %s, tells in its message to have the model fill in Image URLs',
		async (_how, more) => {
			const failure = await failureOf({ ...edit, ...more }, { isTool: true });
			expect(failure.field).toBe('Image Source');
			// The agent is shown the message alone.
			expect(failure.message).toMatch(/set 'Image Source' to URL\b.*\bmodel fill in 'Image URLs'/);
			expect(`${failure.message} ${failure.description}`).not.toContain('node before');
		},
	);

	test('Image to image as a tool with Image Source URL works with the addresses that the model fills in', async () => {
		const url = 'https://example.com/photo.jpg';
		const parameters = { ...edit, imageSource: 'url', imageUrls: '={{ $json.urls }}' };
		const input = [{ json: { urls: [url] } }];
		const { error, bodies } = await run(parameters, { input, isTool: true });
		expect(error).toBeUndefined();
		expect(sentImages(bodies[0]!)).toEqual([url]);
	});

	test('A chat as the tool of an agent needs no image, and is sent without any', async () => {
		const { error, bodies } = await run({ operation: 'chat', prompt: 'Hello' }, { isTool: true });
		expect(error).toBeUndefined();
		expect(bodies).toMatchObject([{ messages: [{ role: 'user', content: 'Hello' }] }]);
	});
});

describe('a memory without a session', () => {
	// The words of n8n's own memory nodes, whose description does not reach other nodes.
	const noSession = () => {
		const memory = createMemoryNode();
		memory.node.supplyData = async function () {
			throw new NodeOperationError(this.getNode(), 'No session ID found');
		};
		return memory.node;
	};

	test('A memory without a session says what its Session ID takes, in a chat and outside one', async () => {
		const { error, requests } = await run(
			{ operation: 'chat', prompt: 'Hello' },
			{ memory: noSession() },
		);
		expect(requests).toEqual([]);
		expect(error?.message).toBe('The memory cannot be read: No session ID found');
		expect(error?.description).toContain('Nothing was sent.');
		expect(error?.description).toContain('Session ID');
		expect(error?.description).toContain('sessionId');
		expect(error?.description).toContain('Define below');
		expect(error?.description).toMatch(/expression.*\buser\b/);
	});

	test('A memory that fails for another reason gets no advice about Session ID', async () => {
		const memory = createMemoryNode();
		memory.failOn = 'read';
		const { error } = await run({ operation: 'chat', prompt: 'Hello' }, { memory: memory.node });
		expect(error?.description).not.toContain('Define below');
	});
});

describe('expressions that give nothing', () => {
	const id = (value: string): INodeParameters => ({ model: { __rl: true, mode: 'id', value } });

	test.each<[string, string, INodeParameters]>([
		['undefined', 'Prompt', { prompt: '={{ $json.nothing }}' }],
		['null', 'Prompt', { prompt: '={{ null }}' }],
		['an empty text', 'Prompt', { prompt: '={{ "" }}' }],
		['blanks', 'Prompt', { prompt: '={{ " \\n" }}' }],
		['undefined', 'Model', { prompt: 'x', ...id('={{ $json.nothing }}') }],
		['null', 'Model', { prompt: 'x', ...id('={{ null }}') }],
		['an empty text', 'Model', { prompt: 'x', ...id('={{ "" }}') }],
	])(
		'An expression that gives %s is named as what left %s empty',
		async (_what, field, parameters) => {
			const failure = await failureOf({ operation: 'textToImage', ...parameters });
			expect(failure.field).toBe(field);
			expect(failure.message).toContain(`'${field}' is empty`);
			expect(failure.message).toMatch(/expression.*gave nothing/);
			expect(failure.message).not.toMatch(/undefined|\[object|=\{\{/);
		},
	);

	test('The expression that gave nothing is shown as it stands, cut if it is long', async () => {
		const short = await failureOf({ prompt: '={{ $json.nothing }}' });
		expect(short.message).toMatch(/its expression gave nothing$/);
		expect(short.description).toContain('{{ $json.nothing }}');
		const long = await failureOf({ prompt: `={{ $json["${'x'.repeat(5000)}"] }}` });
		expect(long.message).toMatch(/gave nothing/);
		expect(long.message.length).toBeLessThan(300);
		expect(long.description?.length).toBeLessThan(300);
	});

	test('A Prompt of blanks that no expression gave does not speak of an expression', async () => {
		const { message, description } = await failureOf({ prompt: '  ' });
		expect(message).toBe("'Prompt' is empty");
		expect(description).not.toMatch(/expression/i);
	});
});

describe('a message of Chat History that is none', () => {
	const asked = async (message: unknown) => {
		const history = JSON.stringify([{ role: 'user', content: 'Hello' }, message]);
		return await failureOf({ operation: 'chat', prompt: 'x', options: { history } });
	};

	test.each<[unknown, string]>([
		['human', '"human"'],
		['model', '"model"'],
		['', '""'],
		[7, '7'],
		[null, 'null'],
	])('A message of Chat History with the role %j is refused by its role', async (role, shown) => {
		const { message, field } = await asked({ role, content: 'Hi' });
		expect(field).toBe('Chat History');
		expect(message).toContain('Message 2');
		expect(message).toContain(`role ${shown}`);
		for (const taken of ['system', 'user', 'assistant']) expect(message).toContain(taken);
	});

	test.each<[string, unknown]>([
		['no content', { role: 'user' }],
		['a content of null', { role: 'assistant', content: null }],
		['a content of its own kind', { role: 'user', content: { text: 'Hi' } }],
	])('A message of Chat History with %s is refused by its content', async (_what, entry) => {
		const { message, field } = await asked(entry);
		expect(field).toBe('Chat History');
		expect(message).toMatch(/^Message 2 .*content$/);
	});

	test('A message of Chat History without a role is refused by its role, and a text as no message', async () => {
		expect((await asked({ content: 'Hi' })).message).toMatch(/^Message 2 .*\bno role$/);
		expect((await asked('Hi')).message).toMatch(/^Message 2 .*is not a message$/);
	});

	test('A long role of Chat History is cut in the message', async () => {
		const { message } = await asked({ role: 'r'.repeat(5000), content: 'Hi' });
		expect(message.length).toBeLessThan(300);
	});
});
