import { join } from 'node:path';

import { openEditor, sizeOf, type Editor } from './browser';
import { builderOf, chatOf } from './builder';
import { hashAt, sentImages } from './conversation';
import { photo, sha256 } from './drawnImages';
import { EXAMPLES } from './flows';
import { openStage, type Stage } from './stage';

const PHOTO = join(EXAMPLES, 'photo.jpg');
const NODE = 'Gemini Image';

let stage: Stage;
let editor: Editor;
let builder: ReturnType<typeof builderOf>;
let chat: ReturnType<typeof chatOf>;

beforeAll(async () => {
	stage = await openStage();
	const { apiKey, baseUrl } = stage.emulator;
	const agent = { apiKey, url: baseUrl('agent'), header: false };
	await stage.importCredential({ id: 'openai', name: 'OpenAI account' }, 'openAiApi', agent);
	const server = await stage.startServer();
	editor = await openEditor(server);
	builder = builderOf(editor, server);
	chat = chatOf(editor);
});

afterAll(async () => {
	await editor?.close();
	await stage?.close();
});

/** The newest body that was sent to the emulator. */
const sent = () => stage.emulator.requests.at(-1)?.body;

describe('a chat, from an empty canvas', () => {
	test('A chat whose Prompt nobody touched answers the first message with an image', async () => {
		const { field, closeNode } = builder;
		await builder.startWith('On chat message');
		await builder.addOption('Allow File Uploads');
		await field('allowFileUploads').locator('.el-switch').click();
		expect(await builder.isOn('allowFileUploads')).toBe(true);
		await closeNode();

		await builder.addNext(NODE, 'Chat about images');
		expect(await field('prompt').innerText()).toContain('{{ $json.chatInput }}');
		await closeNode();

		await chat.open();
		await chat.say('Draw a fox');
		await chat.images.first().waitFor();
		expect(await sizeOf(chat.images.first())).toEqual([1024, 1024]);
		expect(sent()).toMatchObject({ messages: [{ role: 'user', content: 'Draw a fox' }] });
	});

	test('A photo that is added to a message in the chat goes along', async () => {
		const chooser = editor.page.waitForEvent('filechooser');
		await chat.panel.getByTestId('chat-attach-file-button').click();
		await (await chooser).setFiles(PHOTO);
		await chat.panel.getByText('photo.jpg').waitFor();
		await chat.say('Make it snow');
		await chat.images.nth(1).waitFor();
		expect(sentImages(stage)).toEqual([sha256(photo)]);
	});

	test('A memory that is added below the node lets the chat go on with its image', async () => {
		await editor.openNode('Chat about images');
		await builder.addBelow('ai_memory', 'Simple Memory');
		await builder.closeNode();
		await chat.say('Draw an owl');
		await chat.images.nth(2).waitFor();
		const owl = await hashAt((await chat.images.nth(2).getAttribute('src')) ?? '');
		await chat.say('Draw it at night');
		await chat.images.nth(3).waitFor();
		expect(sentImages(stage)).toEqual([owl]);
	});
});

describe('a form, from an empty canvas', () => {
	/** Fills in the page of the form, which n8n opens in a tab of its own. */
	async function submitPhoto(start: () => Promise<void>): Promise<void> {
		const opened = editor.page.context().waitForEvent('page');
		await start();
		const form = await opened;
		await form.locator('input[type=file]').setInputFiles(PHOTO);
		await form.locator('button[type=submit]').click();
		await form.getByText('Your response has been recorded').waitFor();
		await form.close();
	}

	test('A photo of a form whose field has any name is worked on, and nothing but the prompt is set', async () => {
		const { field } = builder;
		await builder.startWith('On form submission');
		await field('formTitle').locator('input').fill('Send a photo');
		await editor.by('fixed-collection-add').click();
		await field('fieldLabel').locator('input').fill('Your Photo');
		await builder.choose('fieldType', 'File');
		await builder.closeNode();

		await builder.addNext(NODE, 'Generate an image from images');
		await builder.type('prompt', 'Make it snow');
		await submitPhoto(builder.run);
		await builder.success();
		await editor.by('ndv-input-panel').getByText('Your_Photo').first().waitFor();
		expect(await editor.shownImage()).toEqual([1184, 864]);
		expect(sentImages(stage)).toEqual([sha256(photo)]);
	});

	test.each([
		['Combine Items', 'combineItems'],
		['Image Link', 'imageLink'],
		['Label Images', 'labelImages'],
		['Simplify', 'simplify'],
	])('The option %s is on as soon as it is added', async (option, name) => {
		await builder.addOption(option);
		await builder.field(name).waitFor();
		expect(await builder.isOn(name)).toBe(true);
	});

	test('Options that are on by being added have their effect', async () => {
		const panel = editor.by('output-panel');
		const toJson = async () => await panel.getByTestId('radio-button-json').click();
		await toJson();
		await panel.getByText('finishReason').first().waitFor();
		await builder.run();
		// The panel shows files first, whatever it showed before.
		await panel.getByTestId('ndv-view-binary-data').waitFor();
		await toJson();
		await panel.getByText('/rest/binary-data/signed').first().waitFor();
		expect(await panel.getByText('finishReason').count()).toBe(0);
		expect(JSON.stringify(sent())).toContain('Image 1 (photo.jpg):');
	});
});

describe('an agent, from an empty canvas', () => {
	const TOOL = 'Generate an image from images in Gemini Image';
	const ADVICE =
		"There is no image, as a tool gets no files: set 'Image Source' to URL and let the model fill in 'Image URLs'";

	/** Leaves a field to the model of the agent. */
	const leaveToModel = async (name: string) =>
		await editor
			.by('parameter-item')
			.filter({ has: builder.field(name) })
			.getByTestId('from-ai-override-button')
			.click();

	test('An agent is told what an untouched tool for input images lacks', async () => {
		const { by } = editor;
		await builder.startWith('On chat message');
		await builder.closeNode();
		await builder.addNext('AI Agent');
		await builder.addBelow('ai_languageModel', 'OpenAI Chat Model');
		// The stand-in knows the older one of the APIs.
		await builder.field('responsesApiEnabled').locator('.el-switch').click();
		await builder.goUp();
		await by('add-subnode-ai_tool-0').click();
		await by('node-creator-search-bar').fill(NODE);
		await by('node-creator-item-name').getByText(`${NODE} Tool`, { exact: true }).click();
		await builder.choose('operation', 'Image to Image');
		await leaveToModel('prompt');
		await builder.closeNode();

		await chat.open();
		await chat.say('Make it night');
		await chat.panel.getByText(ADVICE).waitFor();
		expect(sent()).toMatchObject({
			messages: [{}, {}, { role: 'tool', content: expect.stringContaining(ADVICE) }],
		});
	});

	test('An agent works on images as soon as what it was told is done', async () => {
		await editor.openNode(TOOL);
		await builder.choose('imageSource', 'URL');
		await editor.page.getByText('Add URL').click();
		await leaveToModel('imageUrls');
		await builder.closeNode();
		const link = `${stage.receiver.url}/fox.png`;
		await chat.say(`Make it night: ${link}`);
		await chat.images.first().waitFor();
		expect(await sizeOf(chat.images.first())).toEqual([1184, 864]);
		const drawn = stage.emulator.requests.findLast(({ profile }) => profile === '')?.body;
		expect(JSON.stringify(drawn)).toContain(link);
	});
});

describe('what goes wrong in the first hour', () => {
	test('The error of an untouched Prompt outside a chat says that its expression gave nothing', async () => {
		await builder.startWith('Trigger manually');
		await builder.addNext(NODE, 'Chat about images');
		await builder.run();
		const advice = await builder.failure(/^'Prompt' is empty: its expression gave nothing$/);
		expect(advice).toContain('Compare it with what the node before gives: {{ $json.chatInput }}.');
		await builder.type('prompt', 'Draw a fox');
	});

	test.each([
		['gemini-2.5-flash-imgae', 'gemini-2.5-flash-image'],
		['nano banana pro', 'gemini-3-pro-image'],
		['Gemini 3.1 Flash Lite Image', 'gemini-3.1-flash-lite-image'],
	])(
		'The error for the model %s says that it is not offered, and names the ID %s',
		async (typed, meant) => {
			await builder.typeModel(typed);
			await builder.run();
			await builder.failure(
				new RegExp(
					`^Nexconn does not offer the model '${typed}' \\(503\\): .* set 'Model' to '${meant}'`,
				),
			);
		},
	);

	test('The ID that the error named works', async () => {
		await builder.typeModel('gemini-3.1-flash-lite-image');
		await builder.run();
		await builder.success();
		expect(await editor.shownImage()).toEqual([1024, 1024]);
	});

	test('The error of a memory without a session says where the session comes from', async () => {
		await builder.addBelow('ai_memory', 'Simple Memory');
		await builder.goUp();
		await builder.run();
		const advice = await builder.failure(/^The memory cannot be read: No session ID found$/);
		expect(advice).toContain('The Session ID of the memory node takes the field sessionId');
		expect(advice).toContain("Outside a chat, set it to 'Define below', and its Key to");
	});

	test('A memory whose session is set as the error says works', async () => {
		await builder.openBelow('Simple Memory');
		await builder.choose('sessionIdType', 'Define below');
		await builder.field('sessionKey').locator('input').fill('ann');
		await builder.saved('ann');
		await builder.goUp();
		await builder.run();
		await builder.success();
	});
});
