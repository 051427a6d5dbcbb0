import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { base64OfImage } from './image';

/**
 * The cheapest API possible, in a process of its own, so that what is measured is the client:
 * `/<delay ms>/<MiB>/v1/chat/completions` swallows the request and sends a prepared SSE or JSON reply.
 * Prints its port.
 */
const replies = new Map<string, Buffer[]>();
const CHUNK = 64 * 1024;

function replyOf(mebibytes: number, isStream: boolean): Buffer[] {
	const key = `${mebibytes} ${isStream}`;
	const known = replies.get(key);
	if (known) return known;
	const url = 'data:image/png;base64,IMAGE';
	const images = [{ type: 'image_url', image_url: { url }, index: 0 }];
	const message = { role: 'assistant', content: '', images };
	const choice = { index: 0, [isStream ? 'delta' : 'message']: message, finish_reason: 'stop' };
	const usage = { prompt_tokens: 1, completion_tokens: 1290, total_tokens: 1291 };
	const json = JSON.stringify({ id: 'chatcmpl-bench', model: 'bench', choices: [choice], usage });
	const text = isStream ? `data: ${json}\n\ndata: [DONE]\n\n` : json;
	const [before = '', after = ''] = text.split('IMAGE');
	const whole = Buffer.concat([Buffer.from(before), base64OfImage(mebibytes), Buffer.from(after)]);
	const chunks: Buffer[] = [];
	for (let at = 0; at < whole.length; at += CHUNK) chunks.push(whole.subarray(at, at + CHUNK));
	replies.set(key, chunks);
	return chunks;
}

const server = createServer((request, response) => {
	const [, delay, mebibytes] = (request.url ?? '').split('/').map(Number);
	let isStream = false;
	request.on('data', (chunk: Buffer) => {
		isStream ||= chunk.includes('"stream":true');
	});
	request.on('end', () => {
		setTimeout(() => {
			const chunks = replyOf(mebibytes ?? 1, isStream);
			response.setHeader('content-type', isStream ? 'text/event-stream' : 'application/json');
			const write = (index: number): void => {
				const chunk = chunks[index];
				if (!chunk) response.end();
				else if (response.write(chunk)) write(index + 1);
				else response.once('drain', () => write(index + 1));
			};
			write(0);
		}, delay);
	});
});

server.listen(0, '127.0.0.1', () => {
	process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.on('disconnect', () => process.exit());
