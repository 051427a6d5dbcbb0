import { drawDirectly, photo, sha256 } from './drawnImages';
import { moving } from './flows';
import { publishExample } from './gallery';
import { startOtherApis } from './otherApis';
import type { Server } from './server';
import { openStage, type Stage } from './stage';
import { standInTelegram } from './telegram';
import { until } from './until';

let apis: Awaited<ReturnType<typeof startOtherApis>>;
let stage: Stage;
let server: Server;
let telegram: ReturnType<typeof standInTelegram>;

/** That of the workflows that have moved. */
const model = 'gemini-nano-banana-2.1';

/** The stand-ins give what the emulator draws, so before and after end with the same images. */
async function draw(prompt: string, image?: Buffer): Promise<Buffer> {
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

describe('an OpenAI workflow with Google Drive', () => {
	const flows = ['openai-drive-before', 'openai-drive-after'];
	const products = [
		{ sku: 'MUG-01', name: 'a blue enamel mug' },
		{ sku: 'BAG-02', name: 'a brown "leather" bag' },
	];

	test.each(flows)('The workflow %s puts the images into the Drive', async (name) => {
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
});

describe("a workflow of HTTP Request to Google's API with Telegram", () => {
	const flows = ['google-telegram-before', 'google-telegram-after'];

	test.each(flows)('The workflow %s sends the new photo back', async (name) => {
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
});
