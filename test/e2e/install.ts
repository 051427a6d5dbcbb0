import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { step } from './progress';

export const ROOT = resolve(__dirname, '../..');
/** Where the real n8n and its Node.js are installed. */
export const MODULES = resolve(__dirname, 'n8n', 'node_modules');
const PACKAGE = 'n8n-nodes-nexconn';

const execute = promisify(execFile);

/** Installs the real n8n of the lock file, unless it is installed: some minutes, 2.5 GB. */
export async function installN8n(): Promise<void> {
	const ready = join(MODULES, '.ready');
	if (existsSync(ready)) return;
	const home = resolve(MODULES, '..');
	await step('Installing n8n and Node.js 24, once', () => npm(home, 'ci'), MODULES);
	await step('Building its SQLite', () =>
		npm(home, 'rebuild', 'sqlite3', '--ignore-scripts=false'),
	);
	writeFileSync(ready, '');
}

async function npm(cwd: string, ...args: string[]): Promise<string> {
	const { stdout } = await execute('npm', args, { cwd, maxBuffer: 64 * 1024 * 1024 });
	return stdout;
}

/** The package as it would be published. */
export async function packTarball(folder: string): Promise<string> {
	await npm(ROOT, 'run', 'build');
	const packed = await npm(ROOT, 'pack', '--json', '--pack-destination', folder);
	const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
	return join(folder, filename);
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

/** A folder that an n8n calls its own, with the package. */
export async function createHome(tarball: string): Promise<string> {
	const home = mkdtempSync(join(tmpdir(), 'nexconn-e2e-'));
	await installPackage(tarball, home);
	return home;
}

export const removeHome = (home: string): void => rmSync(home, { recursive: true, force: true });

/** The built node in the home of an n8n. */
export const installedNode = (home: string): string =>
	join(packageFolder(home), 'dist', 'nodes', 'GeminiImage', 'GeminiImage.node.js');

const packageFolder = (home: string): string =>
	join(home, '.n8n', 'nodes', 'node_modules', PACKAGE);

/** Installs the package step by step as n8n does it, in place of an older one. */
export async function installPackage(tarball: string, home: string): Promise<void> {
	const nodes = join(home, '.n8n', 'nodes');
	const folder = packageFolder(home);
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	await execute('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
	const { version } = dropDevelopmentFields(join(folder, 'package.json'));
	await npm(folder, 'install', ...INSTALL_OPTIONS);
	const list = join(nodes, 'package.json');
	const others = existsSync(list) ? readJson<{ dependencies: object }>(list).dependencies : {};
	const dependencies = { ...others, [PACKAGE]: version };
	writeJson(list, { name: 'installed-nodes', private: true, dependencies });
}

function dropDevelopmentFields(file: string): { version: string } {
	const manifest = readJson<{ version: string }>(file);
	const fields = ['devDependencies', 'peerDependencies', 'optionalDependencies'];
	const kept = Object.entries(manifest).filter(([field]) => !fields.includes(field));
	writeJson(file, Object.fromEntries(kept));
	return manifest;
}

const readJson = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;

function writeJson(file: string, value: unknown): void {
	writeFileSync(file, JSON.stringify(value, null, 2));
}
