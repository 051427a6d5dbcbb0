import { apiRootOf } from '../../credentials/NexconnApi.credentials';
import { cleanJson, createClean, withoutDataUrls } from '../../nodes/GeminiImage/errors/cleanText';
import { errorOf, parseErrorBody } from '../../nodes/GeminiImage/errors/errorBody';
import { imageTypeOf } from '../../nodes/GeminiImage/bytes/imageType';
import { createWholenessCheck } from '../../nodes/GeminiImage/bytes/wholeness';
import { chat } from '../../nodes/GeminiImage/operations/chat';
import { readConversation } from '../../nodes/GeminiImage/operations/conversation';
import { kindOfHint } from '../../nodes/GeminiImage/operations/hints';
import { holdsRest } from '../../nodes/GeminiImage/reply/splitter';
import { jsonValue } from '../../nodes/GeminiImage/request/values';
import { createOwnLinks } from '../../nodes/GeminiImage/transport/signedLinks';
import { createBase64Decoder, readBase64 } from '../../nodes/GeminiImage/reply/base64';
import {
	createPlaceholders,
	findImageLinks,
	openImageAt,
	withoutEmptyImages,
	withoutMentions,
} from '../../nodes/GeminiImage/reply/prose';
import { receive } from '../../nodes/GeminiImage/reply/receive';
import { safeFileName } from '../../nodes/GeminiImage/request/fileName';
import { addressesOf, imagesAt } from '../../nodes/GeminiImage/request/imageUrls';
import { inlineContent } from '../../nodes/GeminiImage/bytes/base64';
import { statusError } from '../../nodes/GeminiImage/errors/failures';
import { searchModels } from '../../nodes/GeminiImage/transport/modelList';
import { arriving, cut, DEFAULT_OPTIONS, NO_OWN_LINKS, receiveSettings } from '../nodes/helpers';
import { isLinear, pass } from './linear';

/** What foreign text repeats: one character, or what nearly is something that a reader looks for. */
const UNITS = [
	...'Aa1-_=/\\"\' \n()[]!<>%&;:,.#h',
	...[
		'data:',
		'data:image/',
		';base64,',
		'base64,',
		'"base64,',
		`data:;base64,${'A'.repeat(40)}\n`,
		'A\n',
	],
	...['![', '![](', '![a](', '[![', '](', '![a](https://a)', '<img ', '<img src=', '<h1 '],
	...[' src="data:,', '![a](data:', 'image:', '[Error] ', '…', 'a…'],
	...['https://', 'https://a ', '.png?', 'https://a.png?', 'https://a.png ', 'haha', 'gemini'],
	...['retry in ', 'retry in 1m', '1m1', 'wait 1s,', 'retry_after":1', 'per ', 'PerDay'],
	...['<!--', '<!-- -->', '<?xml '],
	...['http:=', 'https://n8n.example/rest/binary-data/signed?token=a.b.c,'],
	...['\\u00', '\\n', '"\\u0041', '%25', '&#', '{"', '{"error":', '[0,', 'é', '中'],
];

const KB = 1024;

type Reader = (text: string) => unknown;

const clean = createClean(['sk-nexconn-0123456789abcdef', 'a'.repeat(40)]);
const placeholders = createPlaceholders();

/** By name: the length in characters of the longer text, and what reads it. */
const READERS: Record<string, [chars: number, read: Reader]> = {
	createClean: [64 * KB, clean],
	'createClean, beyond what it looks at': [1024 * KB, clean],
	withoutDataUrls: [512 * KB, (text) => withoutDataUrls(text)],
	cleanJson: [64 * KB, (text) => cleanJson({ [text]: [text], a: { b: [text] } }, clean)],
	statusError: [256 * KB, (text) => statusError(400, {}, text, 'gemini-2.5-flash-image')],
	'statusError, a wait in words': [
		256 * KB,
		(text) => statusError(429, {}, JSON.stringify({ error: { message: text, code: text } })),
	],
	parseErrorBody: [256 * KB, (text) => parseErrorBody(JSON.stringify({ error: text }))],
	'errorOf, words and what caused them': [256 * KB, (text) => errorOf(nearlyTheSame(text))],
	readBase64: [64 * KB, (text) => readBase64(text)],
	createBase64Decoder: [
		64 * KB,
		(text) => createBase64Decoder().push(Buffer.from(text), Buffer.alloc(text.length + 3)),
	],
	findImageLinks: [256 * KB, (text) => withoutMentions(text, findImageLinks(text).slice(0, 16))],
	withoutEmptyImages: [512 * KB, (text) => openImageAt(withoutEmptyImages(text))],
	holdsRest: [512 * KB, (text) => holdsRest(text, new Set(['a rest']))],
	kindOfHint: [512 * KB, kindOfHint],
	jsonValue: [256 * KB, (text) => jsonValue('Extra Body', { a: pieces(text).map((a) => [{ a }]) })],
	strip: [512 * KB, (text) => placeholders.strip(withMarks(text))],
	isImage: [512 * KB, (text) => placeholders.isImage(text)],
	inlineContent: [512 * KB, inlineContent],
	imagesAt: [128 * KB, async (text) => await all(imagesAt(addressesOf(text), NO_OWN_LINKS))],
	'imagesAt, data': [
		128 * KB,
		async (text) => await all(imagesAt(addressesOf(`data:image/png;base64,${text}`), NO_OWN_LINKS)),
	],
	safeFileName: [512 * KB, safeFileName],
	apiRootOf: [256 * KB, (text) => apiRootOf({ baseUrl: `${text}b` })],
	imageTypeOf: [256 * KB, (text) => imageTypeOf(Buffer.from(text))],
	createWholenessCheck: [1024 * KB, checkWholeness],
	'chat.toItems': [256 * KB, answerOf],
	searchModels: [128 * KB, async (text) => await modelsOf(text)],
	'receive, no reply at all': [256 * KB, async (text) => await received(text)],
	'receive, a chat': [64 * KB, async (text) => await received(chatOf(text))],
	'receive, an image owed': [64 * KB, async (text) => await received(chatOf(text), 'images')],
	'receive, URLs': [64 * KB, async (text) => await received(urlsOf(text), 'images')],
	'receive, an event': [256 * KB, async (text) => await received(`data: ${text}\n\n`)],
	'receive, an error event': [
		64 * KB,
		async (text) => await received(`event: error\ndata: ${text.replaceAll('\n', ' ')}\n\n`),
	],
	'receive, many events': [
		32 * KB,
		async (text) =>
			await received(
				pieces(text)
					.map((piece) => `data: ${deltaOf(piece)}\n\n`)
					.join(''),
			),
	],
};

/** Reads the images to the last. */
async function all(images: AsyncIterable<unknown>): Promise<void> {
	for await (const image of images) if (!image) break;
}

const pieces = (text: string) => text.match(/[^]{1,64}/g) ?? [];
const chatOf = (content: string) =>
	JSON.stringify({ choices: [{ message: { content, reasoning: content } }] });
const deltaOf = (content: string) => JSON.stringify({ choices: [{ delta: { content } }] });
const urlsOf = (text: string) =>
	JSON.stringify({
		data: pieces(text).map((piece, index) => ({ url: `https://a/${index}${piece}` })),
	});

/** To find the cause in the message takes a search much of its length. */
function nearlyTheSame(text: string): object {
	const half = text.slice(text.length / 2);
	return { error: { message: text, metadata: { raw: `${half.slice(100)}b${half.slice(100)}` } } };
}

function withMarks(text: string): string {
	const marks = pieces(text.slice(0, 64 * 64)).map(
		(piece, number) => piece + placeholders.of(number),
	);
	return text + marks.join('') + text;
}

function checkWholeness(text: string): void {
	for (const mimeType of ['image/jpeg', 'image/png', 'image/webp']) {
		const check = createWholenessCheck(mimeType);
		check.push(Buffer.from(text));
		check.isWhole();
	}
}

async function answerOf(text: string): Promise<unknown> {
	const parts = pieces(text).map((piece) => ({ type: 'text', text: piece }));
	const history = [text, parts].map((content) => ({ role: 'user', content }));
	const context = { getRestApiUrl: () => 'https://n8n.example/rest' };
	const ownLinks = createOwnLinks(context as never, {
		timeoutMs: 1,
		signal: new AbortController().signal,
	});
	const asked = {
		prompt: { text },
		images: [],
		conversation: readConversation(history, ownLinks, () => {}),
		memory: { save: async () => {} },
	};
	const said = { text, reasoning: text, usage: { [text]: text }, images: [] };
	const reply = { ...said, id: text, model: text, finishReason: text };
	return await chat.toItems(
		{ context, options: DEFAULT_OPTIONS } as never,
		reply as never,
		asked as never,
	);
}

async function modelsOf(text: string): Promise<unknown> {
	const data = [text, ...pieces(text)].map((id) => ({ id }));
	const context = {
		getCredentials: async () => ({ baseUrl: 'https://a', apiKey: 'b' }),
		helpers: { httpRequestWithAuthentication: async () => ({ data }) },
	};
	return await searchModels.call(context as never, 'gemini');
}

async function received(
	text: string,
	output: 'images' | 'answer' = 'answer',
	pieceBytes = 16 * KB,
): Promise<unknown> {
	const headers = { 'content-type': text.startsWith('data:') ? 'text/event-stream' : '' };
	const body = arriving(cut(Buffer.from(text), pieceBytes));
	return await receive(
		{ status: 200, headers, body, endAt: () => {}, close: () => {} },
		receiveSettings({ output }),
	);
}

/** What it takes to read so many characters that repeat `unit`. */
const costOf = (read: Reader, unit: string) => async (chars: number) => {
	const text = repeated(unit, chars);
	const start = performance.now();
	// What is refused has been read.
	try {
		await read(text);
	} catch {}
	return performance.now() - start;
};

const repeated = (unit: string, chars: number) =>
	unit.repeat(Math.ceil(chars / unit.length)).slice(0, chars);

test.each(Object.entries(READERS))(
	'The time of "%s" grows no faster than the text, whatever the text repeats',
	async (_name, [chars, read]) => {
		const slow: string[] = [];
		for (const unit of UNITS) if (!(await isLinear(costOf(read, unit), chars))) slow.push(unit);
		expect(slow).toEqual([]);
	},
);

test.each<[string, Reader]>([
	[
		'a reader that takes the square of the length',
		(text) => [...text.slice(0, text.length)].map((_each, at) => pass(text.slice(at))),
	],
	['an expression that begins anew at each character', (text) => /a+b/.test(text)],
])('The measure of growth notices %s', async (_name, read) => {
	// Noise may hide growth now and then, but not always.
	const verdicts: boolean[] = [];
	for (let tries = 0; tries < 8 && !verdicts.includes(false); tries++) {
		verdicts.push(await isLinear(costOf(read, 'a'), 8 * KB));
	}
	expect(verdicts).toContain(false);
});

test('Blanks before a reply are read once, in however many pieces they come', async () => {
	const read = async (text: string) => await received(text, 'answer', KB);
	expect(await isLinear(costOf(read, ' '), 1024 * KB)).toBe(true);
});

test('A thought that is nested too deep to be written does not cost the answer', async () => {
	const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
	const parts = `[{"thought":true,"a":${deep}}]`;
	const reply = `{"choices":[{"message":{"content":"Hello","parts":${parts}}}]}`;
	await expect(received(reply)).resolves.toMatchObject({ text: 'Hello' });
});
