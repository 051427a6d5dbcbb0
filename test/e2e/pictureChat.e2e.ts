import { randomUUID } from 'node:crypto';

import { core, gemini, workflow, type Workflow, type WorkflowNode } from './flows';
import { photo, sha256 } from './pictures';
import type { Server } from './server';
import { openStage, type Stage } from './stage';

let stage: Stage;
let server: Server;

beforeAll(async () => {
	stage = await openStage({}, 'tiny');
	server = await stage.startServer();
});
afterAll(async () => await stage?.close());

function langchain(name: string, type: string, typeVersion: number, parameters = {}): WorkflowNode {
	const node = core(name, '', typeVersion, parameters);
	return { ...node, type: `@n8n/n8n-nodes-langchain.${type}` };
}

/** The three nodes: Chat Trigger, Gemini Image, and a memory below it. */
function threeNodes(webhookId: string, responseMode: string): Workflow {
	const options = { responseMode, allowFileUploads: true };
	const trigger = langchain('Chat', 'chatTrigger', 1.4, { public: true, options });
	const memory = langchain('Memory', 'memoryBufferWindow', 1.3);
	const chat = gemini('Talk', { operation: 'chat', prompt: '={{ $json.chatInput }}' });
	const flow = workflow(webhookId, [{ ...trigger, webhookId }, chat]);
	const toMemory = [[{ node: chat.name, type: 'ai_memory', index: 0 }]];
	return {
		...flow,
		nodes: [...flow.nodes, memory],
		connections: { ...flow.connections, [memory.name]: { ai_memory: toMemory } as never },
	};
}

/** Opens a session with the chat of a workflow, as its page does. */
function openSession(webhookId: string) {
	const sessionId = randomUUID();

	return async function say(chatInput: string, file?: Buffer) {
		const message = { action: 'sendMessage', sessionId, chatInput };
		const form = new FormData();
		for (const [name, value] of Object.entries(message)) form.append(name, value);
		if (file) form.append('files', new Blob([file], { type: 'image/jpeg' }), 'photo.jpg');
		const response = await server.call(`/webhook/${webhookId}/chat`, file ? form : message);
		const text = await response.text();
		if (!response.ok) throw new Error(`n8n answered ${response.status}: ${text}`);
		const shown = shownIn(text);
		const link = /!\[[^\]]*\]\(([^)]+)\)/.exec(shown)?.[1];
		const image = link && new Uint8Array(await (await fetch(link)).arrayBuffer());
		return { shown, image: image ? sha256(image) : undefined, sent: sentImages() };
	};
}

/** What the page shows: the pieces of a stream, or the `output` of the last node. */
function shownIn(answer: string): string {
	const lines = answer.split('\n').filter(Boolean);
	const values = lines.map((line) => JSON.parse(line) as { output?: string; content?: string });
	return values.map(({ output, content }) => output ?? content ?? '').join('');
}

/** The images of the newest request, as the emulator saw them. */
function sentImages(): string[] {
	const requests = stage.emulator.requests.filter(({ path }) => path.includes('completions'));
	const { messages } = requests.at(-1)?.body as { messages: Array<{ content: unknown }> };
	const text = JSON.stringify(messages.at(-1)?.content);
	return [...text.matchAll(/sha256=(\w+)/g)].map(([, hash]) => hash!);
}

describe.each(['lastNode', 'streaming'])('three nodes, response mode %s', (mode) => {
	beforeAll(async () => void (await server.publish(threeNodes(mode, mode))));

	test('draw; change it; ask about it in words', async () => {
		const say = openSession(mode);
		const first = await say('Draw a fox');
		expect(first.image).toBeDefined();
		const second = await say('Draw it at night');
		expect(second.sent).toEqual([first.image]);
		expect(second.image).toBeDefined();
		const third = await say('Words only: what is in it?');
		expect(third.sent).toEqual([second.image]);
		expect(third.shown).toContain('I remember 2 earlier turns');
		expect(third.image).toBeUndefined();
	});

	test('an upload in between', async () => {
		const say = openSession(mode);
		await say('Draw a fox');
		expect((await say('Words only: what is this?', photo)).sent).toEqual([sha256(photo)]);
		expect((await say('Draw it in snow')).sent).toEqual([sha256(photo)]);
	});

	test('two sessions side by side', async () => {
		const [one, two] = [openSession(mode), openSession(mode)];
		const fox = await one('Draw a fox');
		const owl = await two('Draw an owl');
		expect(fox.image).not.toBe(owl.image);
		expect((await one('Draw it at night')).sent).toEqual([fox.image]);
		expect((await two('Draw it at night')).sent).toEqual([owl.image]);
	});
});
