import type { IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';

import { serve } from '../server';
import { until } from './until';

interface Received {
	method: string;
	path: string;
	headers: IncomingHttpHeaders;
	body: Buffer;
}

/** A service on this computer that takes whatever a workflow sends to it. */
export async function startReceiver() {
	const received: Received[] = [];
	/** What it answers to a path, JSON or bytes; otherwise that all is well. */
	const answers = new Map<string, object>();
	let status = 200;
	const { origin, close } = await serve(async (req, res) => {
		const { method = '', url = '', headers } = req;
		received.push({ method, path: url, headers, body: await buffer(req) });
		const answer = answers.get(url) ?? { ok: true };
		res.statusCode = status;
		if (Buffer.isBuffer(answer)) res.end(answer);
		else res.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
	});
	return {
		url: origin,
		received,
		answers,
		/** From now on, answers come with this status. */
		answerWith(code: number) {
			status = code;
		},
		/** The request to a path, once it has come. */
		at: async (path: string) =>
			await until(`a request to ${path}`, () => received.find((request) => request.path === path)),
		close,
	};
}
