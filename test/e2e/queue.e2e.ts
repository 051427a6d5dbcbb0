import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import sharp from 'sharp';

import { startEmulator, type Emulator } from '../emulator';
import {
	command,
	createHome,
	environmentOf,
	freePort,
	installN8n,
	launch,
	packTarball,
	removeHome,
	startServer,
	type Environment,
	type Running,
} from './n8n';
import { startPostgres, startRedis } from './services';
import { webhookWorkflow } from './workflows';

const EXECUTIONS = 200;
const AT_A_TIME = 10;
const PER_WORKER = 5;

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('queue mode: one main, two workers, Redis, PostgreSQL', () => {
	let emulator: Emulator;
	let redis: Awaited<ReturnType<typeof startRedis>>;
	let postgres: Awaited<ReturnType<typeof startPostgres>>;
	let home: string;
	let folder: string;
	let environment: Environment;
	let main: Running & { url: string };
	let workers: Running[];

	const startWorker = async () => {
		const port = String(await freePort());
		const worker = launch(
			{ ...environment, N8N_RUNNERS_BROKER_PORT: port, QUEUE_HEALTH_CHECK_PORT: port },
			'worker',
			`--concurrency=${PER_WORKER}`,
		);
		await until(() => worker.log().includes('n8n worker is now ready'));
		return worker;
	};

	beforeAll(async () => {
		installN8n();
		folder = mkdtempSync(join(tmpdir(), 'nexconn-queue-'));
		[emulator, redis, postgres] = await Promise.all([
			startEmulator(),
			startRedis(),
			startPostgres(),
		]);
		home = createHome(packTarball(folder));
		environment = environmentOf(home, {
			EXECUTIONS_MODE: 'queue',
			QUEUE_BULL_REDIS_HOST: '127.0.0.1',
			QUEUE_BULL_REDIS_PORT: String(redis.port),
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: '127.0.0.1',
			DB_POSTGRESDB_PORT: String(postgres.port),
			DB_POSTGRESDB_USER: postgres.user,
			DB_POSTGRESDB_DATABASE: postgres.database,
			OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
		});
		importWorkflows();
		main = await startServer(environment);
		workers = [await startWorker(), await startWorker()];
	});

	afterAll(async () => {
		await Promise.all([main, ...(workers ?? [])].map(async (running) => await running?.stop()));
		await Promise.all([emulator?.close(), redis?.stop(), postgres?.stop()]);
		for (const path of [home, folder]) if (path) removeHome(path);
	});

	function importWorkflows(): void {
		const data = { apiKey: emulator.apiKey, baseUrl: emulator.baseUrl('tiny') };
		const credential = { id: 'nexconn', name: 'Nexconn account', type: 'nexconnApi', data };
		const slow = {
			...credential,
			id: 'slow',
			data: { ...data, baseUrl: emulator.baseUrl('slow-3000') },
		};
		const credentials = join(folder, 'credentials.json');
		writeFileSync(credentials, JSON.stringify([credential, slow]));
		command(environment, 'import:credentials', `--input=${credentials}`);
		const workflows = join(folder, 'workflows.json');
		const all = [
			webhookWorkflow('draw', { credential: 'nexconn' }),
			webhookWorkflow('slow', { credential: 'slow' }),
			webhookWorkflow('plain', { url: `${emulator.baseUrl('tiny')}/chat/completions` }),
		];
		writeFileSync(workflows, JSON.stringify(all));
		command(environment, 'import:workflow', `--input=${workflows}`);
		for (const { id } of all) command(environment, 'publish:workflow', `--id=${id}`);
	}

	async function draw(prompt: string, path = 'draw'): Promise<Buffer> {
		const response = await fetch(`${main.url}/webhook/${path}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ prompt }),
		});
		const body = Buffer.from(await response.arrayBuffer());
		if (!response.ok) throw new Error(`${response.status}: ${body.toString('utf8', 0, 300)}`);
		return body;
	}

	/** What the emulator draws for a prompt, without n8n. */
	async function drawn(prompt: string): Promise<Buffer> {
		const response = await fetch(`${emulator.baseUrl('tiny')}/chat/completions`, {
			method: 'POST',
			headers: { authorization: emulator.apiKey, 'content-type': 'application/json' },
			body: JSON.stringify({
				model: 'gemini-2.5-flash-image',
				messages: [{ role: 'user', content: prompt }],
			}),
		});
		const url = JSON.stringify(await response.json()).match(/base64,([^"]+)/)?.[1] ?? '';
		return Buffer.from(url, 'base64');
	}

	async function drawMany(path: string, prompts: string[]) {
		const start = Date.now();
		const images = await pLimit(AT_A_TIME).map(prompts, async (prompt) => await draw(prompt, path));
		return { images, perSecond: prompts.length / ((Date.now() - start) / 1000) };
	}

	const promptsOf = (count: number, what: string) =>
		Array.from({ length: count }, (_prompt, index) => `Draw ${what} number ${index}`);

	test(`${EXECUTIONS} executions, all images right, both workers at work`, async () => {
		const prompts = promptsOf(EXECUTIONS, 'fox');
		const plain = await drawMany('plain', promptsOf(EXECUTIONS / 2, 'crow'));
		const { images, perSecond } = await drawMany('draw', prompts);
		const expected = await Promise.all(prompts.map(drawn));
		expect(images.map(sha256)).toEqual(expected.map(sha256));
		for (const worker of workers) expect(worker.log()).toMatch(/finished execution/i);
		console.log(
			`executions a second: ${perSecond.toFixed(1)}; with the HTTP Request node: ${plain.perSecond.toFixed(1)}`,
		);
	});

	test('Redis starts again in between', async () => {
		await draw('Draw a fox before');
		await redis.restart();
		const image = await eventually(async () => await draw('Draw a fox after'));
		expect(sha256(image)).toBe(sha256(await drawn('Draw a fox after')));
	});

	test('a worker that is asked to stop finishes its work', async () => {
		const images = promptsOf(6, 'hare').map(async (prompt) => await draw(prompt, 'slow'));
		await until(
			() => emulator.requests.filter(({ profile }) => profile === 'slow-3000').length >= 6,
		);
		const [first] = workers as [Running];
		await first.stop('SIGTERM');
		expect(await Promise.all(images)).toHaveLength(6);
		for (const image of await Promise.all(images)) {
			expect((await sharp(image).metadata()).format).toBe('png');
		}
		workers[0] = await startWorker();
	});

	test('a worker that is killed leaves no half-written image behind', async () => {
		const before = emulator.requests.length;
		const results = promptsOf(4, 'owl').map(
			async (prompt) => await draw(prompt, 'slow').catch((error: Error) => error),
		);
		await until(() => emulator.requests.length >= before + 4);
		const [first] = workers as [Running];
		await first.stop('SIGKILL');
		workers[0] = await startWorker();
		for (const result of await Promise.all(results)) {
			// n8n gives the job to the other worker, or reports the execution as failed.
			if (result instanceof Error) expect(result.message).toMatch(/^5\d\d/);
			else expect((await sharp(result).metadata()).format).toBe('png');
		}
	});
});

async function until(isTrue: () => boolean): Promise<void> {
	const deadline = Date.now() + 60_000;
	while (!isTrue()) {
		if (Date.now() > deadline) throw new Error(`Waited in vain for ${isTrue.toString()}`);
		await new Promise((wake) => setTimeout(wake, 50));
	}
}

async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
	const deadline = Date.now() + 60_000;
	for (;;) {
		try {
			return await attempt();
		} catch (error) {
			if (Date.now() > deadline) throw error;
			await new Promise((wake) => setTimeout(wake, 500));
		}
	}
}
