import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { drawDirectly, photo, sha256 } from './drawnImages';
import { modelOf, moving, MOVING, type Workflow } from './flows';
import { publishExample } from './gallery';
import { startOtherApis } from './otherApis';
import type { Server } from './server';
import { openStage, type Stage } from './stage';
import { standInTelegram } from './telegram';
import { until } from './until';

const nodeOf = (flow: string, name: string) =>
	moving(flow).nodes.find((node) => node.name === name)!;

let apis: Awaited<ReturnType<typeof startOtherApis>>;
let stage: Stage;
let server: Server;
let telegram: ReturnType<typeof standInTelegram>;

/** The stand-ins draw as the emulator does for the workflows that have moved. */
async function draw(prompt: string, image?: Buffer): Promise<Buffer> {
	const model = modelOf(nodeOf('openai-drive-after', 'Generate an Image'));
	const fields = image ? { model } : { model, image_config: { aspect_ratio: '1:1' } };
	return await drawDirectly(stage.emulator, prompt, { image, fields });
}

beforeAll(async () => {
	apis = await startOtherApis(draw);
	stage = await openStage(apis.environment);
	telegram = standInTelegram(stage.receiver);
	const bot = { id: 'bot', name: 'Telegram account', type: 'telegramApi' };
	await stage.importCredentials([...apis.credentials, { ...bot, data: telegram.credential }]);
	server = await stage.startServer();
});

afterAll(async () => {
	await stage?.close();
	await apis?.close();
});

/** Runs a workflow to its end while it is published: before and after have the same address. */
async function run<T>(name: string, start: () => Promise<T>): Promise<T> {
	const { id } = await publishExample(server, moving(name));
	try {
		const result = await start();
		const { status, data } = await until(`${name} has run`, async () => {
			const execution = await server.newestExecution(id);
			return execution?.finished || execution?.status === 'error' ? execution : undefined;
		});
		if (status !== 'success') throw new Error(`${name} ended with ${status}: ${data}`);
		return result;
	} finally {
		await server.unpublish(id);
	}
}

test.each(readdirSync(MOVING))('The workflow %s of docs holds nothing of an instance', (file) => {
	const raw = readFileSync(join(MOVING, file), 'utf8');
	expect(raw).not.toMatch(/"(versionId|meta|pinData|instanceId|webhookId|owner|shared)"/);
	const { active, nodes } = JSON.parse(raw) as Workflow;
	expect(active).toBe(false);
	const credentials = nodes.flatMap((node) => Object.values(node.credentials ?? {}));
	for (const credential of credentials) expect(credential).toMatchObject({ id: null });
});

describe('an OpenAI workflow with Google Drive', () => {
	const [before, after] = ['openai-drive-before', 'openai-drive-after'] as const;
	const products = [
		{ sku: 'MUG-01', name: 'a blue enamel mug' },
		{ sku: 'BAG-02', name: 'a brown "leather" bag' },
	];

	test.each([before, after])('The workflow %s puts the images into the Drive', async (name) => {
		const count = apis.files.length;
		await run(name, async () => {
			expect((await server.call('/webhook/products', { products })).status).toBe(200);
		});
		const files = apis.files.slice(count);
		const expected = products.map(async (product) => ({
			name: `${product.sku}.png`,
			originalFilename: expect.any(String),
			parents: ['root'],
			mimeType: 'image/png',
			properties: { type: 'image/png', extension: 'png' },
			content: sha256(
				await draw(`A product photo of ${product.name} on a white table, in soft daylight`),
			),
		}));
		const stored = files.map(({ content, ...facts }) => ({ ...facts, content: sha256(content) }));
		expect(stored).toEqual(await Promise.all(expected));
	});

	test('The node behind stays as it was, and 3 of 7 nodes are gone', () => {
		expect([before, after].map((name) => moving(name).nodes.length)).toEqual([7, 4]);
		const upload = nodeOf(before, 'Upload File').parameters;
		expect(nodeOf(after, 'Upload File').parameters).toEqual(upload);
	});
});

describe("a workflow of HTTP Request to Google's API with Telegram", () => {
	const [before, after] = ['google-telegram-before', 'google-telegram-after'] as const;

	test.each([before, after])('The workflow %s sends the new photo back', async (name) => {
		const prompt = 'Make it "snow" on <everything>';
		const chat = 33;
		const answer = await run(name, async () => await telegram.write(server, chat, prompt, photo));
		expect(answer).toMatchObject({
			method: 'sendPhoto',
			fields: { chat_id: String(chat), caption: prompt },
			photo: sha256(await draw(prompt, photo)),
			fileName: 'photo.png',
			mimeType: 'image/png',
		});
	});

	test('The node behind stays as it was, and 4 of 7 nodes are gone', () => {
		expect([before, after].map((name) => moving(name).nodes.length)).toEqual([7, 3]);
		const send = nodeOf(before, 'Send the Photo').parameters;
		expect(nodeOf(after, 'Send the Photo').parameters).toEqual(send);
	});
});
