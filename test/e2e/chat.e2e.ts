import { openEditor } from './browser';
import { core, gemini, workflow, type Workflow } from './flows';
import type { Server } from './server';
import { openStage, type Stage } from './stage';
import { until } from './until';

/** Milliseconds between two pieces of the answer. */
const TYPING_MS = 250;

interface Piece {
	type: 'begin' | 'item' | 'end';
	content?: string;
	metadata: { nodeName: string };
	/** When it came, in milliseconds since the start of the answer. */
	ms: number;
}

let stage: Stage;
let server: Server;

beforeAll(async () => {
	stage = await openStage({}, `typing-${TYPING_MS}`);
	server = await stage.startServer();
});
afterAll(async () => await stage?.close());

/** Says something in the chat of a workflow, and listens to the answer as it comes. */
async function say(chat: string, chatInput: string): Promise<Piece[]> {
	const body = { action: 'sendMessage', sessionId: 'session', chatInput };
	const response = await server.call(`/webhook/${chat}/chat`, body);
	if (!response.ok) throw new Error(`n8n answered ${response.status}: ${await response.text()}`);
	const pieces: Piece[] = [];
	const start = Date.now();
	let rest = '';
	for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
		const lines = (rest + chunk).split('\n');
		rest = lines.pop() ?? '';
		const ms = Date.now() - start;
		pieces.push(...lines.filter(Boolean).map((line) => ({ ...JSON.parse(line), ms }) as Piece));
	}
	return pieces;
}

function chatTrigger(chat: string) {
	const node = core('Chat', '', 1.4, { public: true, options: { responseMode: 'streaming' } });
	return { ...node, type: '@n8n/n8n-nodes-langchain.chatTrigger', webhookId: chat };
}

const PROMPT = 'Hello, words only please';
const ANSWER = `You wrote "${PROMPT}". I remember 0 earlier turns.`;

function wordsWorkflow(chat: string): Workflow {
	const answer = gemini('Answer', { operation: 'chat', prompt: '={{ $json.chatInput }}' });
	return workflow(chat, [chatTrigger(chat), answer]);
}

test('A chat gets the answer in pieces, while the model still writes', async () => {
	await server.publish(wordsWorkflow('words'));
	const pieces = (await say('words', PROMPT)).filter(
		({ metadata }) => metadata.nodeName === 'Answer',
	);
	const items = pieces.slice(1, -1);
	expect(pieces[0]?.type).toBe('begin');
	expect(pieces.at(-1)?.type).toBe('end');
	expect(new Set(items.map(({ type }) => type))).toEqual(new Set(['item']));
	expect(items.map(({ content }) => content).join('')).toBe(ANSWER);
	expect(items.length).toBeGreaterThan(3);
	const [first, last] = [items[0]!, items.at(-1)!];
	expect(last.ms - first.ms).toBeGreaterThan(TYPING_MS);
});

test('The chat of the editor shows the answer as it grows', async () => {
	await stage.importWorkflows([wordsWorkflow('panel')]);
	const editor = await openEditor(server);
	try {
		await editor.openWorkflow('panel');
		await editor.by('workflow-chat-button').first().click();
		const panel = editor.by('canvas-chat');
		const box = panel.locator('textarea');
		await box.fill(PROMPT);
		await box.press('Enter');
		const shown = new Set<string>();
		await until('the whole answer', async () => {
			const text = (await panel.innerText()).split(PROMPT).slice(1).join(PROMPT).trim();
			if (text !== '') shown.add(text);
			return text === ANSWER || undefined;
		});
		expect(shown.size).toBeGreaterThan(2);
		for (const text of shown) expect(ANSWER.startsWith(text)).toBe(true);
	} finally {
		await editor.close();
	}
});
