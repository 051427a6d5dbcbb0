import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

import type { Job } from './child';

const FLAGS = ['--expose-gc', '--import', 'tsx'];

/** Runs a job in a process of its own. */
export async function runJob<T>(job: Job): Promise<T> {
	const { stdout } = await promisify(execFile)(
		process.execPath,
		[...FLAGS, `${__dirname}/child.ts`, JSON.stringify(job)],
		{ maxBuffer: 16 * 1024 * 1024 },
	);
	return JSON.parse(stdout) as T;
}

/** Milliseconds to load the built node where n8n is loaded already, as n8n does it. */
export async function measureLoading(): Promise<number> {
	const script = `
		require('n8n-workflow');
		const start = performance.now();
		require('./dist/nodes/GeminiImage/GeminiImage.node.js');
		console.log(performance.now() - start);`;
	const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
	return Number(stdout);
}

/** Starts `server.ts`. */
export async function startServer(): Promise<{ port: number; pid: number; close(): void }> {
	const server = fork(`${__dirname}/server.ts`, { execArgv: ['--import', 'tsx'], silent: true });
	const [line] = (await once(server.stdout!, 'data')) as [Buffer];
	const close = () => void server.kill();
	return { port: Number(line.toString()), pid: server.pid as number, close };
}

export function median(values: number[]): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
