import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { startEmulator, type Emulator } from '../emulator';
import { freePort } from '../server';
import { CREDENTIAL, example } from './flows';
import { NAMES } from './gallery';
import { installPackage } from './install';
import { environmentOf, importEntries, type Environment } from './n8n';
import { step } from './progress';
import { openServer } from './server';
import { keyFor, tarball } from './stage';

/** What stays as it is from start to start, beside what n8n keeps. */
interface Kept {
	/** The credential leads to the emulator's port, and bookmarks to n8n's. */
	emulatorPort: number;
	n8nPort: number;
	/** Examples that are n8n's since then: the user may have changed or deleted them. */
	imported: string[];
}

/**
 * A real n8n whose folder is kept, with the newest build of the node, the emulator, and, imported
 * once, a credential and the examples. Errors: a port that is taken, an n8n that does not start.
 */
export async function openPlayground(folder: string) {
	const files = join(folder, 'files');
	mkdirSync(files, { recursive: true });
	const keptIn = join(folder, 'playground.json');
	const kept = await readKept(keptIn);
	const emulator = await startKeptEmulator(kept, keptIn);
	try {
		const environment = environmentOf(folder, {
			N8N_PORT: String(kept.n8nPort),
			N8N_RESTRICT_FILE_ACCESS_TO: files,
		});
		await step('Installing the node in n8n', () => installPackage(tarball(), folder));
		const names = NAMES.filter((name) => !kept.imported.includes(name));
		if (names.length > 0) {
			const what = `Importing ${names.length} examples`;
			await step(what, () => importNew(environment, emulator, kept, names));
			kept.imported.push(...names);
			writeFileSync(keptIn, JSON.stringify(kept, null, '\t'));
		}
		const server = await step('Starting n8n', () => openServer(environment));
		const close = async () => {
			await server.stop();
			await emulator.close();
		};
		return { server, emulator, environment, close };
	} catch (error) {
		await emulator.close();
		throw error;
	}
}

async function readKept(file: string): Promise<Kept> {
	if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Kept;
	return { emulatorPort: await freePort(), n8nPort: await freePort(), imported: [] };
}

async function startKeptEmulator({ emulatorPort }: Kept, keptIn: string): Promise<Emulator> {
	try {
		return await startEmulator({ port: emulatorPort });
	} catch (error) {
		const message = `Port ${emulatorPort} is in use, which ${keptIn} names: is npm run n8n running already?`;
		throw new Error(message, { cause: error });
	}
}

async function importNew(
	environment: Environment,
	emulator: Emulator,
	{ imported }: Kept,
	names: string[],
): Promise<void> {
	// A later start leaves the credential alone, which may hold a real key by then.
	if (imported.length === 0) {
		const credential = { ...CREDENTIAL, type: 'nexconnApi', data: keyFor(emulator) };
		await importEntries(environment, 'credentials', [credential]);
	}
	await importEntries(environment, 'workflow', names.map(example));
}
