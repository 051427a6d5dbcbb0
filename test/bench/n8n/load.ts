import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';

/** Of a second: the unit of times in /proc. */
const TICKS = 100;

/** CPU time of a process so far, in ms (proc(5), stat: utime and stime). */
function cpuOf(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
		.replace(/^.*\) /s, '')
		.split(' ');
	return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
}

/** CPU time of everything on this computer so far, in ms. */
function cpuOfAll(): number {
	return cpus()
		.map(({ times: { user, nice, sys, irq } }) => user + nice + sys + irq)
		.reduce((sum, time) => sum + time, 0);
}

/**
 * Watches what else the computer does: returns a function that gives the share of its processors
 * that others than these processes have taken since, from 0 to 1.
 */
export function watchForeignLoad(pids: number[]): () => number {
	const foreign = () => cpuOfAll() - pids.reduce((sum, pid) => sum + cpuOf(pid), 0);
	const before = foreign();
	const start = performance.now();
	return () => {
		const available = (performance.now() - start) * cpus().length;
		return Math.max(0, (foreign() - before) / available);
	};
}
