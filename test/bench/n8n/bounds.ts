import { optionField } from '../../../nodes/GeminiImage/form/options';
import type { Case } from './cases';
import type { Result } from './report';
import type { Figures } from './run';

interface Bound {
	/** Name of the case. */
	measured: string;
	figure: keyof Figures;
	/** What the figure of this node may be at most, as a multiple of `of`, or as it is. */
	most: number;
	of?: 'rivals' | 'ideal';
}

const BOUNDS: Bound[] = [
	{ measured: '24', figure: 'wallMs', most: 1, of: 'rivals' },
	{ measured: '24', figure: 'cpuMs', most: 1, of: 'rivals' },
	{ measured: '24', figure: 'stallMs', most: 0.3, of: 'rivals' },
	{ measured: '24', figure: 'extraMiB', most: 0.3, of: 'rivals' },
	{ measured: '24', figure: 'fullCollections', most: 1, of: 'rivals' },
	{ measured: '24', figure: 'outside', most: 2.5 },
	{ measured: '1.5', figure: 'wallMs', most: 1, of: 'rivals' },
	{ measured: '1.5', figure: 'cpuMs', most: 1, of: 'rivals' },
	{ measured: '1.5', figure: 'stallMs', most: 1, of: 'rivals' },
	{ measured: '1.5', figure: 'extraMiB', most: 0.8, of: 'rivals' },
	{ measured: 'many', figure: 'wallMs', most: 1.3, of: 'ideal' },
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
const OF = {
	rivals: ", of the better of n8n's nodes",
	ideal: ', of what the API takes at the default of Max Concurrency',
};

/** Prints each bound of which all was measured, with its figure; false where one is broken. */
export function checkBounds(results: Result[]): boolean {
	const checked = BOUNDS.flatMap((bound) => {
		const value = valueOf(bound, results);
		return value === undefined ? [] : [{ ...bound, value }];
	});
	for (const { measured, figure, most, of, value } of checked) {
		const verdict = value <= most ? 'ok    ' : 'BROKEN';
		const what = `${measured}: ${NAMES[figure]}${of ? OF[of] : ''}`;
		console.log(`${verdict} ${what}: ${value.toFixed(2)} (at most ${most})`);
	}
	return checked.every(({ value, most }) => value <= most);
}

/** Undefined where something that the bound compares was not measured. */
function valueOf({ measured, figure, of }: Bound, results: Result[]): number | undefined {
	const find = (row: string) =>
		results.find((result) => result.row.name === row && result.measured.name === measured);
	const ours = find('this');
	if (!ours) return undefined;
	if (of === undefined) return ours.figures[figure];
	if (of === 'ideal') return ours.figures[figure] / idealMs(ours.measured);
	const [google, openai] = [find('google'), find('openai')];
	if (!google || !openai) return undefined;
	return ours.figures[figure] / Math.min(google.figures[figure], openai.figures[figure]);
}

const idealMs = ({ images, latencyMs }: Case) =>
	Math.ceil(images / Number(optionField('maxConcurrency').default)) * latencyMs;
