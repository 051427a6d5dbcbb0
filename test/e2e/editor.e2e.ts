import type { Locator } from 'playwright-core';

import { openEditor, type Editor } from './browser';
import { builderOf, shownPart } from './builder';
import { example } from './flows';
import { openStage, type Stage } from './stage';
import { until } from './until';

const REFUSED = /^Nexconn refused the key\. .*Authorization Format/;
const UNTESTED =
	/^The service answered 200, so the key could not be tested\. .*a web page, or a gateway .*The Base URL usually ends in \/v1; if it does, try the node\.$/;
/** What a gateway has at the address that lacks /v1. */
const PAGE = Buffer.from('<!DOCTYPE html><html><body><h1>Gateway</h1></body></html>');

/** What users type who look for such a node. */
const SEARCHES = [
	'nexconn',
	'nano banana',
	'generate image',
	'generate picture',
	'edit photo',
	'text to image',
	'image to image',
	'gemini',
];

const ACTION = 'Generate an image from text';

let stage: Stage;
let editor: Editor;
let builder: ReturnType<typeof builderOf>;

beforeAll(async () => {
	stage = await openStage();
	stage.receiver.answers.set('/page/chat/completions', PAGE);
	const names = ['text-to-image', 'image-to-image', 'chat'];
	await stage.importWorkflows(names.map(example));
	const server = await stage.startServer();
	editor = await openEditor(server);
	builder = builderOf(editor, server);
});

afterAll(async () => {
	await editor?.close();
	await stage?.close();
});

/** The names in the list of a field. */
async function offered(field: string): Promise<string[]> {
	await editor.by(`parameter-input-${field}`).locator('input').click();
	const items = editor.page.locator('.el-select-dropdown__item:visible .option-headline');
	await items.first().waitFor();
	const names = await items.allInnerTexts();
	await items.first().click();
	await items.first().waitFor({ state: 'hidden' });
	return names.map((name) => name.trim());
}

async function openNewCredential(): Promise<void> {
	await editor.by('node-credentials-select').click();
	await editor.by('node-credentials-select-item-new').click();
}

/** Requests to the emulator and the receiver so far. */
const asked = () => stage.emulator.requests.length + stage.receiver.received.length;

/** Fills in the open dialog of the credential, saves it, and opens it again: n8n tests it then. */
async function saveCredential(values: { baseUrl: string; apiKey?: string }): Promise<void> {
	const { by } = editor;
	for (const [name, value] of Object.entries(values)) {
		await by(`parameter-input-${name}`).locator('input').fill(value);
	}
	const before = asked();
	await by('credential-save-button').click();
	await until('the credential is tested', () => asked() > before || undefined);
	await closeDialog();
	await by('credential-edit-button').click();
}

/** Waits until the dialog of the credential says why its test failed. */
async function refusal(message: RegExp): Promise<void> {
	const dialog = editor.by('editCredential-modal');
	await dialog.getByText('More details').click();
	await dialog.getByText(message).waitFor();
}

async function closeDialog(): Promise<void> {
	const dialog = editor.by('editCredential-modal');
	await dialog.getByLabel('Close this dialog').click();
	await dialog.waitFor({ state: 'hidden' });
}

/** What is to be read of the rows of a list. */
async function shownOf(rows: Locator): Promise<string[]> {
	return await Promise.all((await rows.locator('span').all()).map(shownPart));
}

/**
 * No row reads like another one, even in the narrowest panel, and those of models that have ended say
 * so.
 */
function expectApart(shown: string[]): void {
	const starts = shown.map((row) => row.slice(0, 36).trim().toLowerCase());
	expect(starts.filter((start, at) => starts.indexOf(start) !== at)).toEqual([]);
	for (const row of shown.filter((name) => /(?:2\.5|3\.1)[ -]flash(?![ -]lite)/i.test(name))) {
		expect(row).toContain('ended Oct');
	}
}

describe('a workflow made by hand', () => {
	test('The nodes panel finds the node by each of the usual searches, and adds it', async () => {
		const { by } = editor;
		await editor.openWorkflow('new');
		await by('canvas-plus-button').click();
		for (const words of SEARCHES) {
			await by('node-creator-search-bar').fill(words);
			await by('node-creator-item-name').getByText('Gemini Image', { exact: true }).waitFor();
		}
		await by('node-creator-item-name').getByText('Gemini Image', { exact: true }).click();
		await by('node-creator-item-name').getByText(ACTION, { exact: true }).click();
		await by('ndv').waitFor();
		expect(await by('canvas-node').getByText(ACTION).count()).toBe(1);
	});

	test('A new credential does not pass where a web page answers 200', async () => {
		const { by } = editor;
		await openNewCredential();
		const key = by('parameter-input-apiKey').locator('input');
		expect(await key.getAttribute('placeholder')).toMatch(/^e\.g\. \S/);
		const { apiKey } = stage.emulator;
		await saveCredential({ apiKey, baseUrl: `${stage.receiver.url}/page` });
		await refusal(UNTESTED);
	});

	test('A step that gets a web page calls it one, and names the end of the Base URL', async () => {
		await closeDialog();
		await builder.type('prompt', 'A fox in the snow');
		await builder.run();
		await builder.failure(
			/^The service answered with a web page: the Base URL of the credential usually ends in \/v1$/,
		);
	});

	test('A credential does not pass at a gateway that answers errors with 200', async () => {
		await editor.by('credential-edit-button').click();
		await saveCredential({ baseUrl: stage.emulator.baseUrl('error-200') });
		await refusal(UNTESTED);
	});

	test('The editor refuses a credential with a wrong key, and passes one with a right key', async () => {
		const baseUrl = stage.emulator.baseUrl();
		await saveCredential({ baseUrl, apiKey: 'a-wrong-key' });
		await refusal(REFUSED);
		await saveCredential({ baseUrl, apiKey: stage.emulator.apiKey });
		const dialog = editor.by('editCredential-modal');
		await dialog.getByText('Connection tested successfully').waitFor();
		await closeDialog();
	});

	test('A new node in the editor offers the sizes and ratios that its model takes', async () => {
		expect(await offered('imageSize')).toEqual(['Auto']);
		expect(await offered('aspectRatio')).toHaveLength(11);
	});

	test('The list of models in the editor comes from the service', async () => {
		const { by } = editor;
		const isList = ({ method, path }: { method: string; path: string }) =>
			method === 'GET' && path === '/v1/models';
		await by('rlc-input').click();
		await until('the list is asked for', () => stage.emulator.requests.find(isList));
		const models = by('rlc-item');
		const chosen = '3.1 Flash · ended Oct · preview · Nano Banana 2 · fast, all ratios, 512 to 4K';
		await models.getByText(chosen).waitFor();
		const best = 'Nano Banana Pro · best quality and lettering, up to 4K';
		expect(await models.allInnerTexts()).toEqual([
			'2.5 Flash · ended Oct · Nano Banana · fast, 1K',
			`3 Pro · ${best}`,
			`3 Pro · 3.0 preview · ${best}`,
			chosen.replace('preview · ', ''),
			chosen,
			'3.1 Flash Lite · Nano Banana 2 Lite · cheap, all ratios, 1K',
			'Nano Banana 2.1 · newest, all ratios, up to 4K',
		]);
		expectApart(await shownOf(models));
		await models.getByText(chosen).click();
		expect(await by('rlc-input').inputValue()).toBe(chosen);
		expect(await shownPart(by('rlc-input'))).toMatch(/^3\.1 Flash · ended Oct · preview/);
		expect(await offered('imageSize')).toEqual(['Auto', '512', '1K', '2K', '4K']);
		expect(await offered('aspectRatio')).toHaveLength(15);
	});

	test('The step runs in the editor and shows its image', async () => {
		const { by } = editor;
		await builder.run();
		await by('node-run-status-success').waitFor();
		expect(await editor.shownImage()).toEqual([1024, 1024]);
		expect(stage.emulator.requests.at(-1)?.body).toEqual({
			model: 'gemini-3.1-flash-image-preview',
			messages: [{ role: 'user', content: 'A fox in the snow' }],
			stream: true,
		});
	});

	test('An account with many spellings of the same IDs gets rows that differ where they are shown', async () => {
		const { by } = editor;
		const ids = ['gemini-2.5-flash-image', 'gemini-3.1-flash-image', 'gemini-nano-banana-2.1'];
		const spellings = ids
			.flatMap((id) => ['', 'google/', 'publishers/google/models/'].map((before) => before + id))
			.flatMap((id) => [id, `${id}-preview`]);
		const data = [...spellings, 'nano-banana', 'nano-banana-2'].map((id) => ({ id }));
		stage.receiver.answers.set('/many/models', { data });
		// n8n keeps the list of a credential that it knows.
		await openNewCredential();
		const { apiKey } = stage.emulator;
		await saveCredential({ apiKey, baseUrl: `${stage.receiver.url}/many` });
		await closeDialog();

		await by('rlc-input').click();
		const models = by('rlc-item');
		const last = 'gemini-nano-banana-2.1-preview';
		await models.getByText(last).waitFor();
		const shown = await shownOf(models);
		expect(shown.length).toBeGreaterThanOrEqual(data.length);
		expectApart(shown);
		await models.getByText(last).click();
		expect(await shownPart(by('rlc-input'))).toMatch(/^….*gemini-nano-banana-2\.1-prev/);
	});
});

describe('the examples in the editor', () => {
	test.each([
		['text-to-image', 'Draw a Lighthouse', ['Aspect Ratio', 'Number of Images', 'Options']],
		['image-to-image', 'Make It a Winter Night', ['Image Source', 'Aspect Ratio', 'Options']],
		['chat', 'Draw It', ['Image Source', 'Chat History']],
	])(
		'The example %s opens with its fields, and without anything to mend',
		async (name, node, fields) => {
			const { by } = editor;
			await editor.openWorkflow(name);
			await editor.openNode(node);
			for (const field of fields) await by('node-parameters').getByText(field).first().waitFor();
			expect(await by('node-issues').count()).toBe(0);
			expect(await by('parameter-issues').count()).toBe(0);
		},
	);

	test('The example text-to-image runs, as a step and as a workflow', async () => {
		const { by } = editor;
		await editor.openWorkflow('text-to-image');
		await editor.openNode('Draw a Lighthouse');
		await by('node-execute-button').click();
		await by('node-run-status-success').waitFor();
		expect(await editor.shownImage()).toEqual([1376, 768]);
		await by('ndv-close-button').click();
		await by('ndv').waitFor({ state: 'hidden' });
		const before = stage.emulator.requests.length;
		await by('execute-workflow-button').click();
		await until('the request', () => stage.emulator.requests.length > before || undefined);
		await editor.page.getByText('Workflow executed successfully').waitFor();
	});
});
