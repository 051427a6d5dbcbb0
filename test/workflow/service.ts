import type { IncomingMessage, OutgoingHttpHeaders, RequestListener } from 'node:http';
import { json as readJson } from 'node:stream/consumers';

import { tinyImage } from '../emulator/images/tiny';
import { serve } from '../server';

/** A service at 127.0.0.1 that answers as a test says. */
export async function startService(answer: RequestListener) {
	const { origin, close } = await serve(answer);
	return { baseUrl: `${origin}/v1`, close };
}

/** Answers every POST with the JSON that `reply` makes of the request, once that has been read. */
export function json(reply: (request: IncomingMessage) => unknown, status = 200): RequestListener {
	return (request, response) => {
		request.resume().once('end', () => {
			response.writeHead(status, { 'content-type': 'application/json' });
			const body = reply(request);
			response.end(typeof body === 'string' ? body : JSON.stringify(body));
		});
	};
}

/** A chat completion. */
export const completion = (message: object, more: object = {}) => ({
	choices: [{ index: 0, message, finish_reason: 'stop' }],
	usage: { total_tokens: 3 },
	...more,
});

/** An image of a chat completion. */
export const imagePart = (url: string) => ({ type: 'image_url', image_url: { url } });

/** What a service says to a prompt. */
export interface Said {
	status?: number;
	headers?: OutgoingHttpHeaders;
	body: unknown;
}

/**
 * A service that answers each prompt as `say` does, which is told how often it was asked for this
 * one, from 1, and for which ones so far, in their order.
 */
export async function startModel(
	say: (prompt: string, time: number, asked: readonly string[]) => Said | Promise<Said>,
) {
	const asked: string[] = [];
	const answer: RequestListener = async (request, response) => {
		try {
			const prompt = promptOf((await readJson(request)) as Asked);
			asked.push(prompt);
			const { status = 200, headers, body } = await say(prompt, timesIn(asked, prompt), asked);
			response.writeHead(status, { 'content-type': 'application/json', ...headers });
			response.end(JSON.stringify(body));
		} catch {
			// Whoever asked has gone, or waits for what does not come.
			response.destroy();
		}
	};
	const { baseUrl, close } = await startService((...args) => void answer(...args));
	return { asked, credentials: { apiKey: 'x', baseUrl }, close };
}

interface Asked {
	messages: Array<{ content: string | Array<{ text: string }> }>;
}

/** The words of the newest message, behind which images may stand. */
function promptOf({ messages }: Asked): string {
	const { content } = messages.at(-1)!;
	return typeof content === 'string' ? content : content[0]!.text;
}

export const timesIn = (asked: readonly string[], prompt: string) =>
	asked.filter((each) => each === prompt).length;

/** The answer to a prompt: its tiny images, as profile `tiny` of the emulator draws them. */
export async function drawn(prompt: string, { count = 1, tokens = 1298 } = {}): Promise<Said> {
	const variants = Array.from({ length: count }, async (_image, variant) => {
		const { bytes } = await tinyImage(prompt, variant);
		return imagePart(`data:image/png;base64,${bytes.toString('base64')}`);
	});
	const usage = tokens > 0 ? { total_tokens: tokens } : null;
	return { body: completion({ images: await Promise.all(variants) }, { usage }) };
}

/** The answer that a prompt is not taken, which nobody pays for. */
export const refused = (status = 402, headers?: OutgoingHttpHeaders): Said => ({
	status,
	headers,
	body: { error: { message: 'Not this one' } },
});
