import pLimit from 'p-limit';
import sharp from 'sharp';

import { freePort } from '../server';
import { chatWorkflow, langchain, openSession } from './conversation';
import { core, gemini, IMAGE_OF_LAST_NODE, webhook, workflow, type WorkflowNode } from './flows';
import { launch, type Environment, type Running } from './n8n';
import { ownNodes } from './ownNodes';
import { drawDirectly, sha256 } from './drawnImages';
import type { Server } from './server';
import { startPostgres, startRedis } from './services';
import { openStage, type Stage } from './stage';
import { until } from './until';

const EXECUTIONS = 200;
const AT_A_TIME = 10;
const PER_WORKER = 5;
const DEADLINE_MS = 60_000;

const PROMPT = '={{ $json.body.prompt }}';
const SLOW = { id: 'slow', name: 'Slow account' };
/** Three seconds for each reply: long enough to end a worker in the middle of it. */
const SLOW_PROFILE = 'slow-3000';
const SCARCE = { id: 'scarce', name: 'Scarce account' };
/** Sixty at once, then one a second, and no word of how long to wait. */
const SCARCE_PROFILE = 'tiny+quota-untold-60';

let redis: Awaited<ReturnType<typeof startRedis>>;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let stage: Stage;
let server: Server;
let environment: Environment;
let workers: Running[] = [];

beforeAll(async () => {
	[redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
	stage = await openStage(
		{
			EXECUTIONS_MODE: 'queue',
			// Workers make links that main answers, so they have to know its address.
			N8N_PORT: String(await freePort()),
			QUEUE_BULL_REDIS_HOST: '127.0.0.1',
			QUEUE_BULL_REDIS_PORT: String(redis.port),
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: '127.0.0.1',
			DB_POSTGRESDB_PORT: String(postgres.port),
			DB_POSTGRESDB_USER: postgres.user,
			DB_POSTGRESDB_DATABASE: postgres.database,
			// How soon the work of a worker that is gone is taken up, in milliseconds: a minute otherwise.
			QUEUE_WORKER_LOCK_DURATION: '4000',
			QUEUE_WORKER_LOCK_RENEW_TIME: '1000',
			QUEUE_WORKER_STALLED_INTERVAL: '2000',
		},
		'tiny',
	);
	({ environment } = stage);
	await stage.importNexconn(SLOW, SLOW_PROFILE);
	await stage.importNexconn(SCARCE, SCARCE_PROFILE);
	server = await stage.startServer();
	workers = [await startWorker(), await startWorker()];
	const { emulator } = stage;
	await publish('draw', gemini('Draw', { prompt: PROMPT }));
	await publish('slow', gemini('Draw', { prompt: PROMPT }, SLOW));
	await publish(
		'plain',
		...ownNodes(emulator.baseUrl('tiny'), emulator.apiKey, '$json.body.prompt'),
	);
}, 300_000);

afterAll(async () => {
	await Promise.all(workers.map(async (worker) => await worker.stop()));
	await stage?.close();
	await Promise.all([redis?.stop(), postgres?.stop()]);
});

async function startWorker(): Promise<Running> {
	const ports = {
		N8N_RUNNERS_BROKER_PORT: String(await freePort()),
		QUEUE_HEALTH_CHECK_PORT: String(await freePort()),
	};
	const worker = launch({ ...environment, ...ports }, 'worker', `--concurrency=${PER_WORKER}`);
	const isReady = () => worker.log().includes('n8n worker is now ready') || undefined;
	await until('the worker is ready', isReady, DEADLINE_MS);
	return worker;
}

async function publish(path: string, ...nodes: WorkflowNode[]): Promise<void> {
	await server.publish(workflow(path, [webhook(path, IMAGE_OF_LAST_NODE), ...nodes]));
}

async function draw(prompt: string, path = 'draw'): Promise<Buffer> {
	const response = await server.call(`/webhook/${path}`, { prompt });
	const body = Buffer.from(await response.arrayBuffer());
	if (!response.ok) throw new Error(`${response.status}: ${body.toString('utf8', 0, 300)}`);
	return body;
}

/** The hash of what the emulator draws for a prompt. */
const drawn = async (prompt: string) =>
	sha256(await drawDirectly(stage.emulator, prompt, { profile: 'tiny' }));

async function drawMany(path: string, prompts: string[]) {
	const start = Date.now();
	const images = await pLimit(AT_A_TIME).map(prompts, async (prompt) => await draw(prompt, path));
	return { images, perSecond: (1000 * prompts.length) / (Date.now() - start) };
}

const promptsOf = (count: number, what: string) =>
	Array.from({ length: count }, (_prompt, index) => `Draw ${what} number ${index}`);

/** Sends the prompts to the slow workflow, and goes on when all of them are being worked on. */
async function drawSlowly(prompts: string[]): Promise<Array<Promise<Buffer | Error>>> {
	const slow = () => stage.emulator.requests.filter(({ profile }) => profile === SLOW_PROFILE);
	const before = slow().length;
	const images = prompts.map(
		async (prompt) => await draw(prompt, 'slow').catch((error: Error) => error),
	);
	const areAllThere = () => slow().length >= before + prompts.length || undefined;
	await until('the requests reach the service', areAllThere);
	return images;
}

async function isWholeImage(image: Buffer | Error): Promise<boolean> {
	if (image instanceof Error) throw image;
	// Decodes every pixel, unlike a look at the metadata.
	return (await sharp(image).stats()).channels.length > 0;
}

test(`The images of ${EXECUTIONS} executions in queue mode are all right, and both workers are at work`, async () => {
	const prompts = promptsOf(EXECUTIONS, 'fox');
	const plain = await drawMany('plain', promptsOf(EXECUTIONS, 'crow'));
	const { images, perSecond } = await drawMany('draw', prompts);
	expect(images.map(sha256)).toEqual(await Promise.all(prompts.map(drawn)));
	for (const worker of workers) expect(worker.log()).toMatch(/finished execution/i);
	console.log(
		`executions a second: ${perSecond.toFixed(1)}; with the HTTP Request node: ${plain.perSecond.toFixed(1)}`,
	);
});

test('Two executions that share a quota end complete, and ask little more often than they have to', async () => {
	const prompts = promptsOf(80, 'finch');
	const split = core('Split', 'splitOut', 1, { fieldToSplitOut: 'body.prompts' });
	const draw = gemini('Draw', { prompt: "={{ $json['body.prompts'] }}" }, SCARCE);
	const trigger = webhook('scarce', { responseMode: 'lastNode', responseData: 'allEntries' });
	await server.publish(workflow('scarce', [trigger, split, draw]));
	const answers = await Promise.all(
		[prompts.slice(0, 40), prompts.slice(40)].map(async (half) => {
			const response = await server.call('/webhook/scarce', { prompts: half });
			return (await response.json()) as Array<{ prompt: string }>;
		}),
	);
	expect(answers.flat().map(({ prompt }) => prompt)).toEqual(prompts);
	const asked = stage.emulator.requests.filter(({ profile }) => profile === SCARCE_PROFILE);
	expect(asked.length).toBeGreaterThan(prompts.length);
	expect(asked.length).toBeLessThanOrEqual(1.4 * prompts.length);
});

test('An execution after a restart of Redis gives the right image', async () => {
	const before = 'Draw a fox before';
	const after = 'Draw a fox after';
	expect(sha256(await draw(before))).toBe(await drawn(before));
	await redis.restart();
	const image = await until(
		'an execution after the restart',
		async () => await draw(after).catch(() => undefined),
		DEADLINE_MS,
	);
	expect(sha256(image)).toBe(await drawn(after));
});

test('A worker that is asked to stop finishes its work', async () => {
	const images = await drawSlowly(promptsOf(6, 'hare'));
	await workers[0]?.stop('SIGTERM');
	for (const image of images) expect(await isWholeImage(await image)).toBe(true);
	workers[0] = await startWorker();
});

test('A worker that is killed leaves no half-written image behind', async () => {
	const images = await drawSlowly(promptsOf(6, 'owl'));
	await workers[0]?.stop('SIGKILL');
	workers[0] = await startWorker();
	for (const image of await Promise.all(images)) {
		// n8n gives the job to a worker anew, or reports the execution as failed.
		if (image instanceof Error) expect(image.message).toMatch(/^5\d\d/);
		else expect(await isWholeImage(image)).toBe(true);
	}
});

describe.each([
	['redis', 'memoryRedisChat', 1.5],
	['postgres', 'memoryPostgresChat', 1.3],
] as const)('a chat that remembers in %s', (type, node, version) => {
	test(`A chat that remembers in ${type} goes on with words and images over workers that start again`, async () => {
		await stage.importCredential({ id: type, name: type }, type, accountAt(type));
		const credentials = { [type]: { id: type, name: type } };
		const memory = { ...langchain('Memory', node, version), credentials };
		await server.publish(chatWorkflow(type, 'lastNode', { memory }));
		const [say, other] = [openSession(stage, server, type), openSession(stage, server, type)];
		const fox = await say('Draw a fox');
		const owl = await other('Draw an owl');
		await workers[0]?.stop();
		const night = await say('Draw it at night');
		expect(night.sent).toEqual([fox.image]);
		workers[0] = await startWorker();
		await workers[1]?.stop();
		const words = await say('Words only: what is in it?');
		expect(words.sent).toEqual([night.image]);
		expect(words.shown).toContain('I remember 2 earlier turns');
		expect((await other('Draw it in snow')).sent).toEqual([owl.image]);
		workers[1] = await startWorker();
	});
});

/** What a credential for the service holds. */
function accountAt(type: 'redis' | 'postgres'): object {
	if (type === 'redis') return { host: '127.0.0.1', port: redis.port, password: '', database: 0 };
	const { port, user, database } = postgres;
	return { host: '127.0.0.1', port, user, database, password: '', ssl: 'disable' };
}
