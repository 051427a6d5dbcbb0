import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const STEP_MS = 10_000;

/**
 * Does the work and tells of it: its name at once, every ten seconds the time so far, in the end the
 * time it took. With a folder, the size of that too.
 */
export async function step<T>(name: string, work: () => Promise<T>, folder?: string): Promise<T> {
	const started = Date.now();
	const soFar = () =>
		[formatTime(Date.now() - started), folder && formatSize(sizeOf(folder))]
			.filter(Boolean)
			.join(', ');
	console.log(`${name} …`);
	const working = work();
	const done = working.then(() => true);
	const tick = () => sleep(STEP_MS, false, { ref: false });
	while (!(await Promise.race([done, tick()]))) console.log(`  ${soFar()} …`);
	console.log(`  done: ${soFar()}`);
	return await working;
}

/** `8 s`, `3 min 5 s`. */
export function formatTime(milliseconds: number): string {
	const seconds = Math.round(milliseconds / 1000);
	const minutes = Math.floor(seconds / 60);
	return `${minutes > 0 ? `${minutes} min ` : ''}${seconds % 60} s`;
}

/** `640 MB`, `2.1 GB`. */
export function formatSize(bytes: number): string {
	const megabytes = bytes / 1e6;
	return megabytes < 1000 ? `${Math.round(megabytes)} MB` : `${(megabytes / 1000).toFixed(1)} GB`;
}

/** In bytes on the disk; 0 for a folder that does not exist (yet). */
export function sizeOf(folder: string): number {
	// Files that vanish meanwhile make du complain, but not stop.
	const { stdout } = spawnSync('du', ['-sk', folder], { encoding: 'utf8' });
	return Number.parseInt(stdout || '0', 10) * 1024;
}
