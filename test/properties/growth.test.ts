import { apiRootOf } from '../../credentials/NexconnApi.credentials';
import { cleanJson, createClean, withoutDataUrls } from '../../nodes/GeminiImage/errors/cleanText';
import { errorOf, parseErrorBody } from '../../nodes/GeminiImage/errors/errorBody';
import { imageTypeOf } from '../../nodes/GeminiImage/images/imageType';
import { createWholenessCheck } from '../../nodes/GeminiImage/images/wholeness';
import { answerItem } from '../../nodes/GeminiImage/operations/chat';
import { readConversation } from '../../nodes/GeminiImage/operations/conversation';
import { createSignedFiles } from '../../nodes/GeminiImage/operations/signedFiles';
import { createBase64Decoder, readBase64 } from '../../nodes/GeminiImage/reply/base64';
import { linksIn, withoutLinks } from '../../nodes/GeminiImage/reply/links';
import { createPlaceholders } from '../../nodes/GeminiImage/reply/placeholders';
import { receive } from '../../nodes/GeminiImage/reply/receive';
import { safeFileName } from '../../nodes/GeminiImage/request/fileName';
import { imagesFromUrls } from '../../nodes/GeminiImage/request/imageUrls';
import { inlineFile } from '../../nodes/GeminiImage/request/inlineFile';
import { statusError } from '../../nodes/GeminiImage/transport/errors';
import { searchModels } from '../../nodes/GeminiImage/transport/modelList';
import { arriving, createStorage, cut } from '../nodes/helpers';
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
	...['![', '![](', '![a](', '[![', '](', '![a](https://a)', '<img ', '<h1 ', 'image:', '[Error] '],
	...['https://', 'https://a ', '.png?', 'https://a.png?', 'https://a.png ', 'haha', 'gemini'],
	...['\\u00', '\\n', '"\\u0041', '%25', '&#', '{"', '{"error":', '[0,', 'é', '中'],
];

const KB = 1024;

type Reader = (text: string) => unknown;

const clean = createClean(['sk-nexconn-0123456789abcdef', 'a'.repeat(40)]);
const placeholders = createPlaceholders();
const reading = { isChecked: true, onEnd: () => {} };
/** No URL leads to a file of n8n. */
const noLinks = { isLink: () => false, open: async () => 'gone' as const };

/** By name: the length in characters of the longer text, and what reads it. */
const READERS: Record<string, [chars: number, read: Reader]> = {
	createClean: [64 * KB, clean],
	'createClean, beyond what it looks at': [1024 * KB, clean],
	withoutDataUrls: [512 * KB, (text) => withoutDataUrls(text)],
	cleanJson: [64 * KB, (text) => cleanJson({ [text]: [text], a: { b: [text] } }, clean)],
	statusError: [256 * KB, (text) => statusError(400, {}, text, 'gemini-2.5-flash-image')],
	parseErrorBody: [256 * KB, (text) => parseErrorBody(JSON.stringify({ error: text }))],
	'errorOf, words and what caused them': [256 * KB, (text) => errorOf(nearlyTheSame(text))],
	readBase64: [64 * KB, (text) => readBase64(text)],
	createBase64Decoder: [
		64 * KB,
		(text) => createBase64Decoder().push(Buffer.from(text), Buffer.alloc(text.length + 3)),
	],
	linksIn: [256 * KB, (text) => withoutLinks(text, linksIn(text).slice(0, 16))],
	strip: [512 * KB, (text) => placeholders.strip(withMarks(text))],
	isImage: [512 * KB, (text) => placeholders.isImage(text)],
	inlineFile: [512 * KB, inlineFile],
	imagesFromUrls: [128 * KB, async (text) => await imagesFromUrls(text, noLinks, reading)],
	'imagesFromUrls, data': [
		128 * KB,
		async (text) => await imagesFromUrls(`data:image/png;base64,${text}`, noLinks, reading),
	],
	safeFileName: [512 * KB, safeFileName],
	apiRootOf: [256 * KB, (text) => apiRootOf({ baseUrl: `${text}b` })],
	imageTypeOf: [256 * KB, (text) => imageTypeOf(Buffer.from(text))],
	createWholenessCheck: [1024 * KB, checkWholeness],
	answerItem: [256 * KB, answerOf],
	searchModels: [128 * KB, async (text) => await modelsOf(text)],
	'receive, no reply at all': [256 * KB, async (text) => await received(text)],
	'receive, a chat': [64 * KB, async (text) => await received(chatOf(text))],
	'receive, an image owed': [64 * KB, async (text) => await received(chatOf(text), true)],
	'receive, URLs': [64 * KB, async (text) => await received(urlsOf(text), true)],
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
	const turn = {
		options: { history, timeoutMs: 1 },
		context: { getRestApiUrl: () => 'https://n8n.example/rest' },
	};
	const { earlier } = readConversation(history, createSignedFiles(turn as never));
	return await answerItem(
		turn as never,
		{ text, images: [], options: { binaryPropertyOutput: 'data' } } as never,
		{
			reply: { text, reasoning: text, usage: { [text]: text } },
			images: [],
			earlier,
			memory: { save: async () => {} },
		} as never,
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

async function received(text: string, needsImage = false, pieceBytes = 16 * KB): Promise<unknown> {
	const headers = { 'content-type': text.startsWith('data:') ? 'text/event-stream' : '' };
	const body = arriving(cut(Buffer.from(text), pieceBytes));
	return await receive(
		{ status: 200, headers, body, close: () => {} },
		{
			storeBinary: createStorage().store,
			nameOf: (index) => `${index}`,
			signal: new AbortController().signal,
			download: async () => await Promise.reject(new Error('No network')),
			needsImage,
			hint: () => {},
		},
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
	'%s takes as long as the text, whatever it repeats',
	async (_name, [chars, read]) => {
		const slow: string[] = [];
		for (const unit of UNITS) if (!(await isLinear(costOf(read, unit), chars))) slow.push(unit);
		expect(slow).toEqual([]);
	},
);

test.each<[string, Reader]>([
	[
		'the square',
		(text) => [...text.slice(0, text.length)].map((_each, at) => pass(text.slice(at))),
	],
	['an expression that begins anew', (text) => /a+b/.test(text)],
])('the measure tells %s of the length', async (_name, read) => {
	// Noise may hide growth now and then, but not always.
	const verdicts: boolean[] = [];
	for (let tries = 0; tries < 8 && !verdicts.includes(false); tries++) {
		verdicts.push(await isLinear(costOf(read, 'a'), 8 * KB));
	}
	expect(verdicts).toContain(false);
});

test('blanks before a reply are read once, in however many pieces', async () => {
	const read = async (text: string) => await received(text, false, KB);
	expect(await isLinear(costOf(read, ' '), 1024 * KB)).toBe(true);
});

test('a thought that is nested too deep to be written costs no answer', async () => {
	const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
	const parts = `[{"thought":true,"a":${deep}}]`;
	const reply = `{"choices":[{"message":{"content":"Hello","parts":${parts}}}]}`;
	await expect(received(reply)).resolves.toMatchObject({ reply: { text: 'Hello' } });
});
