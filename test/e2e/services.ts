import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '../server';
import { isRoot } from './debian';
import { until } from './until';

const POSTGRES_HOME = '/usr/lib/postgresql';
const USER = 'postgres';

export interface Service {
	port: number;
	stop(): Promise<void>;
}

/** A private Redis that starts again on the same port, as an operator's would. */
export async function startRedis(): Promise<Service & { restart(): Promise<void> }> {
	const port = await freePort();
	const folder = mkdtempSync(join(tmpdir(), 'nexconn-redis-'));
	const start = async () => {
		const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
		const child = spawn('redis-server', [...options, '--appendonly', 'yes'], { stdio: 'ignore' });
		await untilReady(child, async () => await isListening(port));
		return child;
	};
	let redis = await start();
	return {
		port,
		async restart() {
			await end(redis);
			redis = await start();
		},
		async stop() {
			await end(redis);
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** A private PostgreSQL without a password; it refuses to run as root, so it runs as its own user. */
export async function startPostgres(): Promise<Service & { user: string; database: string }> {
	const port = await freePort();
	const folder = mkdtempSync(join(tmpdir(), 'nexconn-postgres-'));
	const shell = isRoot ? ['su', '-s', '/bin/sh', 'postgres', '-c'] : ['sh', '-c'];
	if (isRoot) execFileSync('chown', ['postgres', folder]);
	const data = join(folder, 'data');
	const bin = join(POSTGRES_HOME, readdirSync(POSTGRES_HOME).sort().at(-1) as string, 'bin');
	const [program = '', ...args] = shell;
	const initialize = `${bin}/initdb -D ${data} -U ${USER} -A trust`;
	execFileSync(program, [...args, initialize], { stdio: 'ignore' });
	const serve = `exec ${bin}/postgres -D ${data} -h 127.0.0.1 -p ${port} -k ${folder}`;
	const child = spawn(program, [...args, serve], { stdio: 'ignore', detached: true });
	await untilReady(child, async () =>
		isSuccess(`${bin}/pg_isready`, '-h', '127.0.0.1', '-p', `${port}`),
	);
	return {
		port,
		user: USER,
		database: 'postgres',
		async stop() {
			// The child may be su, which does not pass signals on: its group has the server.
			const ended = once(child, 'exit');
			process.kill(-(child.pid as number), 'SIGINT');
			await ended;
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

async function end(child: ChildProcess): Promise<void> {
	const ended = once(child, 'exit');
	child.kill();
	await ended;
}

async function untilReady(child: ChildProcess, isReady: () => Promise<boolean>): Promise<void> {
	await until(`${child.spawnargs.join(' ')} answers`, async () => (await isReady()) || undefined);
}

function isSuccess(program: string, ...args: string[]): boolean {
	return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

async function isListening(port: number): Promise<boolean> {
	const socket = connect(port, '127.0.0.1');
	try {
		await once(socket, 'connect');
		return true;
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}
