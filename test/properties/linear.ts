const KB = 1024;
/** Four times the text may cost this many times as much; the square of it would cost sixteen. */
const MAX_RATIO = 10;
/** The same of sixteen times the text, of which the square would cost 256. */
const MAX_FAR_RATIO = 130;
/** Less than this, in plain passes over the longer text, is too little to compare. */
const MIN_PASSES = 20;
/** What takes longer than this, in milliseconds, need not be run again: noise is small beside it. */
const LONG_MS = 1000;

// A test that takes 3 s alone takes 12 on a busy machine, and longer if noise has it measured again.
jest.setTimeout(90_000);

/** What a text of so many characters costs, in milliseconds. */
type Cost = (chars: number) => Promise<number>;

/** Whether the cost grows with the text, and not with the square of it. */
export async function isLinear(cost: Cost, chars: number): Promise<boolean> {
	// From short to long, as the square of a long text would take hours.
	for (const part of [16, 4, 1]) if (!(await isLinearUpTo(cost, chars / part))) return false;
	return true;
}

/** What looks bad is measured again, at last over a distance at which noise cannot look like growth. */
async function isLinearUpTo(cost: Cost, chars: number): Promise<boolean> {
	for (const [times, runs] of [
		[4, 1],
		[4, 3],
		[4, 10],
		[16, 10],
		[16, 20],
	] as const) {
		const ratio = await measure(cost, chars, times, runs);
		if (ratio < (times === 4 ? MAX_RATIO : MAX_FAR_RATIO)) return true;
		charMs = measureChar();
	}
	return false;
}

/** How the cost grows with so many times the text; 1 if there is too little of it to tell. */
async function measure(cost: Cost, chars: number, times: number, runs: number) {
	const most = await least(cost, chars, runs);
	if (most / chars / charMs < MIN_PASSES) return 1;
	return most / (await least(cost, chars / times, runs + 1));
}

/** The least cost of some runs, as others use the machine as well. */
async function least(cost: Cost, chars: number, runs: number): Promise<number> {
	let best = Infinity;
	for (let run = 0; run < runs && (run === 0 || best < LONG_MS); run++) {
		best = Math.min(best, await cost(chars));
	}
	return best;
}

/** A pass over a text without any expression, as the measure of all others. */
export function pass(text: string): number {
	let sum = 0;
	for (let at = 0; at < text.length; at++) sum += text.charCodeAt(at);
	return sum;
}

/** What a plain pass takes for a character, in milliseconds; measured anew if something looks bad. */
function measureChar(): number {
	const text = 'a'.repeat(1024 * KB);
	const runs = [1, 2, 3].map(() => {
		const start = performance.now();
		pass(text);
		return performance.now() - start;
	});
	return Math.min(...runs) / text.length;
}

let charMs = measureChar();
