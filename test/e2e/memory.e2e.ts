import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { noiseImage } from '../emulator/images/noise';
import { core, CREDENTIAL, gemini, webhook, workflow, type WorkflowNode } from './flows';
import { ownEdit } from './ownNodes';
import type { Server } from './server';
import { openStage, type Stage } from './stage';

const PICTURE_MIB = 24;
const PICTURES = 20;
/** Ten seconds each, and the peak of the first few is the lower one. */
const OWN_PICTURES = 6;
const WARM = { id: 'warm', name: 'Account with small pictures' };

/** A figure of the process from /proc, in MiB. */
function memory(server: Server, name: 'VmRSS' | 'VmHWM'): number {
	const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
	return Number(new RegExp(`${name}:\\s*(\\d+) kB`).exec(status)?.[1]) / 1024;
}

/** Most extra resident memory of a new n8n while pictures go in and out one after the other, in MiB. */
async function peakOf(
	pictures: number,
	nodesOf: (stage: Stage, mebibytes: number) => WorkflowNode[],
): Promise<number> {
	// What an execution leaves in the database is not what is measured.
	const stage = await openStage({ EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'none' }, `size-${PICTURE_MIB}`);
	try {
		const server = await stage.startServer();
		await stage.importNexconn(WARM, 'size-1');
		const warmUp = await publish(stage, server, 1, nodesOf(stage, 1));
		for (let i = 0; i < 3; i++) await warmUp();
		const edit = await publish(stage, server, PICTURE_MIB, nodesOf(stage, PICTURE_MIB));
		const before = memory(server, 'VmRSS');
		// Sets the mark of most memory back to now (proc(5)).
		writeFileSync(`/proc/${server.pid}/clear_refs`, '5');
		for (let i = 0; i < pictures; i++) await edit();
		return memory(server, 'VmHWM') - before;
	} finally {
		await stage.close();
	}
}

/** A webhook that reads a picture of so many MiB from the disk and edits it. */
async function publish(stage: Stage, server: Server, mebibytes: number, nodes: WorkflowNode[]) {
	const path = `edit-${mebibytes}`;
	const file = join(stage.folder, `${path}.png`);
	writeFileSync(file, (await noiseImage(mebibytes)).bytes);
	const read = core('Read', 'readWriteFile', 1.1, { operation: 'read', fileSelector: file });
	// The answer is small: what n8n needs to send a picture out is not what is measured.
	const done = core('Done', 'set', 3.4, { mode: 'raw', jsonOutput: '{"done":true}' });
	const trigger = webhook(path, { responseMode: 'lastNode' });
	await server.publish(workflow(path, [trigger, read, ...nodes, done]));
	return async () => {
		const response = await server.call(`/webhook/${path}`);
		expect(await response.json()).toEqual({ done: true });
	};
}

const PROMPT = 'Make it snow';

function node(_stage: Stage, mebibytes: number): WorkflowNode[] {
	const credential = mebibytes === PICTURE_MIB ? CREDENTIAL : WARM;
	return [gemini('Edit', { operation: 'imageToImage', prompt: PROMPT }, credential)];
}

function own({ emulator }: Stage, mebibytes: number): WorkflowNode[] {
	return ownEdit(emulator.baseUrl(`size-${mebibytes}`), emulator.apiKey, PROMPT);
}

test(`${PICTURES} pictures of ${PICTURE_MIB} MiB, in and out, next to n8n's own nodes`, async () => {
	const ofNode = await peakOf(PICTURES, node);
	const ofOwn = await peakOf(OWN_PICTURES, own);
	console.log(
		`most extra memory of n8n: ${ofNode.toFixed(0)} MiB; with its own nodes: ${ofOwn.toFixed(0)} MiB`,
	);
	expect(ofNode).toBeLessThan(ofOwn / 4);
}, 600_000);
