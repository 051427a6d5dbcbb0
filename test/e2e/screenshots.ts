import sharp from 'sharp';

import { openEditor, type Editor } from './browser';
import { installDebianPackages } from './debian';
import { startFilm } from './film';
import { example, modelOf } from './flows';
import { importExamples, NAMES } from './gallery';
import { drawDirectly, photo } from './drawnImages';
import { prepareN8n } from './prepare';
import { step } from './progress';
import { pathOf, shoot, shootExample, shootParts } from './shots';
import { openStage, type Stage } from './stage';

const WINDOW = { width: 1440, height: 900 };
/** So high that no form has to be scrolled. */
const FORM_WINDOW = { width: 1440, height: 1600 };
const FILM_WINDOW = { width: 1120, height: 780 };

/** Of each form: the example and its node. */
const FORMS = [
	['text-to-image', 'Draw a Lighthouse'],
	['image-to-image', 'Make It a Winter Night'],
	['chat', 'Draw It'],
] as const;

/** `npm run screenshots`: makes all images of the documentation anew, in a real n8n. */
async function main(): Promise<void> {
	installDebianPackages(['chromium']);
	await prepareN8n();
	const stage = await openStage();
	try {
		await step('Importing the examples', () => importExamples(stage));
		const server = await step('Starting n8n', () => stage.startServer());
		const editor = await openEditor(server);
		try {
			await step('The film', () => film(editor));
			await editor.page.setViewportSize(WINDOW);
			await step('The result', () => shootResult(editor));
			await step('The examples', () => shootExamples(editor));
			await editor.page.setViewportSize(FORM_WINDOW);
			await step('The forms', () => shootForms(editor));
		} finally {
			await editor.close();
		}
		await step('Before and after', () => composeBeforeAndAfter(stage));
	} finally {
		await stage.close();
	}
}

/** Adding the node, and getting an image. */
async function film({ page, by, openWorkflow, shownImage }: Editor): Promise<void> {
	await page.setViewportSize(FILM_WINDOW);
	await openWorkflow('new');
	const { take, save } = startFilm(page);
	await take(1200);
	await by('canvas-plus-button').click();
	const search = by('node-creator-search-bar');
	await search.waitFor();
	await take(700);
	for (const part of ['gem', 'ini', ' ima', 'ge']) {
		await search.pressSequentially(part);
		await take(250);
	}
	const found = by('node-creator-item-name').getByText('Gemini Image', { exact: true });
	await found.waitFor();
	await take(1000);
	await found.click();
	const action = by('node-creator-item-name').getByText('Generate an image from text', {
		exact: true,
	});
	await action.waitFor();
	await take(1200);
	await action.click();
	await by('ndv').waitFor();
	await take(1200);
	const prompt = by('parameter-input-prompt').locator('textarea');
	for (const part of ['A lighthouse ', 'by the sea ', 'at sunset, ', 'gulls above it']) {
		await prompt.pressSequentially(part);
		await take(350);
	}
	await by('node-execute-button').click();
	// The emulator is quick.
	await take(800, 150);
	await by('node-run-status-success').waitFor();
	await shownImage();
	await take(4000);
	await save(pathOf('film.gif'));
}

async function shootResult(editor: Editor): Promise<void> {
	const { by } = editor;
	await editor.openWorkflow('text-to-image');
	await editor.openNode('Draw a Lighthouse');
	await by('node-execute-button').click();
	await by('node-run-status-success').waitFor();
	await editor.shownImage();
	await shoot(editor, 'result', by('ndv'));
}

async function shootExamples(editor: Editor): Promise<void> {
	for (const name of NAMES) {
		await editor.openWorkflow(name);
		await editor.by('canvas-node').first().waitFor();
		await shootExample(editor, name);
	}
}

async function shootForms(editor: Editor): Promise<void> {
	for (const [name, node] of FORMS) {
		await editor.openWorkflow(name);
		await editor.openNode(node);
		const panel = editor.page.locator('.node-settings:visible');
		const parts = panel.locator('[data-test-id="parameter-item"]:visible');
		await shootParts(editor, `form-${name}`, panel, parts);
	}
}

/** The photo of the examples, and beside it what the example makes of it. */
async function composeBeforeAndAfter({ emulator }: Stage): Promise<void> {
	const node = example('image-to-image').nodes.find(({ name }) => name === FORMS[1][1])!;
	const like = { image: photo, fields: { model: modelOf(node) } };
	const after = await drawDirectly(emulator, String(node.parameters.prompt), like);
	// The proportions of models are close to those of photos, not the same.
	const size = { width: 640, height: 480, fit: 'fill' } as const;
	const sides = await Promise.all(
		[photo, after].map(async (side) => await sharp(side).resize(size).toBuffer()),
	);
	await sharp(sides, { join: { across: 2, shim: 16, background: 'white' } })
		.jpeg({ quality: 85 })
		.toFile(pathOf('before-after.jpg'));
}

main().catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
