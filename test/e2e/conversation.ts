import { randomUUID } from 'node:crypto';

import { core, CREDENTIAL, gemini, workflow, type Workflow, type WorkflowNode } from './flows';
import { sha256 } from './drawnImages';
import type { Server } from './server';
import type { Stage } from './stage';

/** A node out of `@n8n/n8n-nodes-langchain`. */
export function langchain(
	name: string,
	type: string,
	typeVersion: number,
	parameters = {},
): WorkflowNode {
	const node = core(name, '', typeVersion, parameters);
	return { ...node, type: `@n8n/n8n-nodes-langchain.${type}` };
}

/** A chat without code: Chat Trigger, Gemini Image, and a memory below it. */
export function chatWorkflow(
	webhookId: string,
	responseMode: string,
	{ memory = langchain('Memory', 'memoryBufferWindow', 1.3), credential = CREDENTIAL } = {},
): Workflow {
	const options = { responseMode, allowFileUploads: true };
	const trigger = langchain('Chat', 'chatTrigger', 1.4, { public: true, options });
	const parameters = { operation: 'chat', prompt: '={{ $json.chatInput }}' };
	const chat = gemini('Talk', parameters, credential);
	const flow = workflow(webhookId, [{ ...trigger, webhookId }, chat]);
	const toMemory = [[{ node: chat.name, type: 'ai_memory', index: 0 }]];
	return {
		...flow,
		nodes: [...flow.nodes, memory],
		connections: { ...flow.connections, [memory.name]: { ai_memory: toMemory } as never },
	};
}

/** The link of the image that a text shows as markdown. */
function linkIn(text: string): string | undefined {
	return /!\[[^\]]*\]\(([^)]+)\)/.exec(text)?.[1];
}

/** The hash of the file that a link leads to. */
export async function hashAt(link: string): Promise<string> {
	return sha256(new Uint8Array(await (await fetch(link)).arrayBuffer()));
}

/** Opens a session with the published chat of a workflow, as its page does. */
export function openSession(stage: Stage, server: Server, webhookId: string) {
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
		const link = linkIn(shown);
		const sent = sentImages(stage);
		return { shown, link, image: link && (await hashAt(link)), sent };
	};
}

/** What the page shows: the pieces of a stream, or the `output` of the last node. */
function shownIn(answer: string): string {
	const lines = answer.split('\n').filter(Boolean);
	const values = lines.map((line) => JSON.parse(line) as { output?: string; content?: string });
	return values.map(({ output, content }) => output ?? content ?? '').join('');
}

/** The hashes of the images that the newest request to the emulator asked to work on. */
export function sentImages({ emulator }: Stage): string[] {
	const drawn = emulator.requests.filter(
		({ path, profile }) => path.includes('completions') && profile !== 'agent',
	);
	const { messages } = drawn.at(-1)?.body as { messages: Array<{ content: unknown }> };
	const text = JSON.stringify(messages.at(-1)?.content);
	return [...text.matchAll(/sha256=(\w+)/g)].map(([, hash]) => hash!);
}
