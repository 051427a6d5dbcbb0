import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

import { imageOf } from './image';
import type { Measurement } from './meter';
import { measureLoading, median, runJob, startServer } from './processes';
import { checkBounds, printTable, type Results } from './report';

const WAYS = ['node', 'common', 'n8n', 'floor'];
const SIZES_MIB = [1, 8, 24, 96];
const WARM_UP_MIB = 0.25;
const REPEATS = 3;
/** n8n's own chain takes most of a minute for a large image, so that one run has to do. */
const repeatsOf = (way: string, mebibytes: number) =>
	way === 'n8n' && mebibytes > 8 ? 1 : REPEATS;
const PARALLEL = { count: 32, delayMs: 300 };
const OUTPUT = 'bench-output';

async function main(): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), 'nexconn-bench-'));
	const server = await startServer();
	try {
		const fileOf = (mebibytes: number) => {
			const path = join(folder, `${mebibytes}.png`);
			writeFileSync(path, imageOf(mebibytes));
			return { path, mebibytes };
		};
		const results: Results = {
			node: process.version,
			cpus: cpus().length,
			ways: await measureWays(server.port, fileOf(WARM_UP_MIB), SIZES_MIB.map(fileOf)),
			many: await measureMany(server.port),
			parallel: await measureParallel(server.port),
			growth: await measureGrowth(server.port),
			loadMs: median([await measureLoading(), await measureLoading(), await measureLoading()]),
			distBytes: statSync('dist/nodes/GeminiImage/GeminiImage.node.js').size,
			splitter: await runJob({ kind: 'splitter', mebibytes: 64 }),
		};
		mkdirSync(OUTPUT, { recursive: true });
		writeFileSync(join(OUTPUT, 'bench.json'), JSON.stringify(results, null, '\t'));
		printTable(results);
		if (!checkBounds(results)) process.exitCode = 1;
	} finally {
		server.close();
		rmSync(folder, { recursive: true, force: true });
	}
}

type Input = { path: string; mebibytes: number };

async function measureWays(port: number, warmUp: Input, files: Input[]) {
	const rows: Results['ways'] = [];
	for (const main of files) {
		for (const way of WAYS) {
			const runs: Measurement[] = [];
			for (let run = 0; run < repeatsOf(way, main.mebibytes); run++) {
				runs.push(await runJob<Measurement>({ kind: 'way', way, port, warmUp, main }));
			}
			rows.push({ way, mebibytes: main.mebibytes, ...medians(runs) });
		}
	}
	return rows;
}

async function measureMany(port: number) {
	const rows: Results['many'] = [];
	for (const concurrency of [4, 16]) {
		const job = { kind: 'many', port, count: 64, mebibytes: 8, concurrency } as const;
		rows.push({ concurrency, ...(await runJob<Measurement>(job)) });
	}
	return rows;
}

async function measureParallel(port: number) {
	const rows: Results['parallel'] = [];
	for (const concurrency of [1, 4, 8]) {
		const job = { kind: 'parallel', port, ...PARALLEL, concurrency } as const;
		const { wallMs } = await runJob<{ wallMs: number }>(job);
		const idealMs = (PARALLEL.count / concurrency) * PARALLEL.delayMs;
		rows.push({ concurrency, wallMs, idealMs });
	}
	return rows;
}

async function measureGrowth(port: number): Promise<Results['growth']> {
	// As many items each, as the disk may get slower by what is written.
	const few = { port, runs: 10, count: 100, ending: 'at-once' } as const;
	const many = { port, runs: 1, count: 1000, ending: 'at-once' } as const;
	const good = { port, runs: 1, count: 200, ending: 'late' } as const;
	const reset = { ...good, ending: 'reset' } as const;
	const rows = [few, many, good, reset].map((job) => ({ job, runs: [] as Measurement[] }));
	for (let repeat = 0; repeat < REPEATS; repeat++) {
		for (const { job, runs } of rows) {
			runs.push(await runJob<Measurement>({ kind: 'growth', mebibytes: 1.5, ...job }));
		}
	}
	return rows.map(({ job: { count, ending, ...job }, runs }) => {
		const { wallMs, extraMiB } = medians(runs);
		return { items: count, ending, msAnItem: wallMs / (job.runs * count), extraMiB };
	});
}

function medians(runs: Measurement[]): Measurement {
	const of = (key: keyof Measurement) => median(runs.map((run) => run[key]));
	return {
		extraMiB: of('extraMiB'),
		stallMs: of('stallMs'),
		wallMs: of('wallMs'),
		cpuMs: of('cpuMs'),
	};
}

void main();
