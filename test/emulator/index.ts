import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

import { listen } from '../server';
import { handle } from './server/handle';
import { tlsCertificate, tlsKey } from './server/tls';
import type { Emulator, EmulatorOptions, Exchange, Host, RecordedRequest } from './types';

export type { Emulator, EmulatorOptions } from './types';

function record(req: IncomingMessage): RecordedRequest {
	const { method = '', url = '', headers } = req;
	return { method, path: url, profile: '', headers, bytes: 0, body: undefined };
}

function open(host: Host, req: IncomingMessage, res: ServerResponse) {
	const controller = new AbortController();
	// 'close' also comes after a complete reply, when there is nothing left to stop.
	res.on('close', () => controller.abort());
	res.on('error', () => controller.abort());
	req.on('error', () => controller.abort());
	const exchange: Exchange = {
		host,
		req,
		res,
		signal: controller.signal,
		path: '',
		profiles: [],
		record: record(req),
		body: undefined,
	};
	host.requests.push(exchange.record);
	return { exchange, abort: () => controller.abort() };
}

function makeServer(host: Host, tls: boolean) {
	/** What is being served, with the way to stop it. */
	const active = new Map<Promise<void>, () => void>();
	let peak = 0;
	const serve = (req: IncomingMessage, res: ServerResponse) => {
		const { exchange, abort } = open(host, req, res);
		const work = handle(exchange).finally(() => active.delete(work));
		active.set(work, abort);
		peak = Math.max(peak, active.size);
	};
	// No time limits: a slow upload or a long stall is what some tests are about.
	const limits = { requestTimeout: 0, headersTimeout: 0 };
	const server = tls
		? createTlsServer({ ...limits, key: tlsKey, cert: tlsCertificate }, serve)
		: createServer(limits, serve);
	const peakRequests = () => {
		const most = peak;
		peak = active.size;
		return most;
	};
	return { server, active, peakRequests };
}

export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
	const { port, apiKey = 'emulator-key', latencyMs = 0, tls = false } = options;
	const kept = { counts: new Map(), quotas: new Map(), files: new Map(), requests: [] };
	const host: Host = { origin: '', apiKey, latencyMs, ...kept };
	const { server, active, peakRequests } = makeServer(host, tls);
	const listening = await listen(server, port);
	host.origin = tls ? listening.origin.replace('http:', 'https:') : listening.origin;

	const close = async () => {
		for (const abort of active.values()) abort();
		await Promise.allSettled([listening.close(), ...active.keys()]);
	};

	return {
		origin: host.origin,
		port: listening.port,
		apiKey,
		baseUrl: (profile) => `${host.origin}${profile ? `/${profile}` : ''}/v1`,
		requests: host.requests,
		openSockets: () => listening.sockets.size,
		peakRequests,
		close,
	};
}
