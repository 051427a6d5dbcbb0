import './prepare';

import { startEmulator } from '../emulator';
import { createEngine } from '../engine';
import { loadBuilt } from './built';
import { openOutputFolder } from './outputFolder';
import { examples, runExample } from './runExample';
import { readSettings, type Service } from './settings';
import { formatTable, type Row } from './table';

async function main(): Promise<void> {
	const settings = readSettings();
	const folder = openOutputFolder(settings.output);
	const built = loadBuilt();
	if (settings.service) return await runAll(built, settings.service, folder);

	const emulator = await startEmulator();
	// A proxy that the environment names cannot reach this computer.
	process.env.NO_PROXY = [process.env.NO_PROXY, '127.0.0.1'].filter(Boolean).join(',');
	console.log('No NEXCONN_API_KEY is set, so the emulator draws stand-ins for real pictures.');
	const { apiKey } = emulator;
	try {
		await runAll(
			built,
			{ apiKey, authorizationFormat: 'apiKey', baseUrl: emulator.baseUrl() },
			folder,
		);
	} finally {
		await emulator.close();
	}
}

async function runAll(
	built: ReturnType<typeof loadBuilt>,
	service: Service,
	folder: string,
): Promise<void> {
	console.log(`Service: ${service.baseUrl}`);
	console.log(`Output: ${folder}`);
	const engine = await createEngine({ ...built, credentials: { ...service } });
	const rows: Row[] = [];
	try {
		for (const example of examples) rows.push(...(await runExample(engine, example, folder)));
	} catch (error) {
		throw explain(error, service);
	} finally {
		engine.close();
	}
	console.log(`\n${formatTable(rows)}`);
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
