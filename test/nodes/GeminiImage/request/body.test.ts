import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
	chatBody,
	encodeBody,
	imagesBody,
	optionsNotSent,
} from '../../../../nodes/GeminiImage/request/body';
import type { SentImage } from '../../../../nodes/GeminiImage/request/imageSources';
import { ImageAddress } from '../../../../nodes/GeminiImage/request/imageUrls';
import type { Options } from '../../../../nodes/GeminiImage/request/options';
import type { Prompt } from '../../../../nodes/GeminiImage/request/prompt';
import { cut, DEFAULT_OPTIONS, failureOf, inputImage, random } from '../../helpers';

interface Changes extends Partial<Prompt> {
	images?: SentImage[];
	options?: Partial<Options>;
}

const prompt: Prompt = { modelId: 'gemini-2.5-flash-image', model: undefined, text: 'A cat' };

function chatBodyOf({ images = [], options: some, ...changes }: Changes) {
	const options = { ...DEFAULT_OPTIONS, ...some };
	return chatBody({ ...prompt, ...changes }, options.history, images, options);
}

function imagesBodyOf({ images = [], options, ...changes }: Changes) {
	return imagesBody({ ...prompt, ...changes }, images, { ...DEFAULT_OPTIONS, ...options });
}

/** What is sent. */
const sent = (body: object): unknown => JSON.parse(JSON.stringify(body));
const chat = (changes: Changes) => sent(chatBodyOf(changes));
const images = (changes: Changes) => sent(imagesBodyOf(changes));

const model = 'gemini-2.5-flash-image';
const messages = [{ role: 'user', content: 'A cat' }];

test.each([model, 'gemini-3.0-pro-image-preview'])(
	'The chat body for %s is exactly the request of the reference',
	(id) => {
		const file = join(__dirname, '../../../fixtures', `${id}.request.json`);
		const text = 'Draw a cute orange cat sitting on a windowsill watching the sunset';
		expect(chat({ modelId: id, text })).toStrictEqual(JSON.parse(readFileSync(file, 'utf8')));
	},
);

describe('POST /chat/completions', () => {
	test.each<[string, Changes, object]>([
		['nothing else', {}, {}],
		['streaming off', { options: { stream: false } }, { stream: false }],
		['an aspect ratio', { aspectRatio: '16:9' }, { image_config: { aspect_ratio: '16:9' } }],
		['an image size', { imageSize: '4K' }, { image_config: { image_size: '4K' } }],
		[
			'an aspect ratio and an image size',
			{ aspectRatio: '1:1', imageSize: '512' },
			{ image_config: { aspect_ratio: '1:1', image_size: '512' } },
		],
		[
			'numbers (some of them 0)',
			{ options: { temperature: 0, topP: 0, topK: 1, maxTokens: 100 } },
			{ temperature: 0, top_p: 0, top_k: 1, max_tokens: 100 },
		],
		['a reasoning effort', { options: { reasoningEffort: 'low' } }, { reasoning_effort: 'low' }],
		[
			'safety settings',
			{ options: { safetySettings: [{ category: 'C', threshold: 'BLOCK_NONE' }] } },
			{ safety_settings: [{ category: 'C', threshold: 'BLOCK_NONE' }] },
		],
		[
			'an Extra Body that overrides another option',
			{ options: { temperature: 1, extraBody: { temperature: 2, modalities: ['image'] } } },
			{ temperature: 2, modalities: ['image'] },
		],
	])(
		'The chat body of a prompt with %s has exactly the fields of its row',
		(_name, changes, expected) => {
			expect(chat(changes)).toStrictEqual({ model, messages, stream: true, ...expected });
		},
	);

	test('The messages of a chat body are the system message, then the history, then the prompt', () => {
		const history = [
			{ role: 'user', content: 'Hi' },
			{ role: 'assistant', content: 'Hello' },
		];
		const body = chat({ options: { systemMessage: 'Be brief', history } });
		expect(body).toMatchObject({
			messages: [{ role: 'system', content: 'Be brief' }, ...history, messages[0]],
		});
	});

	test('The prompt of a chat body with images is its text first, then the images in their order', () => {
		const urls = ['https://example.com/b.png', 'https://example.com/a.png'];
		expect(chat({ images: urls.map((url) => new ImageAddress(url)) })).toMatchObject({
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
	const [a, b] = ['https://example.com/a.png', 'https://example.com/b.png'] as const;
	const [first, second] = [new ImageAddress(a), new ImageAddress(b)];
	test.each<[string, Changes, object]>([
		['nothing else', {}, {}],
		['one image', { images: [first] }, { image: a }],
		['several images', { images: [second, first] }, { image: [b, a] }],
		[
			'every option that the endpoint takes',
			{ aspectRatio: '21:9', imageSize: '1K', options: { temperature: 0.5, topP: 1, topK: 40 } },
			{
				image_config: { aspect_ratio: '21:9', image_size: '1K' },
				temperature: 0.5,
				top_p: 1,
				top_k: 40,
			},
		],
		['an Extra Body', { options: { extraBody: { n: 2 } } }, { n: 2 }],
	])(
		'The Images body of a prompt with %s has exactly the fields of its row',
		(_name, changes, expected) => {
			expect(images(changes)).toStrictEqual({ model, prompt: 'A cat', ...expected });
		},
	);
});

const { bytes, upTo } = random(5);

const imageOf = (content: Buffer, announced = content.length) =>
	inputImage(
		cut(content, () => upTo(5_000)),
		{ bytes: announced },
	);
const dataUrl = (content: Buffer) => `data:image/png;base64,${content.toString('base64')}`;
async function readAll(body: ReturnType<typeof encodeBody>): Promise<Buffer> {
	return Buffer.concat((await body.stream().toArray()) as Buffer[]);
}

const files = [0, 1, 2, 3, 10_000, 70_001].map((length) => bytes(length));
const url = 'https://example.com/cat.png';

test('A body without images is plain JSON of the length that it announces', async () => {
	const body = chatBodyOf({ modelId: 'm', text: 'Eine süße Katze 🐈, „müde“\n\u2028', images: [] });
	const encoded = encodeBody(body, []);
	const sent = await readAll(encoded);
	expect(JSON.parse(sent.toString())).toEqual(body);
	expect(encoded.bytes).toBe(sent.length);
});

test('A chat body carries files and URLs of images in their order', async () => {
	const images = [
		imageOf(files[4]!),
		new ImageAddress(url),
		imageOf(files[5]!),
		imageOf(files[4]!),
		imageOf(files[1]!),
	];
	const encoded = encodeBody(
		chatBodyOf({ modelId: 'm', text: 'Zwei Kätzchen 🐈🐈', images }),
		images,
	);
	const sent = await readAll(encoded);
	const { messages } = JSON.parse(sent.toString()) as { messages: unknown };
	const urls = [
		dataUrl(files[4]!),
		url,
		dataUrl(files[5]!),
		dataUrl(files[4]!),
		dataUrl(files[1]!),
	];
	expect(messages).toEqual([
		{
			role: 'user',
			content: [
				{ type: 'text', text: 'Zwei Kätzchen 🐈🐈' },
				...urls.map((each) => ({ type: 'image_url', image_url: { url: each } })),
			],
		},
	]);
	expect(encoded.bytes).toBe(sent.length);
});

test('An Images body carries the bytes of images of any length, and announces its own length right', async () => {
	const images = files.map((file) => imageOf(file));
	const encoded = encodeBody(imagesBodyOf({ modelId: 'm', text: 'Mix', images }), images);
	const sent = await readAll(encoded);
	expect(JSON.parse(sent.toString())).toEqual({
		model: 'm',
		prompt: 'Mix',
		image: files.map((file) => dataUrl(file)),
	});
	expect(encoded.bytes).toBe(sent.length);
});

test('A prompt that looks like an image of the body is sent as the text that it is', async () => {
	const image = imageOf(files[2]!);
	const text = 'data:image/png;base64, "00000000-0000-4000-8000-000000000000" $& $1';
	const encoded = encodeBody(chatBodyOf({ modelId: 'm', text, images: [image] }), [image]);
	const sent = (await readAll(encoded)).toString();
	expect(JSON.parse(sent)).toMatchObject({
		messages: [{ content: [{ text }, { image_url: { url: dataUrl(files[2]!) } }] }],
	});
});

test.each([
	['messages', chatBodyOf, [{ role: 'user', content: 'Zwei Kätzchen 🐈🐈' }]],
	['image', imagesBodyOf, url],
])('An Extra Body that sets %s replaces the images of that field', async (field, bodyOf, value) => {
	const images = [imageOf(files[5]!), imageOf(files[2]!)];
	const options = { extraBody: { [field]: value } };
	const encoded = encodeBody(bodyOf({ modelId: 'm', text: 'Mix', images, options }), images);
	const sent = await readAll(encoded);
	expect(JSON.parse(sent.toString())).toMatchObject({ model: 'm', [field]: value });
	expect(encoded.bytes).toBe(sent.length);
});

test('Each attempt gets a whole body of its own, even if an earlier one was broken off', async () => {
	const image = imageOf(files[5]!);
	const encoded = encodeBody(chatBodyOf({ modelId: 'm', text: 'Again', images: [image] }), [image]);
	const [first, second] = [encoded.stream(), encoded.stream()];
	first.destroy();
	const sent = Buffer.concat((await second.toArray()) as Buffer[]);
	expect(sent.length).toBe(encoded.bytes);
	expect(sent.equals(await readAll(encoded))).toBe(true);
});

test('An input image whose file has changed ends the body with an error', async () => {
	const image = imageOf(Buffer.alloc(9), 10);
	const encoded = encodeBody(chatBodyOf({ modelId: 'm', text: 'Hi', images: [image] }), [image]);
	expect((await failureOf(readAll(encoded))).message).toBe(
		"The file of 'data' has 9 bytes instead of 10",
	);
});

test('The options that the Images endpoint has no place for are listed by their field names', () => {
	const others = { ...DEFAULT_OPTIONS, temperature: 1, topK: 2 };
	const options = {
		...others,
		systemMessage: 'Hi',
		maxTokens: 1,
		reasoningEffort: 'low',
		safetySettings: [{}],
	};
	expect(optionsNotSent({ ...options, endpoint: 'images' })).toEqual([
		'System Message',
		'Max Tokens',
		'Reasoning Effort',
		'Safety Settings',
	]);
	expect(optionsNotSent({ ...others, endpoint: 'images' })).toEqual([]);
	expect(optionsNotSent(options)).toEqual([]);
});

test.each([
	['', '(no words)'],
	[' \n', '(no words)'],
	[[], '(no words)'],
	['Hi', 'Hi'],
	[[{ text: 'Hi' }], [{ text: 'Hi' }]],
])(
	'A message of the history with the content %j is sent with the content %j',
	(content, expected) => {
		const history = [{ role: 'assistant', content }];
		expect(chat({ options: { history } })).toMatchObject({
			messages: [{ role: 'assistant', content: expected }, messages[0]],
		});
	},
);
