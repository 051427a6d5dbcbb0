import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

export interface Measurement {
	/** Resident memory above that before, at its peak, in MiB. */
	extraMiB: number;
	/** Longest time in which the event loop did not turn, in ms. */
	stallMs: number;
	wallMs: number;
	cpuMs: number;
}

const MiB = 1024 * 1024;
const RESOLUTION_MS = 1;

/** What `work` costs this process. */
export async function measure(work: () => Promise<unknown>): Promise<Measurement> {
	const stop = await startMeter();
	await work();
	return stop();
}

/** Measures this process from now on, until the returned function is called. */
export async function startMeter(): Promise<() => Measurement> {
	global.gc?.();
	await new Promise((resolve) => setTimeout(resolve, 200));
	const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
	const peak = watchPeak();
	const before = process.memoryUsage.rss();
	const cpu = process.cpuUsage();
	delay.enable();
	const start = performance.now();
	return () => {
		const wallMs = performance.now() - start;
		delay.disable();
		const { user, system } = process.cpuUsage(cpu);
		return {
			extraMiB: Math.max(0, (peak() - before) / MiB),
			stallMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
			wallMs,
			cpuMs: (user + system) / 1000,
		};
	};
}

/** Peak resident memory from now on: exact where the kernel keeps it, else sampled. */
function watchPeak(): () => number {
	const status = '/proc/self/status';
	if (existsSync(status)) {
		writeFileSync('/proc/self/clear_refs', '5');
		return () => 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))?.[1]);
	}
	let peak = 0;
	const sample = () => (peak = Math.max(peak, process.memoryUsage.rss()));
	const timer = setInterval(sample, 5);
	return () => {
		clearInterval(timer);
		return sample();
	};
}
