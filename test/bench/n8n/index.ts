import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { prepareN8n } from '../../e2e/prepare';
import { median } from '../processes';
import { checkBounds } from './bounds';
import { CASES, type Case } from './cases';
import { printTables, toJson, type Result } from './report';
import { ROWS, type Row } from './rows';
import { measureRun, type Figures } from './run';
import { openStand } from './stand';

const OUTPUT = 'bench-output';
const COUNTED_RUNS = 3;
/** n8n's own chain takes some 10 s for a large image, so that one run of it has to do. */
const isSlow = (row: Row) => row.name === 'chain';

/** Measures the node beside n8n's own in a real n8n; flags pick a part, by names with commas. */
async function main(): Promise<void> {
	const { values: flags } = parseArgs({
		options: {
			rows: { type: 'string' },
			cases: { type: 'string' },
			repeats: { type: 'string' },
		},
	});
	const rows = choose(ROWS, flags.rows);
	const cases = choose(CASES, flags.cases);
	await prepareN8n();
	const results = await measureAll(rows, cases, flags.repeats ? Number(flags.repeats) : undefined);
	mkdirSync(OUTPUT, { recursive: true });
	writeFileSync(join(OUTPUT, 'bench-n8n.json'), toJson(results));
	printTables(results);
	if (!checkBounds(results)) process.exitCode = 1;
}

function choose<T extends { name: string }>(all: T[], names: string | undefined): T[] {
	if (names === undefined) return all;
	return names.split(',').map((name) => {
		const entry = all.find((known) => known.name === name);
		if (entry) return entry;
		throw new Error(`There is no ${name}; there are ${all.map((known) => known.name).join(', ')}`);
	});
}

async function measureAll(rows: Row[], cases: Case[], repeats?: number): Promise<Result[]> {
	const results = cases.flatMap((measured) =>
		rows.map((row) => ({ row, measured, runs: [] as Figures[] })),
	);
	const stand = await openStand(rows, cases);
	try {
		// The rows take turns, so that what else the computer does hits none of them alone.
		for (let repeat = 1; ; repeat++) {
			const due = results.filter(
				({ row, measured }) => repeat <= (isSlow(row) ? 1 : (repeats ?? measured.repeats)),
			);
			if (due.length === 0) break;
			for (const { row, measured, runs } of due) {
				console.log(`${repeat}: ${measured.title}: ${row.title} …`);
				const countedRuns = isSlow(row) || measured.images > 1 ? 1 : COUNTED_RUNS;
				runs.push(await measureRun(stand, row, measured, countedRuns));
			}
		}
	} finally {
		await stand.close();
	}
	return results.map((result) => ({ ...result, figures: medians(result.runs) }));
}

function medians(runs: Figures[]): Figures {
	const of = (figure: keyof Figures) => median(runs.map((run) => run[figure]));
	return {
		extraMiB: of('extraMiB'),
		stallMs: of('stallMs'),
		wallMs: of('wallMs'),
		cpuMs: of('cpuMs'),
		fullCollections: of('fullCollections'),
		outside: of('outside'),
		foreign: of('foreign'),
	};
}

main().catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
