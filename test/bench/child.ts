import { performance } from 'node:perf_hooks';

import { split } from '../../nodes/GeminiImage/reply/splitter';
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
	| { kind: 'growth'; port: number; runs: number; count: number; mebibytes: number; ending: Ending }
	| { kind: 'splitter'; mebibytes: number };

/** How the connection ends behind a reply: 200 ms later or not, well or with a reset. */
export type Ending = 'at-once' | 'late' | 'reset';

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
	await run(8, 0.25, { concurrency });
	const result = await measure(async () => await run(count, mebibytes, { concurrency }));
	close();
	return result;
}

async function parallel({ port, count, delayMs, concurrency }: Extract<Job, { kind: 'parallel' }>) {
	const { many: run, close } = await createWays(port);
	await run(8, 0.01, { concurrency });
	const { wallMs } = await measure(async () => await run(count, 0.01, { concurrency, delayMs }));
	close();
	return { wallMs };
}

async function growth({ port, runs, count, mebibytes, ending }: Extract<Job, { kind: 'growth' }>) {
	const { many: run, close } = await createWays(port);
	await run(100, mebibytes);
	const result = await measure(async () => {
		for (let i = 0; i < runs; i++) await run(count, mebibytes, { ending });
	});
	close();
	return result;
}

/** MiB of base64 a second, here and with a plain decode of the same chunks. */
async function splitter({ mebibytes }: Extract<Job, { kind: 'splitter' }>) {
	const base64 = base64OfImage(mebibytes);
	const wrapped = Buffer.concat([
		Buffer.from('{"url":"data:image/png;base64,'),
		base64,
		Buffer.from('"}'),
	]);
	const plain = await best(base64, async (chunks) => {
		for (const chunk of chunks) Buffer.from(chunk.toString('latin1'), 'base64');
	});
	const ours = await best(wrapped, async (chunks) => {
		for await (const part of split(arriving(chunks), (number) => `image ${number}`)) {
			if ('chunks' in part) for await (const piece of part.chunks) void piece;
		}
	});
	return { ours, plain };
}

async function* arriving(chunks: Buffer[]): AsyncGenerator<Buffer> {
	yield* chunks;
}

/** MiB a second of the fastest of some runs over `bytes` in chunks as a socket gives them. */
async function best(bytes: Buffer, work: (chunks: Buffer[]) => Promise<void>): Promise<number> {
	const chunks: Buffer[] = [];
	for (let at = 0; at < bytes.length; at += CHUNK) chunks.push(bytes.subarray(at, at + CHUNK));
	const times: number[] = [];
	for (let run = 0; run < 7; run++) {
		const start = performance.now();
		await work(chunks);
		times.push(performance.now() - start);
	}
	return bytes.length / 1024 / 1024 / (Math.min(...times) / 1000);
}

async function run(job: Job): Promise<unknown> {
	if (job.kind === 'way') return await way(job);
	if (job.kind === 'many') return await many(job);
	if (job.kind === 'parallel') return await parallel(job);
	if (job.kind === 'growth') return await growth(job);
	return await splitter(job);
}

void run(JSON.parse(process.argv[2] as string) as Job).then((result) => {
	process.stdout.write(JSON.stringify(result), () => process.exit());
});
