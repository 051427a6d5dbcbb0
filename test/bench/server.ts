import type { ServerResponse } from 'node:http';

import { serve } from '../server';
import { base64OfImage } from './image';

/**
 * The cheapest API possible, in a process of its own, so that what is measured is the client. Below
 * `/<delay ms>/<MiB>/<ending>` it swallows requests as Nexconn, Google and OpenAI take them, and sends a
 * prepared reply. Prints its port.
 */
const images = new Map<number, Buffer[]>();
const CHUNK = 64 * 1024;
/** Enough for a client to read what was sent, as a reset takes away what it has not. */
const LATE_MS = 200;
const IMAGE = 'IMAGE';
const USAGE = { prompt_tokens: 1, completion_tokens: 1290, total_tokens: 1291 };

/** By the end of the path: what is answered, with the image at its place. */
const REPLIES: Array<[path: RegExp, reply: (isStream: boolean) => string]> = [
	[/\/chat\/completions$/, chatReply],
	[/\/images\/(?:edits|generations)$/, () => JSON.stringify({ data: [{ b64_json: IMAGE }] })],
	[/:generateContent$/, googleReply],
];

function chatReply(isStream: boolean): string {
	const images = [{ type: 'image_url', image_url: { url: `data:image/png;base64,${IMAGE}` } }];
	const message = { role: 'assistant', content: '', images };
	const choice = { index: 0, [isStream ? 'delta' : 'message']: message, finish_reason: 'stop' };
	const base = { id: 'chatcmpl-bench', model: 'bench' };
	const json = JSON.stringify({ ...base, choices: [choice], usage: USAGE });
	return isStream ? `data: ${json}\n\ndata: [DONE]\n\n` : json;
}

function googleReply(): string {
	const parts = [{ inlineData: { mimeType: 'image/png', data: IMAGE } }];
	return JSON.stringify({ candidates: [{ content: { role: 'model', parts } }] });
}

/** The base64 of an image, in chunks. */
function chunksOf(mebibytes: number): Buffer[] {
	const known = images.get(mebibytes);
	if (known) return known;
	const base64 = base64OfImage(mebibytes);
	const chunks: Buffer[] = [];
	for (let at = 0; at < base64.length; at += CHUNK) chunks.push(base64.subarray(at, at + CHUNK));
	images.set(mebibytes, chunks);
	return chunks;
}

/** How the connection ends behind a whole reply, by the path. */
const ENDINGS: Record<string, (response: ServerResponse) => unknown> = {
	late: (response) => setTimeout(() => response.end(), LATE_MS),
	reset: (response) => setTimeout(() => response.socket?.resetAndDestroy(), LATE_MS),
};

function send(response: ServerResponse, reply: string, mebibytes: number, ending = ''): void {
	const [before = '', after = ''] = reply.split(IMAGE);
	const chunks = [Buffer.from(before), ...chunksOf(mebibytes)];
	const end = ENDINGS[ending] ?? (() => response.end());
	const write = (index: number): void => {
		const chunk = chunks[index];
		if (!chunk) response.write(after, () => end(response));
		else if (response.write(chunk)) write(index + 1);
		else response.once('drain', () => write(index + 1));
	};
	write(0);
}

/** Google takes a file in two requests: where to, and the bytes. */
function answerUpload(response: ServerResponse, url: string, origin: string): void {
	const file = { name: 'files/bench', uri: `${origin}/files/bench`, mimeType: 'image/png' };
	response.setHeader('content-type', 'application/json');
	if (url.endsWith('/files')) response.setHeader('x-goog-upload-url', `${origin}${url}/bytes`);
	response.end(JSON.stringify({ file: { ...file, state: 'ACTIVE' } }));
}

void serve((request, response) => {
	const { pathname } = new URL(request.url ?? '', 'http://127.0.0.1');
	const [, delay, mebibytes = 1, ending] = pathname.split('/');
	let isStream = false;
	request.on('data', (chunk: Buffer) => {
		isStream ||= chunk.includes('"stream":true');
	});
	request.on('end', () => {
		const reply = REPLIES.find(([path]) => path.test(pathname))?.[1];
		if (!reply) return answerUpload(response, pathname, `http://${request.headers.host}`);
		setTimeout(() => {
			response.setHeader('content-type', isStream ? 'text/event-stream' : 'application/json');
			send(response, reply(isStream), Number(mebibytes), ending);
		}, Number(delay));
	});
}).then(({ port }) => process.stdout.write(`${port}\n`));
process.on('disconnect', () => process.exit());
