import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import type { RecordedRequest } from '../types';

const BASE64_URL = /data:([^,;\s]{1,100});base64,([A-Za-z0-9+/=_-]+)/g;

function summary(mime: string, base64: string): string {
	const bytes = Buffer.from(base64, 'base64');
	const hash = createHash('sha256').update(bytes).digest('hex');
	return `data:${mime};base64,<${bytes.length} bytes sha256=${hash}>`;
}

function shortenText(text: string): string {
	const comma = text.startsWith('data:') ? text.slice(0, 300).indexOf(',') : -1;
	const head = comma < 0 ? undefined : /^data:(.*);base64$/i.exec(text.slice(0, comma));
	// A whole data URL is cut by hand: a regular expression over 100 MB can exhaust its stack.
	if (head?.[1] !== undefined) return summary(head[1], text.slice(comma + 1));
	return text.replace(BASE64_URL, (_url, mime: string, base64: string) => summary(mime, base64));
}

function shorten(value: unknown): unknown {
	if (typeof value === 'string') return shortenText(value);
	if (Array.isArray(value)) return value.map(shorten);
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, shorten(entry)]));
}

/** Reads and records the request body; undefined when it is not JSON. */
export async function readBody(req: IncomingMessage, record: RecordedRequest): Promise<unknown> {
	const chunks: Buffer[] = [];
	for await (const chunk of req as AsyncIterable<Buffer>) {
		record.bytes += chunk.length;
		chunks.push(chunk);
	}
	const text = Buffer.concat(chunks).toString('utf8');
	try {
		const body: unknown = JSON.parse(text);
		record.body = shorten(body);
		return body;
	} catch {
		record.body = shortenText(text.slice(0, 1000));
		return undefined;
	}
}
