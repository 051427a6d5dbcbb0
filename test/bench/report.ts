import type { Ending } from './child';
import type { Measurement } from './meter';

export interface Results {
	node: string;
	cpus: number;
	ways: Array<{ way: string; mebibytes: number } & Measurement>;
	many: Array<{ concurrency: number } & Measurement>;
	parallel: Array<{ concurrency: number; wallMs: number; idealMs: number }>;
	growth: Growth[];
	loadMs: number;
	distBytes: number;
	/** MiB a second. */
	splitter: { ours: number; plain: number };
}

/** Items of one run, and what each of them took. */
interface Growth {
	items: number;
	ending: Ending;
	msAnItem: number;
	extraMiB: number;
}

const NAMES: Record<string, string> = {
	node: 'this node',
	common: 'common way (buffer, base64, JSON)',
	n8n: 'Extract from File, HTTP Request, Convert to File',
	floor: 'floor (undici, file to file)',
};

export function printTable({
	ways,
	many,
	parallel,
	growth,
	loadMs,
	distBytes,
	splitter,
}: Results): void {
	const measured = ({ extraMiB, stallMs, wallMs, cpuMs }: Measurement) => ({
		'extra MiB': Math.round(extraMiB),
		'stall ms': Math.round(stallMs),
		'time ms': Math.round(wallMs),
		'CPU ms': Math.round(cpuMs),
	});
	console.log('\nOne image in and one out, each as large:');
	console.table(
		ways.map(({ way, mebibytes, ...rest }) => ({
			MiB: mebibytes,
			way: NAMES[way],
			...measured(rest),
		})),
	);
	console.log('64 images of 8 MiB:');
	console.table(many.map(({ concurrency, ...rest }) => ({ concurrency, ...measured(rest) })));
	console.log('32 requests of 300 ms:');
	console.table(
		parallel.map(({ concurrency, wallMs, idealMs }) => ({
			concurrency,
			'time ms': Math.round(wallMs),
			'ideal ms': idealMs,
			ratio: (wallMs / idealMs).toFixed(2),
		})),
	);
	console.log('Items of 1.5 MiB in a run, by how the connection ends behind each reply:');
	console.table(
		growth.map(({ items, ending, msAnItem, extraMiB }) => ({
			items,
			ending,
			'ms an item': msAnItem.toFixed(1),
			'extra MiB': Math.round(extraMiB),
		})),
	);
	console.log(`Loading: ${loadMs.toFixed(1)} ms, ${Math.round(distBytes / 1024)} KiB`);
	const { ours, plain } = splitter;
	console.log(`Splitter: ${ours.toFixed(0)} MiB/s; plain decode: ${plain.toFixed(0)} MiB/s\n`);
}

/** Prints each bound with the measured figure; false where one is broken. */
export function checkBounds({ ways, growth, loadMs, splitter }: Results): boolean {
	const at = (way: string, mebibytes: number): Measurement => {
		const row = ways.find((entry) => entry.way === way && entry.mebibytes === mebibytes);
		if (!row) throw new Error(`${way} at ${mebibytes} MiB was not measured`);
		return row;
	};
	const grown = (items: number, ending: Ending): Growth => {
		const row = growth.find((entry) => entry.items === items && entry.ending === ending);
		if (!row) throw new Error(`${items} items that end ${ending} were not measured`);
		return row;
	};
	const [few, many] = [grown(100, 'at-once'), grown(1000, 'at-once')];
	const [ours, common, floor] = [at('node', 24), at('common', 24), at('floor', 24)];
	const bounds: Array<[what: string, measured: number, most: number]> = [
		['extra memory at 24 MiB, in MiB', ours.extraMiB, 24],
		['extra memory at 24 MiB, of the common way', ours.extraMiB / common.extraMiB, 0.1],
		// Their ratio would fall with the noise of the process, which is as large as the smaller of them.
		['extra memory at 96 MiB, in MiB', at('node', 96).extraMiB, ours.extraMiB + 10],
		['longest stall at 24 MiB, of the common way', ours.stallMs / common.stallMs, 0.06],
		['time at 24 MiB, of the common way', ours.wallMs / common.wallMs, 0.8],
		['time at 24 MiB, of the floor', ours.wallMs / floor.wallMs, 1.25],
		['time an item of 1,000, of one of 100', many.msAnItem / few.msAnItem, 1.2],
		[
			'extra memory an item of 1,000, of one of 100',
			many.extraMiB / many.items / (few.extraMiB / few.items),
			1.2,
		],
		[
			'time of 200 that end in a reset, of good ones',
			grown(200, 'reset').msAnItem / grown(200, 'late').msAnItem,
			1.2,
		],
		['plain base64 decode, of the splitter', splitter.plain / splitter.ours, 2],
		['loading, in ms', loadMs, 25],
	];
	for (const [what, measured, most] of bounds) {
		const verdict = measured <= most ? 'ok    ' : 'BROKEN';
		console.log(`${verdict} ${what}: ${measured.toFixed(2)} (at most ${Number(most.toFixed(2))})`);
	}
	return bounds.every(([, measured, most]) => measured <= most);
}
