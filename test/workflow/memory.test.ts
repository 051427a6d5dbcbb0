import type { IDataObject } from 'n8n-workflow';

import { createMemoryNode } from '../engine/memoryNode';
import { asHistory, NODE, sentImages, sha256, startChat, type Chat } from './chat';

const NOT_SAVED = expect.stringMatching(/^The turn could not be saved in the memory, /);

let chat: Chat;
beforeAll(async () => {
	chat = await startChat();
});
afterAll(async () => await chat.close());

describe('a chat with a memory', () => {
	test('A chat with a memory draws an image, changes it and answers a question about it', async () => {
		const memory = createMemoryNode();
		const first = await chat.say('Draw a fox', { memory: memory.node });
		expect(first.error).toBeUndefined();
		const drawn = await chat.engine.read(first.item!.binary!.data!);
		expect(first.json.output).toMatch(/^!\[image\.png\]\(http:\/\/127\.0\.0\.1:\d+\/rest\/binary-/);
		expect(memory.session()).toEqual([
			{ type: 'human', content: 'Draw a fox' },
			{ type: 'ai', content: first.json.output },
		]);

		const second = await chat.say('Draw it at night', { memory: memory.node });
		expect(second.hints(NODE)).toEqual([]);
		expect(sentImages(second.body)).toEqual([
			`data:image/png;base64,<${drawn.length} bytes sha256=${sha256(drawn)}>`,
		]);
		expect(second.body.messages).toMatchObject([
			{ role: 'user', content: 'Draw a fox' },
			{ role: 'assistant', content: '(no words)' },
			{ role: 'user' },
		]);
		expect(second.json).toMatchObject({
			text: 'Here is the image, after 1 earlier turn.',
			output: expect.stringMatching(/^Here is the image, after 1 earlier turn\.\n\n!\[image/),
		});

		const third = await chat.say('Words only: what is in it?', { memory: memory.node });
		const night = await chat.engine.read(second.item!.binary!.data!);
		expect(sentImages(third.body)).toEqual([expect.stringContaining(sha256(night))]);
		expect(JSON.stringify(third.body)).not.toContain('token=');
		expect(third.json.output).toBe(third.json.text);
		expect(memory.session()).toHaveLength(6);
		expect(third.json.messages).toEqual(
			memory.session().map(({ type, content }) => ({
				role: type === 'human' ? 'user' : 'assistant',
				content,
			})),
		);
	});

	test('The messages of a memory are sent before those of Chat History, whoever wrote them', async () => {
		const memory = createMemoryNode();
		memory
			.session()
			.push(
				{ type: 'system', content: 'Be kind' },
				{ type: 'human', content: [{ type: 'text', text: 'Hi' }, 'there'] },
				{ type: 'ai', content: 'Hello' },
				{ type: 'tool', content: '[{"size":1}]' },
			);
		const { body } = await chat.say(
			'Say more',
			{ memory: memory.node },
			asHistory([{ role: 'user', content: 'Later' }]),
		);
		expect(body.messages).toEqual([
			{ role: 'system', content: 'Be kind' },
			{ role: 'user', content: 'Hi\n\nthere' },
			{ role: 'assistant', content: 'Hello' },
			{ role: 'assistant', content: '[{"size":1}]' },
			{ role: 'user', content: 'Later' },
			{ role: 'user', content: 'Say more' },
		]);
	});

	test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
		'A message of a memory whose role is called %s is one of the model',
		async (type) => {
			const memory = createMemoryNode();
			memory.session().push({ type, content: 'Hello' });
			const { body } = await chat.say('Say more', { memory: memory.node });
			expect(body.messages).toEqual([
				{ role: 'assistant', content: 'Hello' },
				{ role: 'user', content: 'Say more' },
			]);
		},
	);

	test('A memory with a window of two adds only the last two messages to a request', async () => {
		const memory = createMemoryNode();
		memory.window = 2;
		for (const content of ['1', '2', '3', '4']) memory.session().push({ type: 'human', content });
		const { body } = await chat.say('Say more', { memory: memory.node });
		expect((body.messages as IDataObject[]).map(({ content }) => content)).toEqual([
			'3',
			'4',
			'Say more',
		]);
	});

	test('Items use the memory of their own session, and those of one session take turns', async () => {
		const memory = createMemoryNode();
		const sessions = ['a', 'b', 'a'];
		const { error } = await chat.say('=Say {{ $itemIndex }}', {
			memory: memory.node,
			input: sessions.map((sessionId) => ({ json: { sessionId } })),
		});
		expect(error).toBeUndefined();
		const humans = (session: string) =>
			memory.session(session).map(({ type, content }) => (type === 'human' ? content : type));
		expect(humans('a')).toEqual(['Say 0', 'ai', 'Say 2', 'ai']);
		expect(humans('b')).toEqual(['Say 1', 'ai']);
		const last = chat.emulator.requests.at(-1)?.body as { messages: IDataObject[] };
		expect(last.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
	});

	test('A turn that fails is not saved in the memory', async () => {
		const memory = createMemoryNode();
		const { error } = await chat.say('Draw a fox', { memory: memory.node, profile: 'status-500' });
		expect(error?.message).toContain('(500)');
		expect(memory.session()).toEqual([]);
	});

	test('An answer with neither words nor an image is not saved in the memory', async () => {
		const memory = createMemoryNode();
		const options = { memory: memory.node, profile: 'empty-length' };
		const { error } = await chat.say('Draw a fox', options);
		expect(error?.message).toMatch(/^The model answered with neither words nor an image/);
		expect(memory.session()).toEqual([]);
	});

	test.each(['supply', 'read'] as const)(
		'A memory that fails to %s its messages fails the item, and nothing is sent',
		async (failOn) => {
			const memory = createMemoryNode();
			memory.failOn = failOn;
			const before = chat.emulator.requests.length;
			const { error } = await chat.say('Draw a fox', { memory: memory.node });
			expect(error?.message).toBe(`The memory cannot be read: Cannot ${failOn} the messages`);
			expect(error?.description).toMatch(/^Nothing was sent\. Check the memory node/);
			expect(chat.emulator.requests).toHaveLength(before);
		},
	);

	test.each(['supply', 'read'] as const)(
		'A memory that begins to %s its messages and never gets done fails the item within the Timeout',
		async (stuckOn) => {
			const memory = createMemoryNode();
			memory.stuckOn = stuckOn;
			const before = chat.emulator.requests.length;
			const { error } = await chat.say(
				'Draw a fox',
				{ memory: memory.node, signal: AbortSignal.timeout(10_000) },
				{ options: { timeout: 0.5 } },
			);
			expect(error?.message).toBe('The memory cannot be read: It took too long');
			expect(chat.emulator.requests).toHaveLength(before);
		},
	);

	const throwAtOnce = () => {
		throw new Error('No such session');
	};
	test.each<[string, object]>([
		['throws at once when it saves', { saveContext: throwAtOnce }],
		['has no way to save', { saveContext: undefined }],
		['has something else in the place of it', { saveContext: 'on' }],
		['throws a mere text', { saveContext: async () => await Promise.reject('No') }],
	])('A memory that %s lets the answer come out, and a hint says so', async (_what, members) => {
		const memory = createMemoryNode();
		memory.members = members;
		const { error, item, json, hints } = await chat.say('Draw a fox', { memory: memory.node });
		expect(error).toBeUndefined();
		expect(item?.binary?.data).toBeDefined();
		expect(json.messages).toHaveLength(2);
		expect(hints(NODE)).toEqual([NOT_SAVED]);
	});

	test('A memory that never ends to save lets the answer come out in some seconds, and a hint says so', async () => {
		const memory = createMemoryNode();
		memory.stuckOn = 'save';
		const begun = Date.now();
		const { error, item, hints } = await chat.say('Draw a fox', { memory: memory.node });
		expect(Date.now() - begun).toBeLessThan(15_000);
		expect(error).toBeUndefined();
		expect(item?.binary?.data).toBeDefined();
		expect(hints(NODE)).toEqual([NOT_SAVED]);
	});

	test('A memory that fails to save lets the answer come out, and a hint says so', async () => {
		const memory = createMemoryNode();
		memory.failOn = 'save';
		const { error, item, hints } = await chat.say('Draw a fox', { memory: memory.node });
		expect(error).toBeUndefined();
		expect(item?.binary?.data).toBeDefined();
		expect(hints(NODE)).toEqual([NOT_SAVED]);
	});

	test.each(['supply', 'read', 'save'] as const)(
		'A cancelled run ends, even if its memory begins to %s the messages and never gets done',
		async (stuckOn) => {
			const memory = createMemoryNode();
			const cancel = new AbortController();
			memory.stuckOn = stuckOn;
			// A moment later, as the Stop button is pressed while the node waits.
			memory.onStuck = () => setTimeout(() => cancel.abort(), 20);
			const options = { memory: memory.node, signal: cancel.signal };
			const { run } = await chat.say('Draw a fox', options);
			expect(run.status).toBe('canceled');
			expect(memory.session()).toEqual([]);
		},
	);

	test('Text to image saves nothing in a memory that is connected', async () => {
		const memory = createMemoryNode();
		const { error } = await chat.say(
			'Draw a fox',
			{ memory: memory.node },
			{ operation: 'textToImage' },
		);
		expect(error).toBeUndefined();
		expect(memory.session()).toEqual([]);
	});
});
