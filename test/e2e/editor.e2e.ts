import { openEditor, type Editor } from './browser';
import { example } from './flows';
import { openStage, type Stage } from './stage';
import { until } from './until';

const REFUSED = /^Nexconn refused the key\. .*Authorization Format/;

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

let stage: Stage;
let editor: Editor;

beforeAll(async () => {
	stage = await openStage();
	const names = ['text-to-image', 'image-to-image', 'chat'];
	await stage.importWorkflows(names.map(example));
	editor = await openEditor(await stage.startServer());
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
		await by('node-creator-item-name').getByText('Generate an image', { exact: true }).click();
		await by('ndv').waitFor();
		expect(await by('canvas-node').getByText('Generate an image').count()).toBe(1);
	});

	test('The editor refuses a credential with a wrong key, and passes one with a right key', async () => {
		const { by } = editor;
		await by('node-credentials-select').click();
		await by('node-credentials-select-item-new').click();
		const dialog = by('editCredential-modal');
		const key = by('parameter-input-apiKey').locator('input');
		expect(await key.getAttribute('placeholder')).toMatch(/^e\.g\. \S/);

		await by('parameter-input-baseUrl').locator('input').fill(stage.emulator.baseUrl());

		await key.fill('a-wrong-key');
		await by('credential-save-button').click();
		await dialog.getByText('More details').click();
		await dialog.getByText(REFUSED).waitFor();

		await key.fill(stage.emulator.apiKey);
		await by('credential-save-button').click();
		await dialog.waitFor({ state: 'hidden' });
		await by('credential-edit-button').click();
		await dialog.getByText('Connection tested successfully').waitFor();
		await dialog.getByLabel('Close this dialog').click();
		await dialog.waitFor({ state: 'hidden' });
	});

	test('A new node in the editor offers the sizes and ratios that its model takes', async () => {
		expect(await offered('imageSize')).toEqual(['Auto', '1K']);
		expect(await offered('aspectRatio')).toHaveLength(11);
	});

	test('The list of models in the editor comes from the service', async () => {
		const { by } = editor;
		const isList = ({ method, path }: { method: string; path: string }) =>
			method === 'GET' && path === '/v1/models';
		await by('rlc-input').click();
		await until('the list is asked for', () => stage.emulator.requests.find(isList));
		const models = by('rlc-item');
		const chosen =
			'Gemini 3.1 Flash Image (Nano Banana 2) · fast, all ratios, 512 to 4K [gemini-3.1-flash-image-preview]';
		await models.getByText(chosen).waitFor();
		const pro = 'Gemini 3 Pro Image (Nano Banana Pro) · best quality and lettering, up to 4K';
		expect(await models.allInnerTexts()).toEqual([
			'Gemini 2.5 Flash Image (Nano Banana) · fast, 1K',
			`${pro} [gemini-3-pro-image]`,
			`${pro} [gemini-3.0-pro-image-preview]`,
			chosen.replace('-preview', ''),
			chosen,
			'Gemini 3.1 Flash Lite Image (Nano Banana 2 Lite) · cheap, all ratios, 1K',
			'Nano Banana 2.1 · newest, all ratios, up to 4K',
		]);
		await models.getByText(chosen).click();
		expect(await by('rlc-input').inputValue()).toBe(chosen);
		expect(await offered('imageSize')).toEqual(['Auto', '512', '1K', '2K', '4K']);
		expect(await offered('aspectRatio')).toHaveLength(15);
	});

	test('The step runs in the editor and shows its image', async () => {
		const { by } = editor;
		await by('parameter-input-prompt').locator('textarea').fill('A fox in the snow');
		await by('node-execute-button').click();
		await by('node-run-status-success').waitFor();
		expect(await editor.shownImage()).toEqual([1024, 1024]);
		expect(stage.emulator.requests.at(-1)?.body).toEqual({
			model: 'gemini-3.1-flash-image-preview',
			messages: [{ role: 'user', content: 'A fox in the snow' }],
			stream: true,
		});
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
