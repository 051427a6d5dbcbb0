import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { core, webhook, workflow } from '../../e2e/flows';
import { openStage, type Stage } from '../../e2e/stage';
import { imageOf } from '../image';
import { startServer } from '../processes';
import { pathOf, WARM_UP, type Case } from './cases';
import type { Row } from './rows';

/** n8n with all workflows that are to be measured, not running, and the APIs that they call. */
export async function openStand(rows: Row[], cases: Case[]) {
	// What an execution leaves in the database is not what is measured.
	const stage = await openStage({ EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'none' });
	const api = await startServer();
	const close = async () => {
		api.close();
		await stage.close();
	};
	try {
		await prepare(stage, `http://127.0.0.1:${api.port}`, rows, [WARM_UP, ...cases]);
	} catch (error) {
		await close();
		throw error;
	}
	return { environment: stage.environment, folder: stage.folder, api, close };
}

export type Stand = Awaited<ReturnType<typeof openStand>>;

/** Credentials, input files and workflows of each row in each case. */
async function prepare(stage: Stage, origin: string, rows: Row[], cases: Case[]): Promise<void> {
	const idOf = (row: Row, measured: Case) => `${row.name}-${measured.name}`;
	const credentials = rows.flatMap((row) =>
		cases.flatMap((measured) => {
			const id = idOf(row, measured);
			const credential = row.credential?.(origin + pathOf(measured));
			return credential ? [{ id, name: id, ...credential }] : [];
		}),
	);
	await stage.importCredentials(credentials);
	const server = await stage.startServer();
	for (const measured of cases) {
		const read = writeInput(stage.folder, measured);
		const url = origin + pathOf(measured);
		// The API makes an image when it is first asked for one.
		await (await fetch(`${url}/v1/images/generations`)).arrayBuffer();
		for (const row of rows) {
			const id = idOf(row, measured);
			const trigger = webhook(id, { responseMode: 'lastNode' });
			const nodes = row.nodes(measured, { id, name: id }, url);
			await server.publish(workflow(id, [trigger, ...read, ...nodes, DONE]));
		}
	}
	await server.stop();
}

/** Writes the images that go in; gives the node that reads them, if there are any. */
function writeInput(stageFolder: string, { name, mebibytes, images, isEdit }: Case) {
	if (!isEdit) return [];
	const folder = join(stageFolder, name);
	mkdirSync(folder);
	for (let i = 0; i < images; i++) writeFileSync(join(folder, `${i}.png`), imageOf(mebibytes));
	const parameters = { operation: 'read', fileSelector: join(folder, '*.png') };
	return [core('Read', 'readWriteFile', 1.1, parameters)];
}

/** The answer is small: what n8n needs to send an image out is not what is measured. */
const DONE = {
	...core('Done', 'set', 3.4, {
		mode: 'raw',
		jsonOutput: '={{ { bytes: $input.all().map((item) => item.binary?.data.bytes ?? 0) } }}',
	}),
	executeOnce: true,
};
