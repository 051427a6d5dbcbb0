import type { IExecuteFunctions, StructuredChunk } from 'n8n-workflow';

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

describe('the live text', () => {
	const placeholders = createPlaceholders();
	const image = `data:image/png;base64,${placeholders.of(0)}`;

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
	])(
		'The live text of an answer with %s is that of the item, however it is cut',
		async (_what, deltas) => {
			for (let size = 1; size <= 12; size++) {
				const pieces = deltas.flatMap((delta) =>
					delta === image ? [delta] : (delta.match(new RegExp(`.{1,${size}}`, 'g')) ?? []),
				);
				const { text, sent } = await answer(pieces);
				expect(sent.join('').trim()).toBe(text);
				expect(text).not.toContain('image:');
			}
		},
	);

	test('The live text does not hold back for ever what never becomes an image', async () => {
		const { sent } = await answer(['![', ...Array.from({ length: 3000 }, () => 'a')]);
		expect(sent.length).toBeGreaterThan(900);
		expect(sent[0]!.length).toBeLessThan(2600);
	});
});
