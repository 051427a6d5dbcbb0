import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { chatBody, imagesBody, type Prompt } from '../../../../nodes/GeminiImage/request/bodies';
import { DEFAULT_OPTIONS } from '../../helpers';

type Changes = Partial<Omit<Prompt, 'options'>> & { options?: Partial<Prompt['options']> };

const promptOf = ({ options, ...changes }: Changes): Prompt => ({
	model: 'gemini-2.5-flash-image',
	text: 'A cat',
	images: [],
	...changes,
	options: { ...DEFAULT_OPTIONS, ...options },
});
/** What is sent. */
const sent = (body: object): unknown => JSON.parse(JSON.stringify(body));
const chat = (changes: Changes) => sent(chatBody(promptOf(changes)));
const images = (changes: Changes) => sent(imagesBody(promptOf(changes)));

const model = 'gemini-2.5-flash-image';
const messages = [{ role: 'user', content: 'A cat' }];

test.each([model, 'gemini-3.0-pro-image-preview'])(
	'%s: the body is exactly the request of the reference',
	(id) => {
		const file = join(__dirname, '../../../fixtures', `${id}.request.json`);
		const text = 'Draw a cute orange cat sitting on a windowsill watching the sunset';
		expect(chat({ model: id, text })).toStrictEqual(JSON.parse(readFileSync(file, 'utf8')));
	},
);

describe('POST /chat/completions', () => {
	test.each<[string, Changes, object]>([
		['nothing but the prompt', {}, {}],
		['without streaming', { options: { stream: false } }, { stream: false }],
		['an aspect ratio', { aspectRatio: '16:9' }, { image_config: { aspect_ratio: '16:9' } }],
		['an image size', { imageSize: '4K' }, { image_config: { image_size: '4K' } }],
		[
			'both',
			{ aspectRatio: '1:1', imageSize: '512' },
			{ image_config: { aspect_ratio: '1:1', image_size: '512' } },
		],
		[
			'numbers, of which 0 is one',
			{ options: { temperature: 0, topP: 0, topK: 1, maxTokens: 100 } },
			{ temperature: 0, top_p: 0, top_k: 1, max_tokens: 100 },
		],
		['reasoning effort', { options: { reasoningEffort: 'low' } }, { reasoning_effort: 'low' }],
		[
			'safety settings',
			{ options: { safetySettings: [{ category: 'C', threshold: 'BLOCK_NONE' }] } },
			{ safety_settings: [{ category: 'C', threshold: 'BLOCK_NONE' }] },
		],
		[
			'an extra body, which wins',
			{ options: { temperature: 1, extraBody: { temperature: 2, modalities: ['image'] } } },
			{ temperature: 2, modalities: ['image'] },
		],
	])('%s', (_name, changes, expected) => {
		expect(chat(changes)).toStrictEqual({ model, messages, stream: true, ...expected });
	});

	test('system message, then history, then the prompt', () => {
		const history = [
			{ role: 'user', content: 'Hi' },
			{ role: 'assistant', content: 'Hello' },
		];
		const body = chat({ options: { systemMessage: 'Be brief', history } });
		expect(body).toMatchObject({
			messages: [{ role: 'system', content: 'Be brief' }, ...history, messages[0]],
		});
	});

	test('with images, the text part comes first, then the images in order', () => {
		const urls = ['https://example.com/b.png', 'https://example.com/a.png'];
		expect(chat({ images: urls })).toMatchObject({
			messages: [
				{
					role: 'user',
					content: [
						{ type: 'text', text: 'A cat' },
						{ type: 'image_url', image_url: { url: urls[0] } },
						{ type: 'image_url', image_url: { url: urls[1] } },
					],
				},
			],
		});
	});
});

describe('POST /images/generations and /images/edits', () => {
	const a = 'https://example.com/a.png';
	const b = 'https://example.com/b.png';
	test.each<[string, Changes, object]>([
		['nothing but the prompt', {}, {}],
		['one image', { images: [a] }, { image: a }],
		['several images', { images: [b, a] }, { image: [b, a] }],
		[
			'everything it takes',
			{ aspectRatio: '21:9', imageSize: '1K', options: { temperature: 0.5, topP: 1, topK: 40 } },
			{
				image_config: { aspect_ratio: '21:9', image_size: '1K' },
				temperature: 0.5,
				top_p: 1,
				top_k: 40,
			},
		],
		['an extra body', { options: { extraBody: { n: 2 } } }, { n: 2 }],
	])('%s', (_name, changes, expected) => {
		expect(images(changes)).toStrictEqual({ model, prompt: 'A cat', ...expected });
	});
});
