import type { Result } from './report';
import type { Figures } from './run';

interface Bound {
	/** Name of the case. */
	measured: string;
	figure: keyof Figures;
	/** What the figure of this node may be at most. */
	most: number;
	/** It is a multiple of that of the better rival. */
	isRatio?: boolean;
}

const BOUNDS: Bound[] = [
	{ measured: '24', figure: 'wallMs', most: 0.8, isRatio: true },
	{ measured: '24', figure: 'cpuMs', most: 0.8, isRatio: true },
	{ measured: '24', figure: 'stallMs', most: 0.15, isRatio: true },
	{ measured: '24', figure: 'extraMiB', most: 0.15, isRatio: true },
	{ measured: '24', figure: 'fullCollections', most: 1 },
	{ measured: '1.5', figure: 'wallMs', most: 1, isRatio: true },
	{ measured: '1.5', figure: 'cpuMs', most: 1, isRatio: true },
	{ measured: '1.5', figure: 'stallMs', most: 1, isRatio: true },
	{ measured: '1.5', figure: 'extraMiB', most: 0.8, isRatio: true },
	{ measured: 'many', figure: 'wallMs', most: 0.25, isRatio: true },
	{ measured: 'many', figure: 'extraMiB', most: 70 },
];

const NAMES: Record<keyof Figures, string> = {
	extraMiB: 'extra memory',
	stallMs: 'longest stall',
	wallMs: 'time',
	cpuMs: 'CPU',
	fullCollections: 'full collections',
	outside: 'bytes allocated outside the heap for each byte of image',
	foreign: 'foreign load',
};
/** Prints each bound of which all was measured, with its figure; false where one is broken. */
export function checkBounds(results: Result[]): boolean {
	const checked = BOUNDS.flatMap((bound) => {
		const value = valueOf(bound, results);
		return value === undefined ? [] : [{ ...bound, value }];
	});
	for (const { measured, figure, most, isRatio, value } of checked) {
		const verdict = value <= most ? 'ok    ' : 'BROKEN';
		const what = `${measured}: ${NAMES[figure]}${isRatio ? ", of the better of n8n's nodes" : ''}`;
		console.log(`${verdict} ${what}: ${value.toFixed(2)} (at most ${most})`);
	}
	return checked.every(({ value, most }) => value <= most);
}

/** Undefined where something that the bound compares was not measured. */
function valueOf({ measured, figure, isRatio }: Bound, results: Result[]): number | undefined {
	const find = (row: string) =>
		results.find((result) => result.row.name === row && result.measured.name === measured);
	const ours = find('this');
	if (!ours) return undefined;
	if (!isRatio) return ours.figures[figure];
	const [google, openai] = [find('google'), find('openai')];
	if (!google || !openai) return undefined;
	return ours.figures[figure] / Math.min(google.figures[figure], openai.figures[figure]);
}
