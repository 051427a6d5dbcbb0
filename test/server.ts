import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Answers HTTP at 127.0.0.1. */
export const serve = async (answer?: RequestListener, port?: number) =>
	await listen(createServer(answer), port);

/** Listens at 127.0.0.1, on a free port if none is given. */
export async function listen(server: Server, port = 0) {
	const sockets = new Set<Socket>();
	server.on('connection', (socket: Socket) => {
		sockets.add(socket);
		socket.on('close', () => sockets.delete(socket));
	});
	server.listen(port, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address() as AddressInfo;
	return {
		port: address.port,
		origin: `http://127.0.0.1:${address.port}`,
		sockets,
		/** Lets the process end while the server still listens. */
		unref: () => void server.unref(),
		/** Ends its connections as well. */
		async close(): Promise<void> {
			const closed = [...sockets].map((socket) => once(socket, 'close'));
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
			await Promise.allSettled(closed);
		},
	};
}

/** A port at which nothing listens. */
export async function freePort(): Promise<number> {
	const { port, close } = await serve();
	await close();
	return port;
}
