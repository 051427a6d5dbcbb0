import type { IExecuteFunctions, INodeParameters, StructuredChunk } from 'n8n-workflow';

import { createLiveText } from '../../nodes/GeminiImage/operations/liveText';
import { createPlaceholders } from '../../nodes/GeminiImage/reply/prose';
import { createReplyReducer } from '../../nodes/GeminiImage/reply/reply';
import { createMemoryNode } from '../engine/memoryNode';
import { startChat, type Chat } from './chat';
import type { NodeRunOptions } from './harness';

let chat: Chat;
beforeAll(async () => {
	chat = await startChat();
});
afterAll(async () => await chat.close());

describe('a streaming run', () => {
	async function stream(prompt: string, options: NodeRunOptions = {}) {
		const chunks: StructuredChunk[] = [];
		const { json } = await chat.say(prompt, {
			mode: 'webhook',
			onChunk: (chunk) => chunks.push(chunk),
			...options,
		});
		const types = chunks.map(({ type }) => type);
		expect([types[0], types.at(-1)]).toEqual(['begin', 'end']);
		expect(types.filter((type) => type !== 'item')).toHaveLength(2);
		return { json, pieces: chunks.slice(1, -1).map(({ content }) => String(content)) };
	}

	test('A streamed answer that is an image alone is one piece with a link to the image', async () => {
		const { json, pieces } = await stream('Draw a fox');
		expect(pieces).toEqual([json.output]);
		expect(json.output).toMatch(/^!\[image\.png\]\(/);
	});

	test('The images of a streamed answer follow its words as a last piece', async () => {
		const memory = createMemoryNode();
		memory.session().push({ type: 'human', content: 'Hi' });
		const { json, pieces } = await stream('Draw a fox', { memory: memory.node });
		expect(pieces.length).toBeGreaterThan(1);
		expect(pieces.at(-1)).toBe(`\n\n${String(json.output).split('\n\n')[1]}`);
		expect(pieces.join('')).toBe(json.output);
	});

	test('A streamed answer keeps nothing of markdown whose image came in a piece of its own', async () => {
		const { json, pieces } = await stream('Draw a cat', { profile: 'markdown' });
		expect(json.images).toHaveLength(1);
		const words = pieces.slice(0, -1).join('');
		expect(words.trim()).toBe(json.text);
	});
});

describe('a failure in a streaming run', () => {
	const HOUR = 'busy-hour';

	/** The failure of a run, of which a chat that streams shows the description alone. */
	async function failureIn(
		mode: 'streaming' | 'plain',
		profile: string,
		parameters: INodeParameters = {},
	) {
		const onChunk = mode === 'streaming' ? () => {} : undefined;
		const prompt = 'Draw a fox';
		const { error } = await chat.say(prompt, { mode: 'webhook', profile, onChunk }, parameters);
		return { message: String(error?.message), description: String(error?.description) };
	}

	test.each<[string, string, INodeParameters]>([
		['a chat whose key is refused', 'status-401', {}],
		['a chat whose service fails', 'status-500', {}],
		['a chat that is to wait for an hour', HOUR, {}],
		['a chat that breaks off in its answer', 'error-mid-stream', {}],
		['a chat with an empty prompt', '', { prompt: ' ' }],
		['a chat whose model does not take the size', '', { imageSize: '4K' }],
		['an image that the model refuses', 'refusal', { operation: 'textToImage' }],
		['an image that the service refuses', 'status-402', { operation: 'textToImage' }],
	])(
		'The description of %s begins with its message where the run streams, and there alone',
		async (_what, profile, parameters) => {
			const plain = await failureIn('plain', profile, parameters);
			expect(plain.description).toMatch(/^[A-Z'].*\.$/s);
			expect(plain.description).not.toContain(plain.message);
			const { message, description } = await failureIn('streaming', profile, parameters);
			expect(message).toBe(plain.message);
			expect(description.slice(0, message.length)).toBe(message);
			expect(description.slice(message.length)).toMatch(/^(?:\.?\s+|: )/);
			expect(description.endsWith(plain.description)).toBe(true);
		},
	);

	test('The description of a wait of an hour stands by itself, streamed or not', async () => {
		for (const mode of ['plain', 'streaming'] as const) {
			const { description } = await failureIn(mode, HOUR);
			expect(description).not.toMatch(/\bRun again then\b/);
		}
	});
});

describe('the live text', () => {
	const placeholders = createPlaceholders();
	const bare = placeholders.of(0);
	const image = `data:image/png;base64,${bare}`;

	/** The text that the item gets, and what was sent of it. */
	async function answer(deltas: string[]) {
		const sent: string[] = [];
		const live = createLiveText(
			{
				isStreaming: () => true,
				sendChunk: async (type: string, _item: number, text: string) => {
					if (type === 'item') sent.push(text);
				},
			} as unknown as IExecuteFunctions,
			0,
		);
		const reducer = createReplyReducer(placeholders, live.add);
		for (const content of deltas) reducer.add({ choices: [{ delta: { content } }] });
		await live.end();
		return { text: reducer.end().said.text, sent };
	}

	test.each([
		['an image', ['See ![a fox](', image, ') here.']],
		['an image alone', ['![', '](', image, ')']],
		['two images', ['![a](', image, ')![b](', image, ') end']],
		['a link of the web', ['See ![a](https://example.com/a.png)!']],
		['no image', ['Wow! [1](x) a![b ![c](d ![e] (f) !']],
		['an open end', ['It ends with ![an image](']],
		['exclamation marks', ['Look!', '!', '!']],
		['an image of HTML', ['See <img src="', image, '" alt="a fox"> here.']],
		['an image of HTML in capitals', ["<IMG ALT='a' SRC = '", image, "'/> end"]],
		['an image of HTML without quotes', ['A <img width=5 src=', image, '> end']],
		['two images of HTML', ['<img src="', image, '"><img src="', image, '">!']],
		['an image of HTML of the web', ['See <img src="https://example.com/a.png" alt="">!']],
		['other HTML', ['1 < 2 <b>x</b> <i <image src=""> <img alt="a"> <']],
		['an open end of HTML', ['It ends with <img src="']],
		['the head of a data URL', ['![a](data:image/png;base64,', bare, ') and more']],
		['the head of a data URL in HTML', ['<img src="data:image/png;base64,', bare, '"> more']],
	])(
		'The live text of an answer with %s is that of the item, however it is cut',
		async (_what, deltas) => {
			for (let size = 1; size <= 12; size++) {
				const pieces = deltas.flatMap((delta) =>
					[image, bare].includes(delta)
						? [delta]
						: (delta.match(new RegExp(`.{1,${size}}`, 'g')) ?? []),
				);
				const { text, sent } = await answer(pieces);
				expect(sent.join('').trim()).toBe(text);
				expect(text).not.toContain('image:');
			}
		},
	);

	test('The live text does not hold back for ever what never becomes an image', async () => {
		for (const start of ['![', '<img ', '<img src="data:']) {
			const { sent } = await answer([start, ...Array.from({ length: 3000 }, () => 'a')]);
			expect(sent.length).toBeGreaterThan(900);
			expect(sent[0]!.length).toBeLessThan(2600);
		}
	});
});
