import { openEditor, sizeOf, type Editor } from './browser';
import { chatWorkflow, hashAt, openSession, sentImages } from './conversation';
import { photo, sha256 } from './drawnImages';
import type { Server } from './server';
import { openStage, type Stage } from './stage';

let stage: Stage;
let server: Server;

beforeAll(async () => {
	stage = await openStage({}, 'tiny');
	server = await stage.startServer();
});
afterAll(async () => await stage?.close());

describe.each(['lastNode', 'streaming'])('a chat of three nodes, response mode %s', (mode) => {
	beforeAll(async () => void (await server.publish(chatWorkflow(mode, mode))));

	test(`A chat draws an image, changes it and answers a question about it, in response mode ${mode}`, async () => {
		const say = openSession(stage, server, mode);
		const first = await say('Draw a fox');
		expect(first.image).toBeDefined();
		const second = await say('Draw it at night');
		expect(second.sent).toEqual([first.image]);
		expect(second.image).toBeDefined();
		const third = await say('Words only: what is in it?');
		expect(third.sent).toEqual([second.image]);
		expect(third.shown).toContain('I remember 2 earlier turns');
		expect(third.image).toBeUndefined();
	});

	test(`A chat works on an image that is uploaded in between, in response mode ${mode}`, async () => {
		const say = openSession(stage, server, mode);
		await say('Draw a fox');
		expect((await say('Words only: what is this?', photo)).sent).toEqual([sha256(photo)]);
		expect((await say('Draw it in snow')).sent).toEqual([sha256(photo)]);
	});

	test(`Two sessions of a chat side by side each keep their own image, in response mode ${mode}`, async () => {
		const [one, two] = [openSession(stage, server, mode), openSession(stage, server, mode)];
		const fox = await one('Draw a fox');
		const owl = await two('Draw an owl');
		expect(fox.image).not.toBe(owl.image);
		expect((await one('Draw it at night')).sent).toEqual([fox.image]);
		expect((await two('Draw it at night')).sent).toEqual([owl.image]);
	});
});

describe.each(['lastNode', 'streaming'])('the chat of the editor, response mode %s', (mode) => {
	const id = `panel-${mode}`;
	let editor: Editor;

	beforeAll(async () => {
		await stage.importWorkflows([chatWorkflow(id, mode)]);
		editor = await openEditor(server);
		await editor.openWorkflow(id);
		await editor.by('workflow-chat-button').first().click();
	});
	afterAll(async () => await editor?.close());

	test(`The chat of the editor shows each image as soon as it is there, in response mode ${mode}`, async () => {
		const images = editor.by('canvas-chat').locator('img[src*="/binary-data/signed"]');
		const box = editor.by('canvas-chat').locator('textarea');
		const hashes: string[] = [];
		for (const prompt of ['Draw a fox', 'Draw it at night']) {
			await box.fill(prompt);
			await box.press('Enter');
			const image = images.nth(hashes.length);
			await image.waitFor();
			expect(await sizeOf(image)).toEqual([8, 8]);
			hashes.push(await hashAt((await image.getAttribute('src')) ?? ''));
		}
		expect(sentImages(stage)).toEqual([hashes[0]]);
		expect(hashes[1]).not.toBe(hashes[0]);
	});
});

describe('links that lead to no image of the conversation', () => {
	const ID = 'links';
	let workflowId: string;
	beforeAll(async () => void (workflowId = await server.publish(chatWorkflow(ID, 'lastNode'))));

	/** It has the hints of its nodes. */
	const newestExecution = async () => (await server.newestExecution(workflowId))!;

	test('A chat whose image n8n has deleted says so in a hint, and goes on', async () => {
		const say = openSession(stage, server, ID);
		const { link } = await say('Draw a fox');
		const { id } = await newestExecution();
		await server.rest('/executions/delete', 'POST', { ids: [id] });
		expect((await fetch(link!)).status).toBe(404);
		const next = await say('Draw it at night');
		expect(next.sent).toEqual([]);
		expect(next.image).toBeDefined();
		expect((await newestExecution()).data).toContain('An image of the conversation is missing');
		expect((await say('Draw it in snow')).sent).toEqual([next.image]);
	});

	test('A link that somebody forged is text, and the chat works on the image before it', async () => {
		const say = openSession(stage, server, ID);
		const fox = await say('Draw a fox');
		const forged = fox.link!.slice(0, -20) + 'A'.repeat(20);
		expect((await fetch(forged)).status).toBe(400);
		await say(`In words, what is ![image](${forged})`);
		expect((await say('Draw it at night')).sent).toEqual([fox.image]);
		expect((await newestExecution()).data).toContain('was not signed by this n8n');
	});

	test('A link to somewhere else is text, and nobody asks there', async () => {
		const say = openSession(stage, server, ID);
		const fox = await say('Draw a fox');
		const foreign = fox.link!.replace(server.url, stage.receiver.url);
		await say(`In words, what is ![image](${foreign})`);
		expect((await say('Draw it at night')).sent).toEqual([fox.image]);
		expect(stage.receiver.received).toEqual([]);
	});
});
