import './prepare';

import { startEmulator } from '../emulator';
import { createEngine } from '../engine';
import { loadBuilt } from './built';
import { closeOutputFolder, openOutputFolder } from './outputFolder';
import { examples, runExample } from './runExample';
import { readSettings, type Service } from './settings';
import { formatTable, type Row } from './table';

type Built = ReturnType<typeof loadBuilt>;

async function main(): Promise<void> {
	const settings = readSettings();
	const built = loadBuilt();
	const folder = openOutputFolder(settings.output);
	try {
		if (settings.service) await runAll(built, settings.service, folder);
		else await runEmulated(built, folder);
	} finally {
		closeOutputFolder(folder);
	}
}

async function runEmulated(built: Built, folder: string): Promise<void> {
	const emulator = await startEmulator();
	// A proxy that the environment names cannot reach this computer.
	process.env.NO_PROXY = [process.env.NO_PROXY, '127.0.0.1'].filter(Boolean).join(',');
	console.log('No NEXCONN_API_KEY is set, so the emulator draws stand-ins for real images.');
	const { apiKey } = emulator;
	const service = { apiKey, authorizationFormat: 'apiKey', baseUrl: emulator.baseUrl() };
	try {
		await runAll(built, service, folder);
	} finally {
		await emulator.close();
	}
}

async function runAll(built: Built, service: Service, folder: string): Promise<void> {
	console.log(`Service: ${service.baseUrl}`);
	console.log(`Output: ${folder}`);
	const engine = await createEngine({ ...built, credentials: { ...service } });
	const rows: Row[] = [];
	try {
		for (const example of examples) await runExample(engine, example, folder, rows);
	} catch (error) {
		throw explain(error, service);
	} finally {
		engine.close();
		if (rows.length > 0) console.log(`\n${formatTable(rows)}`);
	}
}

/** Puts the node's message into the terms of the demo, which has no credential to look at. */
function explain(error: unknown, { authorizationFormat, baseUrl }: Service): Error {
	const { message, httpCode, node } = error as Error & { httpCode?: string; node?: unknown };
	if (!node) return error as Error;
	if (httpCode === '401' || httpCode === '403') {
		const other = authorizationFormat === 'bearer' ? 'apiKey' : 'bearer';
		return new Error(
			`${baseUrl} refused the key in NEXCONN_API_KEY (${httpCode}): check it, or try NEXCONN_AUTHORIZATION_FORMAT=${other}.`,
		);
	}
	return new Error(`${message.replace(/\.$/, '')} (NEXCONN_BASE_URL: ${baseUrl}).`);
}

main().catch((error: unknown) => {
	const message = error instanceof Error ? error.message : String(error);
	console.error(message.replace(/\s+/g, ' '));
	process.exitCode = 1;
});
