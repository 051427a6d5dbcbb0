import type { OutgoingHttpHeaders } from 'node:http';

import type { Exchange } from '../types';
import type { ApiError } from './apiError';

export function reply(
	{ res }: Exchange,
	status: number,
	body: string | Buffer,
	headers: OutgoingHttpHeaders = {},
): true {
	res.writeHead(status, { 'Content-Length': Buffer.byteLength(body), ...headers });
	res.end(body);
	return true;
}

export function replyJson(
	exchange: Exchange,
	status: number,
	body: unknown,
	headers: OutgoingHttpHeaders = {},
): true {
	const type = { 'Content-Type': 'application/json; charset=utf-8' };
	return reply(exchange, status, JSON.stringify(body), { ...type, ...headers });
}

export const replyError = (exchange: Exchange, error: ApiError, headers?: OutgoingHttpHeaders) =>
	replyJson(exchange, error.status, error.body, headers);
