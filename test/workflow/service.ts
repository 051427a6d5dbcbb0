import type { IncomingMessage, RequestListener } from 'node:http';

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
