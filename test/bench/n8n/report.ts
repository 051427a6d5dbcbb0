import type { Case } from './cases';
import type { Row } from './rows';
import type { Figures } from './run';

/** A row in a case: medians, and the runs that they are of. */
export interface Result {
	row: Row;
	measured: Case;
	figures: Figures;
	runs: Figures[];
}

/** A share of the computer that others must not take while it is measured. */
const NOISE = 0.1;

export function printTables(results: Result[]): void {
	for (const measured of new Set(results.map((result) => result.measured))) {
		const shown = results.filter((result) => result.measured === measured);
		const lines = shown.map(({ row, figures }) => [row.title, lineOf(figures)]);
		console.log(`\n${measured.title}:`);
		console.table(Object.fromEntries(lines));
	}
	const noisy = results.flatMap(({ runs }) => runs).filter(({ foreign }) => foreign > NOISE);
	if (noisy.length === 0) return;
	console.log(`In ${noisy.length} runs, others took more than ${100 * NOISE} % of the computer.`);
}

function lineOf(figures: Figures) {
	return {
		'peak MiB': Math.round(figures.extraMiB),
		'stall ms': Math.round(figures.stallMs),
		'time ms': Math.round(figures.wallMs),
		'CPU s': Number((figures.cpuMs / 1000).toFixed(2)),
		'full collections': Number(figures.fullCollections.toFixed(1)),
		'outside bytes/byte': Number(figures.outside.toFixed(2)),
		'foreign load %': Math.round(100 * figures.foreign),
	};
}

/** The same, and each run, as JSON. */
export function toJson(results: Result[]): string {
	const entries = results.map(({ row, measured, ...rest }) => ({
		case: measured.name,
		row: row.name,
		...rest,
	}));
	return JSON.stringify(entries, null, '\t');
}
