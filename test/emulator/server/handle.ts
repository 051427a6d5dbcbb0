import { setTimeout as sleep } from 'node:timers/promises';

import { chooseProfiles } from '../profiles';
import type { Exchange } from '../types';
import { ApiError, notFound, unauthorized } from './apiError';
import { readStored } from './files';
import { readBody } from './readBody';
import { reply, replyError } from './reply';
import { routeFor } from './routes';

const API_PATH = /^(?:\/([^/]+))?\/v1(\/.*)$/;

function checkKey({ req, host, profiles }: Exchange): void {
	const header = req.headers.authorization ?? '';
	const [, bearer] = /^Bearer\s+(.*)$/i.exec(header) ?? [];
	const schemes = profiles.map(({ profile }) => profile.scheme);
	if ((bearer ?? header) !== host.apiKey) throw unauthorized();
	if (schemes.includes('raw') && bearer !== undefined) throw unauthorized();
	if (schemes.includes('bearer') && bearer === undefined) throw unauthorized();
}

async function serveFile(exchange: Exchange, pathname: string): Promise<void> {
	const { status, mime, bytes } = await readStored(exchange.host, pathname);
	reply(exchange, status, bytes, { 'Content-Type': mime });
}

async function serveApi(exchange: Exchange, segment: string): Promise<void> {
	const { profiles, host, signal } = exchange;
	profiles.push(...chooseProfiles(segment));
	const { route, isOpen, hasBody } = routeFor(exchange);
	for (const { profile, segment: name } of profiles) {
		if (await profile.early?.(exchange, name)) return;
	}
	if (!isOpen || profiles.some(({ profile }) => profile.modelsNeedKey)) checkKey(exchange);
	if (hasBody) exchange.body = await readBody(exchange.req, exchange.record);
	if (host.latencyMs > 0) await sleep(host.latencyMs, undefined, { signal });
	for (const { profile, n, segment: name } of profiles) {
		if (await profile.answer?.(exchange, n, name)) return;
	}
	await route(exchange);
}

async function dispatch(exchange: Exchange): Promise<void> {
	const { pathname } = new URL(exchange.req.url ?? '/', exchange.host.origin);
	const [, segment = '', path = ''] = API_PATH.exec(pathname) ?? [];
	exchange.path = path;
	exchange.record.profile = decodeURIComponent(segment);
	if (exchange.req.method === 'GET' && pathname.startsWith('/files/')) {
		await serveFile(exchange, pathname);
	} else if (path) {
		await serveApi(exchange, exchange.record.profile);
	} else {
		throw notFound(`No such path: ${pathname}. The API is under /v1 or /<profile>/v1`);
	}
}

function asApiError(error: unknown): ApiError {
	if (error instanceof ApiError) return error;
	const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
	return new ApiError(500, `Emulator failure: ${text}`, 'server_error', 'internal_error');
}

/** Serves one request; a client that went away is no error. */
export async function handle(exchange: Exchange): Promise<void> {
	try {
		await dispatch(exchange);
	} catch (error) {
		if (exchange.signal.aborted) return;
		if (exchange.res.headersSent) exchange.res.destroy();
		else replyError(exchange, asApiError(error));
	}
}
