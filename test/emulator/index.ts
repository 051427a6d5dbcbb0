import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

import { handle } from './server/handle';
import { tlsCertificate, tlsKey } from './server/tls';
import type { Emulator, EmulatorOptions, Exchange, Host, RecordedRequest } from './types';

export type { Emulator, EmulatorOptions } from './types';

const LOOPBACK = '127.0.0.1';

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

function listen(server: Server, port: number): Promise<number> {
	return new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, LOOPBACK, () => resolve((server.address() as AddressInfo).port));
	});
}

function trackSockets(server: Server): Set<Socket> {
	const sockets = new Set<Socket>();
	server.on('connection', (socket: Socket) => {
		sockets.add(socket);
		socket.on('close', () => sockets.delete(socket));
	});
	return sockets;
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
	return { server, active, peakRequests, sockets: trackSockets(server) };
}

export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
	const { port = 0, apiKey = 'emulator-key', latencyMs = 0, tls = false } = options;
	const kept = { counts: new Map(), files: new Map(), requests: [] };
	const host: Host = { origin: '', apiKey, latencyMs, ...kept };
	const { server, active, peakRequests, sockets } = makeServer(host, tls);
	const boundPort = await listen(server, port);
	host.origin = `${tls ? 'https' : 'http'}://${LOOPBACK}:${boundPort}`;

	const close = async () => {
		const closing = [...sockets].map((socket) => once(socket, 'close'));
		const closed = new Promise<void>((resolve) => server.close(() => resolve()));
		for (const abort of active.values()) abort();
		for (const socket of sockets) socket.destroy();
		await Promise.allSettled([...closing, ...active.keys(), closed]);
	};

	return {
		origin: host.origin,
		port: boundPort,
		apiKey,
		baseUrl: (profile) => `${host.origin}${profile ? `/${profile}` : ''}/v1`,
		requests: host.requests,
		openSockets: () => sockets.size,
		peakRequests,
		close,
	};
}
