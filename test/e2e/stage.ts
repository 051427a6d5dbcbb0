import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startEmulator, type Emulator } from '../emulator';
import { createHome, removeHome } from './install';
import { environmentOf, importEntries, run, type Environment } from './n8n';
import { startReceiver } from './receiver';
import { openServer } from './server';
import { CREDENTIAL, type Workflow } from './flows';

/** The tarball that `prepare.ts` packed. */
export function tarball(): string {
	const { NEXCONN_TARBALL } = process.env;
	if (!NEXCONN_TARBALL) throw new Error('Run this with npm run test:e2e');
	return NEXCONN_TARBALL;
}

/** What a credential for the emulator holds. */
export const keyFor = (emulator: Emulator, profile = '') => ({
	apiKey: emulator.apiKey,
	authorizationFormat: 'apiKey',
	baseUrl: emulator.baseUrl(profile),
});

/**
 * Everything that a suite needs around n8n; the credential leads to that profile of the emulator.
 * `close` ends and removes it all, as far as it got.
 */
export async function openStage(more: Environment = {}, profile = '') {
	const closers: Array<() => Promise<void> | void> = [];
	async function close(): Promise<void> {
		for (const closer of closers.splice(0).reverse()) await closer();
	}
	try {
		const folder = mkdtempSync(join(tmpdir(), 'nexconn-e2e-files-'));
		closers.push(() => rmSync(folder, { recursive: true, force: true }));
		const emulator = await startEmulator();
		closers.push(emulator.close);
		const receiver = await startReceiver();
		closers.push(receiver.close);
		const home = await createHome(tarball());
		closers.push(() => removeHome(home));
		const environment = environmentOf(home, { N8N_RESTRICT_FILE_ACCESS_TO: folder, ...more });

		const importCredentials = async (credentials: object[]) =>
			await importEntries(environment, 'credentials', credentials);
		const importCredential = async (name: object, type: string, data: object) =>
			await importCredentials([{ ...name, type, data }]);
		const importNexconn = async (name: object, emulated: string) =>
			await importCredential(name, 'nexconnApi', keyFor(emulator, emulated));
		await importNexconn(CREDENTIAL, profile);

		return {
			folder,
			emulator,
			receiver,
			environment,
			close,
			importCredential,
			/** Each with its id, name, type and data. */
			importCredentials,
			/** A further credential, for another profile of the emulator. */
			importNexconn,
			importWorkflows: async (workflows: Workflow[]) =>
				await importEntries(environment, 'workflow', workflows),
			/** What `n8n execute` prints, among lines of its log. */
			async execute<T>(id: string): Promise<T> {
				const printed = await run(environment, 'execute', `--id=${id}`, '--rawOutput');
				return JSON.parse(/^\{$.*^\}$/ms.exec(printed)?.[0] ?? printed) as T;
			},
			async startServer() {
				const server = await openServer(environment);
				closers.push(server.stop);
				return server;
			},
		};
	} catch (error) {
		await close();
		throw error;
	}
}

export type Stage = Awaited<ReturnType<typeof openStage>>;
