import { checkBounds } from './bounds';
import { CASES } from './cases';
import type { Result } from './report';
import { ROWS } from './rows';
import type { Figures } from './run';

const FIGURES: Figures = {
	extraMiB: 100,
	stallMs: 100,
	wallMs: 1000,
	cpuMs: 1000,
	fullCollections: 1,
	outside: 2,
	foreign: 0,
};

function result(row: string, figures: Partial<Figures> = {}): Result {
	return {
		row: ROWS.find(({ name }) => name === row)!,
		measured: CASES.find(({ name }) => name === '24')!,
		figures: { ...FIGURES, ...figures },
		runs: [],
	};
}

const fast = { extraMiB: 15, stallMs: 15, wallMs: 800, cpuMs: 800 };
const lines: string[] = [];
beforeEach(() => {
	lines.length = 0;
	jest.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
});

test('Bounds of the benchmark that are kept pass, and each of them is printed', () => {
	expect(checkBounds([result('this', fast), result('google'), result('openai')])).toBe(true);
	expect(lines).toHaveLength(5);
});

test('A bound of the benchmark is held against the better of the two other nodes', () => {
	const better = result('openai', { wallMs: 900 });
	expect(checkBounds([result('this', fast), result('google'), better])).toBe(false);
	expect(lines.filter((line) => line.startsWith('BROKEN'))).toHaveLength(1);
	expect(lines[0]).toMatch(/BROKEN 24: time, .*: 0\.89 \(at most 0\.8\)/);
});

test('A bound of the benchmark is broken only if all was measured that it compares', () => {
	expect(checkBounds([result('google'), result('openai')])).toBe(true);
	expect(checkBounds([result('this'), result('google')])).toBe(true);
	expect(checkBounds([result('this', { fullCollections: 2 })])).toBe(false);
});
