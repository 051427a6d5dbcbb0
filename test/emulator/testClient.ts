import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

import type { Emulator } from './index';

export interface Talk {
	status: number;
	headers: IncomingHttpHeaders;
	body: Buffer;
	text: string;
	/** How it ended: completely, broken off, or still open after the time to wait. */
	end: 'clean' | 'cut' | 'silent';
	chunkSizes: number[];
	ms: number;
}

export const FLASH = 'gemini-2.5-flash-image';
export const PRO = 'gemini-3.0-pro-image-preview';
export const FLASH_31 = 'gemini-3.1-flash-image-preview';

export const chatBody = (content: unknown, extra: object = {}) => ({
	model: FLASH_31,
	messages: [{ role: 'user', content }],
	...extra,
});

/** An image that is quick to make. */
export const smallImage = (stream: boolean) =>
	chatBody('Draw a lighthouse', { stream, image_config: { image_size: '512' } });

interface Options {
	method?: string;
	authorization?: string;
	/** Gives up after this time without a byte. */
	silenceMs?: number;
	/** Gives up after this time, whatever goes on. */
	givesUpMs?: number;
}

/** One request, told as it looks from the outside; never rejects. */
export function talk(url: string, body?: unknown, options: Options = {}): Promise<Talk> {
	const { authorization = 'Bearer emulator-key', silenceMs = 10_000, givesUpMs } = options;
	const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
	const method = options.method ?? (body === undefined ? 'GET' : 'POST');
	const started = Date.now();
	return new Promise((resolve) => {
		const chunks: Buffer[] = [];
		let status = 0;
		let headers: IncomingHttpHeaders = {};
		const req = httpRequest(url, { method, headers: { authorization }, agent: false });
		const finish = (end: Talk['end']) => {
			const all = Buffer.concat(chunks);
			const chunkSizes = chunks.map(({ length }) => length);
			const ms = Date.now() - started;
			clearTimeout(timer);
			resolve({ status, headers, body: all, text: all.toString(), end, chunkSizes, ms });
			req.destroy();
		};
		const timer = givesUpMs && setTimeout(() => finish('silent'), givesUpMs);
		req.setTimeout(silenceMs, () => finish('silent'));
		req.on('error', () => finish('cut'));
		req.on('response', (res) => {
			status = res.statusCode ?? 0;
			headers = res.headers;
			res.on('data', (chunk: Buffer) => chunks.push(chunk));
			res.on('end', () => finish('clean'));
			res.on('error', () => finish('cut'));
		});
		req.end(payload);
	});
}

export const chatUrl = (emulator: Emulator, profile?: string) =>
	`${emulator.baseUrl(profile)}/chat/completions`;

interface Delta {
	content?: unknown;
	reasoning_content?: string;
	reasoning?: string;
	images?: Array<{ index?: number; image_url: { url: string } }> | null;
}

interface Usage {
	prompt_tokens: number;
	completion_tokens: number;
	total_tokens: number;
	completion_tokens_details: Record<string, number>;
	prompt_tokens_details: Record<string, number>;
}

export interface Chunk {
	object?: string;
	choices?: Array<{
		index: number;
		delta?: Delta;
		message?: Delta;
		finish_reason: string | null;
		native_finish_reason?: string;
	}>;
	usage?: Usage | null;
	error?: { message: string } | string;
	data?: Array<{ b64_json?: string; url?: string }>;
	output_format?: string;
}

/** The JSON objects of a reply: one, or one for each event of a stream. */
export function readChunks({ text, headers }: Talk): Chunk[] {
	if (!headers['content-type']?.startsWith('text/event-stream')) return [JSON.parse(text) as Chunk];
	return text
		.split(/\r?\n\r?\n/)
		.filter((block) => block.startsWith('data: ') && !block.includes('[DONE]'))
		.map((block) => JSON.parse(block.slice(6)) as Chunk);
}

export const deltas = (reply: Talk) =>
	readChunks(reply)
		.flatMap(({ choices = [] }) => choices)
		.map(({ delta, message }) => delta ?? message ?? {});

export const urls = (reply: Talk) =>
	deltas(reply).flatMap(({ images }) => (images ?? []).map(({ image_url: { url } }) => url));

export const words = (reply: Talk) =>
	deltas(reply)
		.map(({ content }) => (typeof content === 'string' ? content : ''))
		.join('');

export const reasoning = (reply: Talk) =>
	deltas(reply)
		.map((delta) => delta.reasoning_content ?? '')
		.join('');

export const finishes = (reply: Talk) =>
	readChunks(reply)
		.flatMap(({ choices = [] }) => choices)
		.map(({ finish_reason }) => finish_reason)
		.filter((finish) => finish !== null);

export const usages = (reply: Talk) =>
	readChunks(reply).flatMap(({ usage }) => (usage === undefined ? [] : [usage]));

export const decode = (url = '') => Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
