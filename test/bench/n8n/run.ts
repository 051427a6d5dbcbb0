import { buildSync } from 'esbuild';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

import { startServer } from '../../e2e/n8n';
import { until } from '../../e2e/until';
import { freePort } from '../../server';
import type { Measurement } from '../meter';
import { imageBytes, WARM_UP, type Case } from './cases';
import { watchForeignLoad } from './load';
import type { Row } from './rows';
import type { Stand } from './stand';

const WARM_UP_RUNS = 5;
const ANSWER_MS = 120_000;

/** What an execution costs n8n. */
export interface Figures extends Measurement {
	fullCollections: number;
	/** Bytes allocated outside the heap for each byte of image in and out. */
	outside: number;
	/** Share of the computer that others took meanwhile, from 0 to 1. */
	foreign: number;
}

/**
 * Measures the executions of a case in a new n8n, and gives what one of them costs; memory and stalls
 * are the most of all. Full collections are the mean of as many further executions;
 * what is allocated is counted in one more, as counting itself costs time.
 */
export async function measureRun(
	{ environment, folder, api }: Stand,
	row: Row,
	measured: Case,
	countedRuns: number,
): Promise<Figures> {
	const probe = await prepareProbe(folder);
	const { ask } = probe;
	const n8n = await startServer({ ...environment, ...probe.environment });
	const run = async (ran: Case) => await execute(n8n.url, row, ran);
	try {
		for (let i = 0; i < WARM_UP_RUNS; i++) await run(WARM_UP);
		await ask('/meter');
		const foreignLoad = watchForeignLoad([n8n.pid, api.pid, process.pid]);
		const start = performance.now();
		for (let i = 0; i < measured.executions; i++) await run(measured);
		const wallMs = (performance.now() - start) / measured.executions;
		const foreign = foreignLoad();
		const measurement = await ask<Measurement>('/stop');
		await ask('/collections');
		for (let i = 0; i < countedRuns; i++) await run(measured);
		const fullCollections = await ask<number>('/stop');
		await ask('/outside');
		await run(measured);
		const outsideBytes = await ask<number>('/stop');
		return {
			...measurement,
			wallMs,
			cpuMs: measurement.cpuMs / measured.executions,
			fullCollections: fullCollections / countedRuns,
			outside: outsideBytes / imageBytes(measured),
			foreign,
		};
	} finally {
		await n8n.stop();
	}
}

/** Runs a workflow; fails unless it ends with the images that belong to the case. */
async function execute(url: string, row: Row, { name, mebibytes, images, isEdit }: Case) {
	const path = `/webhook/${row.name}-${name}`;
	const response = await until(`${path} listens`, async () => {
		const signal = AbortSignal.timeout(ANSWER_MS);
		const answer = await fetch(url + path, { method: 'POST', signal });
		if (answer.status !== 404) return answer;
		await answer.body?.cancel();
		return undefined;
	});
	const answer = await response.text();
	const size = row.name === 'frame' && !isEdit ? 0 : mebibytes * 1024 * 1024;
	const expected = JSON.stringify({ bytes: Array.from({ length: images }, () => size) });
	if (answer !== expected) throw new Error(`${path} answered ${answer.slice(0, 1000)}`);
}

/**
 * Builds `probe.ts` into a folder. Gives the environment that loads it into an n8n, and what asks it for
 * one of its paths.
 */
export async function prepareProbe(folder: string) {
	const outfile = join(folder, 'probe.cjs');
	buildSync({ entryPoints: [`${__dirname}/probe.ts`], bundle: true, platform: 'node', outfile });
	const port = String(await freePort());
	const environment = { NODE_OPTIONS: `--expose-gc --require ${outfile}`, PROBE_PORT: port };
	const ask = async <T>(path: string) =>
		(await (await fetch(`http://127.0.0.1:${port}${path}`)).json()) as T;
	return { environment, ask };
}

export type Probe = Awaited<ReturnType<typeof prepareProbe>>;
