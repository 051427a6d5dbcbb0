import { performance } from 'node:perf_hooks';

import { createSplitter } from '../../nodes/GeminiImage/reply/splitter';
import { base64OfImage } from './image';
import { measure } from './meter';
import { createWays } from './ways';

const WARM_UP_RUNS = 5;
const CHUNK = 64 * 1024;

/** What one process of the benchmark measures; the result goes to standard output as JSON. */
export type Job =
	| { kind: 'way'; way: string; port: number; warmUp: File; main: File }
	| { kind: 'many'; port: number; count: number; mebibytes: number; concurrency: number }
	| { kind: 'parallel'; port: number; count: number; delayMs: number; concurrency: number }
	| { kind: 'splitter'; mebibytes: number };

interface File {
	path: string;
	mebibytes: number;
}

async function way({ way, port, warmUp, main }: Extract<Job, { kind: 'way' }>) {
	const { ways, close } = await createWays(port);
	const prepare = ways[way];
	if (!prepare) throw new Error(`There is no way ${way}`);
	for (let run = 0; run < WARM_UP_RUNS; run++) {
		await (
			await prepare(warmUp.path, warmUp.mebibytes)
		)();
	}
	const result = await measure(await prepare(main.path, main.mebibytes));
	close();
	return result;
}

async function many({ port, count, mebibytes, concurrency }: Extract<Job, { kind: 'many' }>) {
	const { many: run, close } = await createWays(port);
	await run(8, 0.25, concurrency);
	const result = await measure(async () => await run(count, mebibytes, concurrency));
	close();
	return result;
}

async function parallel({ port, count, delayMs, concurrency }: Extract<Job, { kind: 'parallel' }>) {
	const { many: run, close } = await createWays(port);
	await run(8, 0.01, concurrency);
	const { wallMs } = await measure(async () => await run(count, 0.01, concurrency, delayMs));
	close();
	return { wallMs };
}

/** MiB of base64 a second, here and with a plain decode of the same chunks. */
function splitter({ mebibytes }: Extract<Job, { kind: 'splitter' }>) {
	const base64 = base64OfImage(mebibytes);
	const wrapped = Buffer.concat([
		Buffer.from('{"url":"data:image/png;base64,'),
		base64,
		Buffer.from('"}'),
	]);
	const plain = best(base64, (chunks) => {
		for (const chunk of chunks) Buffer.from(chunk.toString('latin1'), 'base64');
	});
	const ours = best(wrapped, (chunks) => {
		const { push } = createSplitter((index) => `image ${index}`);
		for (const chunk of chunks) for (const event of push(chunk)) void event;
	});
	return { ours, plain };
}

/** MiB a second of the fastest of some runs over `bytes` in chunks as a socket gives them. */
function best(bytes: Buffer, work: (chunks: Buffer[]) => void): number {
	const chunks: Buffer[] = [];
	for (let at = 0; at < bytes.length; at += CHUNK) chunks.push(bytes.subarray(at, at + CHUNK));
	const times = Array.from({ length: 7 }, () => {
		const start = performance.now();
		work(chunks);
		return performance.now() - start;
	});
	return bytes.length / 1024 / 1024 / (Math.min(...times) / 1000);
}

async function run(job: Job): Promise<unknown> {
	if (job.kind === 'way') return await way(job);
	if (job.kind === 'many') return await many(job);
	if (job.kind === 'parallel') return await parallel(job);
	return splitter(job);
}

void run(JSON.parse(process.argv[2] as string) as Job).then((result) => {
	process.stdout.write(JSON.stringify(result), () => process.exit());
});
