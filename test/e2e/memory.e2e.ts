import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Measurement } from '../bench/meter';
import { prepareProbe, type Probe } from '../bench/n8n/run';
import { noiseImage } from '../emulator/images/noise';
import { chatWorkflow, openSession } from './conversation';
import { core, CREDENTIAL, gemini, webhook, workflow, type WorkflowNode } from './flows';
import { installedNode } from './install';
import type { Environment } from './n8n';
import { ownEdit } from './ownNodes';
import type { Server } from './server';
import { openStage, type Stage } from './stage';

const IMAGE_MIB = 24;
const IMAGES = 20;
/** Ten seconds each, and the peak of the first few is the lower one. */
const OWN_IMAGES = 6;
/** Sessions of two turns. */
const CHATS = 5;
const WARM = { id: 'warm', name: 'Account with small images' };

/** How many new n8ns {@link least} tries at most. */
const PROCESSES = 3;

/**
 * The least that a few processes take, or the first of them to stay below `most`: early on, V8 may
 * guess that what a stream of Node writes lives for long, and then keeps it until a full collection.
 */
async function least(most: number, measure: () => Promise<number>): Promise<number> {
	let best = Infinity;
	for (let count = 0; count < PROCESSES && best >= most; count++) {
		best = Math.min(best, await measure());
	}
	return best;
}

/** What an execution leaves in the database is not what is measured. */
const NOTHING_KEPT = { EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'none' };

/** Something that n8n does with images of so many MiB, again and again. */
type Work = (stage: Stage, server: Server, mebibytes: number) => Promise<() => Promise<void>>;

/** Runs something with an n8n whose process can be measured, see `probe.ts`. */
async function withProbe<T>(
	environment: Environment,
	run: (stage: Stage, ask: Probe['ask']) => Promise<T>,
): Promise<T> {
	const folder = mkdtempSync(join(tmpdir(), 'nexconn-probe-'));
	const probe = await prepareProbe(folder);
	const stage = await openStage({ ...environment, ...probe.environment }, `size-${IMAGE_MIB}`);
	try {
		return await run(stage, probe.ask);
	} finally {
		await stage.close();
		rmSync(folder, { recursive: true });
	}
}

/**
 * Most extra resident memory of a new n8n while it does the work one time after the other, in MiB.
 * What n8n's own start leaves behind is collected first: V8 needs memory to mark it.
 */
async function peakOf(times: number, prepare: Work, environment: Environment = {}) {
	return await withProbe(environment, async (stage, ask) => {
		await stage.importNexconn(WARM, 'size-1');
		const server = await stage.startServer();
		const warmUp = await prepare(stage, server, 1);
		for (let i = 0; i < 3; i++) await warmUp();
		const work = await prepare(stage, server, IMAGE_MIB);
		await ask('/meter');
		for (let i = 0; i < times; i++) await work();
		return (await ask<Measurement>('/stop')).extraMiB;
	});
}

/** A webhook that reads an image from the disk and edits it. */
const edits =
	(nodesOf: (stage: Stage, mebibytes: number) => WorkflowNode[]): Work =>
	async (stage, server, mebibytes) => {
		const path = `edit-${mebibytes}`;
		const file = join(stage.folder, `${path}.png`);
		writeFileSync(file, (await noiseImage(mebibytes)).bytes);
		const read = core('Read', 'readWriteFile', 1.1, { operation: 'read', fileSelector: file });
		// The answer is small: what n8n needs to send an image out is not what is measured.
		const done = core('Done', 'set', 3.4, { mode: 'raw', jsonOutput: '{"done":true}' });
		const trigger = webhook(path, { responseMode: 'lastNode' });
		await server.publish(workflow(path, [trigger, read, ...nodesOf(stage, mebibytes), done]));
		return async () => {
			const response = await server.call(`/webhook/${path}`);
			expect(await response.json()).toEqual({ done: true });
		};
	};

const PROMPT = 'Make it snow';

const credentialFor = (mebibytes: number) => (mebibytes === IMAGE_MIB ? CREDENTIAL : WARM);

function node(_stage: Stage, mebibytes: number): WorkflowNode[] {
	const parameters = { operation: 'imageToImage', prompt: PROMPT };
	return [gemini('Edit', parameters, credentialFor(mebibytes))];
}

function own({ emulator }: Stage, mebibytes: number): WorkflowNode[] {
	return ownEdit(emulator.baseUrl(`size-${mebibytes}`), emulator.apiKey, PROMPT);
}

/** A chat of two turns: the second gets the image of the first, and answers with another. */
const chats: Work = async (stage, server, mebibytes) => {
	const id = `chat-${mebibytes}`;
	const credential = credentialFor(mebibytes);
	await server.publish(chatWorkflow(id, 'lastNode', { credential }));
	return async () => {
		const say = openSession(stage, server, id);
		const first = await say('Draw snow');
		const second = await say(PROMPT);
		expect(first.image).toBeDefined();
		expect(second.sent).toEqual([first.image]);
		expect(second.image).toBeDefined();
	};
};

test(`The node edits ${IMAGES} images of ${IMAGE_MIB} MiB in less than a quarter of the memory of n8n's own nodes`, async () => {
	const ofNode = await peakOf(IMAGES, edits(node), NOTHING_KEPT);
	const ofOwn = await peakOf(OWN_IMAGES, edits(own), NOTHING_KEPT);
	console.log(
		`most extra memory of n8n: ${ofNode.toFixed(0)} MiB; with its own nodes: ${ofOwn.toFixed(0)} MiB`,
	);
	expect(ofNode).toBeLessThan(ofOwn / 4);
}, 600_000);

test(`A chat of two turns with images of ${IMAGE_MIB} MiB, ${CHATS} times, takes less memory than two such images`, async () => {
	const peak = await least(2 * IMAGE_MIB, async () => await peakOf(CHATS, chats));
	console.log(`most extra memory of n8n in a chat: ${peak.toFixed(0)} MiB`);
	// Its base64 alone takes a third more than the image, and the JSON around it as much again.
	expect(peak).toBeLessThan(2 * IMAGE_MIB);
}, 300_000);

/** Executions that are counted; the first ones of a process swing. */
const COUNTED = 8;

/** Full collections of garbage while images are edited one by one, in an n8n of its own on Node.js 24. */
async function fullCollections(isProvoked: boolean): Promise<number> {
	return await withProbe(NOTHING_KEPT, async (stage, ask) => {
		if (!isProvoked) switchOff(installedNode(stage.environment.N8N_USER_FOLDER!));
		const server = await stage.startServer();
		const edit = await edits(node)(stage, server, IMAGE_MIB);
		for (let i = 0; i < 3; i++) await edit();
		await ask('/collections');
		for (let i = 0; i < COUNTED; i++) await edit();
		return await ask<number>('/stop');
	});
}

/** The one constant that decides whether filler is made beside the buffers, in the built node. */
function switchOff(file: string): void {
	const built = readFileSync(file, 'utf8');
	const changed = built.replace(/(FILLER_BYTES_PER_BYTE ?= ?)[^,;]+/, '$10');
	expect(changed).not.toBe(built);
	writeFileSync(file, changed);
}

test('Filler beside the buffers of a stream spares n8n full collections of garbage, and one constant switches them off', async () => {
	const left = await fullCollections(false);
	const most = 0.75 * left;
	const provoked = await least(most, async () => await fullCollections(true));
	console.log(`full collections in ${COUNTED} edits: ${provoked}, without filler ${left}`);
	expect(provoked).toBeLessThan(most);
}, 300_000);
