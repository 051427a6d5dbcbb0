import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { startEmulator } from '../emulator';
import { command, createHome, environmentOf, installN8n, packTarball, startServer } from './n8n';

const EXAMPLES = resolve(__dirname, '../../examples');
const OWNER = { email: 'you@example.com', password: 'Gemini2026' };
const CREDENTIAL = { id: 'nexconn', name: 'Nexconn account' };

/** Opens a real n8n with the node, a credential for the emulator and the example workflows. */
async function main(): Promise<void> {
	installN8n();
	const folder = mkdtempSync(join(tmpdir(), 'nexconn-playground-'));
	const emulator = await startEmulator();
	const home = createHome(packTarball(folder));
	const environment = environmentOf(home);
	try {
		importAll(environment, folder, { apiKey: emulator.apiKey, baseUrl: emulator.baseUrl() });
		const server = await startServer(environment);
		await post(`${server.url}/rest/owner/setup`, { ...OWNER, firstName: 'You', lastName: 'Here' });
		console.log(`n8n:      ${server.url}`);
		console.log(`sign in:  ${OWNER.email}, password ${OWNER.password}`);
		console.log(`emulator: ${emulator.baseUrl()}, key ${emulator.apiKey}`);
		console.log('Ctrl+C ends it and removes everything.');
		await Promise.race([interrupted(), new Promise((ended) => server.process.once('exit', ended))]);
		await server.stop();
	} finally {
		await emulator.close();
		for (const path of [folder, home]) rmSync(path, { recursive: true, force: true });
	}
}

function importAll(environment: Record<string, string>, folder: string, service: object): void {
	const data = { authorizationFormat: 'apiKey', ...service };
	const credentials = join(folder, 'credentials.json');
	writeFileSync(credentials, JSON.stringify([{ ...CREDENTIAL, type: 'nexconnApi', data }]));
	command(environment, 'import:credentials', `--input=${credentials}`);

	const workflows = join(folder, 'workflows.json');
	writeFileSync(workflows, JSON.stringify(readdirSync(EXAMPLES).flatMap(readExample)));
	command(environment, 'import:workflow', `--input=${workflows}`);
}

interface Example {
	nodes: Array<{ credentials?: { nexconnApi?: object } }>;
}

function readExample(file: string): object[] {
	if (!file.endsWith('.json')) return [];
	const example = JSON.parse(readFileSync(join(EXAMPLES, file), 'utf8')) as Example;
	for (const { credentials } of example.nodes) {
		if (credentials?.nexconnApi) credentials.nexconnApi = CREDENTIAL;
	}
	return [{ id: file.replace('.json', ''), active: false, ...example }];
}

async function post(url: string, body: object): Promise<void> {
	const headers = { 'content-type': 'application/json' };
	const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
	if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}

async function interrupted(): Promise<void> {
	await new Promise<void>((resolvePromise) => {
		for (const signal of ['SIGINT', 'SIGTERM'] as const)
			process.once(signal, () => resolvePromise());
	});
}

main().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
