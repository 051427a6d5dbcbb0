import { readFileSync } from 'node:fs';

import KNOWN_NODES from '../fixtures/n8n-2.41-nodes.json';
import { openEditor, type Editor } from './browser';
import { hashAt } from './conversation';
import { example } from './flows';
import { importExamples, NAMES, publishExample } from './gallery';
import { drawDirectly, photo, sha256 } from './drawnImages';
import type { Server } from './server';
import { openStage, type Stage } from './stage';
import { until } from './until';

const STICKY_NOTE = 'n8n-nodes-base.stickyNote';
/** How the editor marks nodes that cannot run. */
const MARKS = ['node-issues', 'node-setup-required', 'node-not-installed', 'node-restricted'];
/** Other suites may be at work on the same computer, and n8n ends waits once a minute. */
const PATIENCE_MS = 120_000;

interface NodeType {
	name: string;
	version: number | number[];
}

let stage: Stage;
let server: Server;
let editor: Editor;

beforeAll(async () => {
	stage = await openStage();
	await importExamples(stage);
	server = await stage.startServer();
	editor = await openEditor(server);
	editor.page.setDefaultTimeout(PATIENCE_MS);
});

afterAll(async () => {
	await editor?.close();
	await stage?.close();
});

const stored = () => stage.receiver.received.filter(({ method }) => method === 'PUT');

const bodyOf = (request?: { body: unknown }) =>
	request?.body as {
		model: string;
		messages: Array<{ role: string; content: string | object[] }>;
		image_config?: object;
	};

describe.each(NAMES)('%s', (name) => {
	test(`The example ${name} opens without anything to mend, and its notes hold their text`, async () => {
		const { by } = editor;
		const notes = example(name).nodes.filter(({ type }) => type === STICKY_NOTE).length;
		await editor.openWorkflow(name);
		await until('all nodes are there', async () => {
			const there = [await by('canvas-node').count(), await by('sticky').count()];
			return there[0]! + there[1]! >= example(name).nodes.length || undefined;
		});
		expect(await by('sticky').count()).toBe(notes);
		for (const mark of MARKS) expect([mark, await by(mark).count()]).toEqual([mark, 0]);
		const hidden = await by('sticky').evaluateAll((stickies) =>
			stickies.filter((sticky) => {
				const bottoms = [...sticky.querySelectorAll('h2, h3, p, li')].map(
					(block) => block.getBoundingClientRect().bottom,
				);
				return Math.max(...bottoms) > sticky.getBoundingClientRect().bottom;
			}),
		);
		expect(hidden).toEqual([]);
	});
});

test('n8n knows the versions of nodes that the check of examples takes for known', async () => {
	const types = (await (await server.ask('/types/nodes.json')).json()) as NodeType[];
	for (const [type, versions] of Object.entries(KNOWN_NODES)) {
		const there = types.filter(({ name }) => name === type).flatMap(({ version }) => version);
		expect([type, there.sort((one, other) => one - other)]).toEqual([type, versions]);
	}
});

test('The example daily-image draws on a schedule, and stores the image under the date', async () => {
	const flow = example('daily-image');
	const rule = { interval: [{ field: 'seconds', secondsInterval: 2 }] };
	const [schedule, ...others] = flow.nodes;
	const { id } = await publishExample(server, {
		...flow,
		nodes: [{ ...schedule!, parameters: { rule } }, ...others],
	});
	const { path, body, headers } = await until('an upload', () => stored()[0], PATIENCE_MS);
	await server.unpublish(id);

	const [, date = ''] = /^\/images\/daily\/(\d{4}-\d{2}-\d{2})\.png$/.exec(path) ?? [];
	const day = new Date(date).toLocaleDateString('en-GB', {
		day: 'numeric',
		month: 'long',
		timeZone: 'UTC',
	});
	const { model, messages, image_config } = bodyOf(stage.emulator.requests.at(-1));
	const prompt = messages[0]?.content as string;
	expect(prompt).toMatch(new RegExp(` for ${day}, in (winter|spring|summer|autumn): `));
	expect(image_config).toEqual({ aspect_ratio: '16:9', image_size: '1K' });
	expect(headers['content-type']).toBe('image/png');
	const drawn = await drawDirectly(stage.emulator, prompt, { fields: { model, image_config } });
	expect(sha256(body)).toBe(sha256(drawn));
});

describe('photo clean-up', () => {
	let url: string;

	beforeAll(async () => {
		url = `${server.url}/form/${(await publishExample(server, example('photo-clean-up'))).trigger}`;
	});

	/** Fills in the form; `wish` is ticked. */
	async function submit(buffer: Buffer, wish: string): Promise<void> {
		const { page } = editor;
		await openForm(url);
		await page
			.locator('input[type=file]')
			.setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer });
		await page.getByText(wish).click();
		await page.getByRole('button', { name: 'Clean it up' }).click();
	}

	test('The form of photo-clean-up gives the new photo back, as a file and on its page', async () => {
		const { page } = editor;
		const wish = 'Remove scratches, dust and stains';
		const [download] = await Promise.all([page.waitForEvent('download'), submit(photo, wish)]);
		const { model, messages } = bodyOf(stage.emulator.requests.at(-1));
		const [part] = messages[0]?.content as [{ text: string }];
		expect(part.text).toContain(`\n- ${wish}\n`);
		const like = { image: photo, fields: { model } };
		const expected = sha256(await drawDirectly(stage.emulator, part.text, like));
		expect(download.suggestedFilename()).toBe('clean-photo.png');
		expect(sha256(readFileSync(await download.path()))).toBe(expected);
		const shown = page.getByAltText('The photo, cleaned up');
		expect(await hashAt((await shown.getAttribute('src')) ?? '')).toBe(expected);
	});

	test('The form of photo-clean-up ends with the reason if the file is no photo', async () => {
		const { page } = editor;
		await submit(Buffer.from('A letter'), 'Tidy the background');
		await page.getByText('That did not work').waitFor();
		await page.getByText('not an image that the models take').waitFor();
	});
});

/** A form that was published a moment ago may not be there yet. */
async function openForm(url: string): Promise<void> {
	await until(
		'the form is there',
		async () => (await editor.page.goto(url))?.ok() || undefined,
		PATIENCE_MS,
	);
}
