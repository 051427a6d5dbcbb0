import { hashAt, openSession, sentImages } from './conversation';
import { example, modelOf } from './flows';
import { importExamples, publishExample } from './gallery';
import { drawDirectly, photo, sha256 } from './drawnImages';
import type { Server } from './server';
import { openStage, type Stage } from './stage';
import { standInTelegram } from './telegram';

let stage: Stage;
let server: Server;

beforeAll(async () => {
	stage = await openStage();
	await importExamples(stage);
	server = await stage.startServer();
});
afterAll(async () => await stage?.close());

test('The image chat works on the image of the turn before, and knows what was said', async () => {
	const { trigger } = await publishExample(server, example('image-chat'));
	const say = openSession(stage, server, trigger);
	const snowy = await say('Make it snow', photo);
	expect(snowy.sent).toEqual([sha256(photo)]);
	expect(snowy.image).toBeDefined();
	const words = await say('Say what you did, words only please');
	expect(words.shown).toContain('I remember 1 earlier turn');
	expect(words.sent).toEqual([snowy.image]);
	expect(words.image).toBeUndefined();
	const night = await say('Now make it night');
	expect(night.sent).toEqual([snowy.image]);
	expect((await say('Make this a watercolour')).sent).toEqual([night.image]);
});

describe('Telegram photo bot', () => {
	const [ANN, BEN] = [11, 22];
	let telegram: ReturnType<typeof standInTelegram>;
	const write = async (chat: number, text: string, image?: Buffer) =>
		await telegram.write(server, chat, text, image);

	beforeAll(async () => {
		telegram = standInTelegram(stage.receiver);
		await publishExample(server, example('telegram-photo-bot'));
	});

	test('The Telegram bot takes a photo with a caption, and sends the new photo back', async () => {
		const snowy = await write(ANN, 'Make it snow', photo);
		expect(sentImages(stage)).toEqual([sha256(photo)]);
		expect(snowy).toMatchObject({ method: 'sendPhoto', fields: { chat_id: String(ANN) } });
		expect(snowy.photo).toBeDefined();

		const lamp = await write(BEN, 'Draw a lamp');
		expect(sentImages(stage)).toEqual([]);
		expect(lamp).toMatchObject({ method: 'sendPhoto', fields: { chat_id: String(BEN) } });

		const night = await write(ANN, 'Now make it night');
		expect(sentImages(stage)).toEqual([snowy.photo]);
		expect(night.fields.caption).toContain('after 1 earlier turn');
	});

	test('The Telegram bot answers words with words, whatever signs they hold', async () => {
		const { method, fields } = await write(BEN, 'Words only: is 1 < 2 & 3_4?');
		expect(method).toBe('sendMessage');
		const text = 'You wrote "Words only: is 1 &lt; 2 &amp; 3_4?". I remember 1 earlier turn.';
		expect(fields).toMatchObject({ chat_id: BEN, text, parse_mode: 'HTML' });
	});

	test('The Telegram bot answers what fails with the reason', async () => {
		const { method, fields } = await write(BEN, '   ');
		expect(method).toBe('sendMessage');
		expect(fields.text).toBe("'Prompt' is empty: its expression gave nothing");
	});
});

describe('an agent with the node as a tool', () => {
	const flow = example('agent');
	let open: () => ReturnType<typeof openSession>;

	beforeAll(async () => {
		const { trigger } = await publishExample(server, flow);
		open = () => openSession(stage, server, trigger);
	});

	test('The agent shows the image that it drew, then edits it', async () => {
		const ask = open();
		const prompt = 'Draw a bear on a bicycle';
		const bear = await ask(prompt);
		expect(bear.shown).toContain('Here is your image: ![');
		expect(bear.sent).toEqual([]);
		const image = await fetch(bear.link!);
		expect(image.headers.get('content-type')).toBe('image/png');
		const model = modelOf(flow.nodes.find(({ name }) => name === 'Draw an Image')!);
		const drawn = await drawDirectly(stage.emulator, prompt, { fields: { model } });
		expect(bear.image).toBe(sha256(drawn));

		const night = await ask('Make it night');
		expect(night.sent).toEqual([bear.image]);
		expect(await hashAt(night.link!)).not.toBe(bear.image);
	});

	test('The agent is told what went wrong, in words that make sense alone', async () => {
		const { shown } = await open()('Say hello, words only please');
		expect(shown).toMatch(/That did not work: .*The model answered without an image/);
	});
});
