import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';

import { OWNER, type Server } from './server';

const CHROMIUM = '/usr/bin/chromium';
const ARGUMENTS = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];
const WAIT_MS = 30_000;
const IMAGES = resolve(__dirname, '../../docs/images');
const UPDATES_SCREENSHOTS = process.env.UPDATE_SCREENSHOTS === '1';
/** The neighbour of a node stands half outside of its panel. */
const STYLE = '[data-test-id="floating-nodes"] { visibility: hidden }';
/** What floats over the canvas. */
const CANVAS_STYLE = '.vue-flow__panel, [data-test-id$="-button"] { visibility: hidden }';
/** Room around the nodes of a canvas, for their names and what leads out of them. */
const MARGIN_PX = 100;

/** n8n's editor in a browser, signed in. */
export async function openEditor(server: Server) {
	const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
	try {
		const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
		page.setDefaultTimeout(WAIT_MS);
		await page.goto(`${server.url}/signin`);
		await page.fill('input[name=emailOrLdapLoginId]', OWNER.email);
		await page.fill('input[type=password]', OWNER.password);
		await page.click('button:has-text("Sign in")');
		await page.waitForURL((url) => !url.pathname.startsWith('/signin'));
		return editorOf(browser, page, server.url);
	} catch (error) {
		await browser.close();
		throw error;
	}
}

function editorOf(browser: Browser, page: Page, url: string) {
	/** The visible elements that n8n marks with this name for its own tests. */
	const by = (testId: string): Locator => page.locator(`[data-test-id="${testId}"]:visible`);

	return {
		page,
		by,
		close: async () => await browser.close(),

		openWorkflow: async (id: string) => {
			await page.goto(`${url}/workflow/${id}`);
			await by('canvas-wrapper').waitFor();
		},

		/** Opens the panel of a node on the canvas. */
		openNode: async (name: string) => {
			const node = page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
			await node.dblclick();
			await by('ndv').waitFor();
		},

		/** The picture in the output panel, once it has loaded. */
		shownPicture: async () => {
			await by('ndv-view-binary-data').click();
			const image = by('output-panel').locator('img[src*="/rest/binary-data"]');
			await image.waitFor();
			return await image.evaluate(async (element) => {
				const picture = element as unknown as {
					decode(): Promise<void>;
					naturalWidth: number;
					naturalHeight: number;
				};
				await picture.decode();
				return [picture.naturalWidth, picture.naturalHeight];
			});
		},

		/** Keeps a picture for the documentation, where that was asked for. */
		screenshot: async (name: string, part: Page | Locator) => {
			if (!UPDATES_SCREENSHOTS) return;
			await calmDown(page);
			await part.screenshot({ path: pathOf(name), style: STYLE, animations: 'disabled' });
		},

		/** As much of the canvas as its nodes and notes take. */
		screenshotCanvas: async (name: string) => {
			if (!UPDATES_SCREENSHOTS) return;
			await by('zoom-to-fit').click();
			await calmDown(page);
			const clip = await boundsOf(page.locator('.vue-flow__node'), by('canvas-wrapper'));
			const path = pathOf(name);
			await page.screenshot({ path, clip, style: CANVAS_STYLE, animations: 'disabled' });
		},
	};
}

/** Waits until what n8n says about its work has gone, which it does by itself. */
async function calmDown(page: Page): Promise<void> {
	await page.locator('.el-notification').first().waitFor({ state: 'detached' });
	// Away from everything that would show a tooltip or the tools of a field.
	await page.mouse.move(720, 8);
}

function pathOf(name: string): string {
	mkdirSync(IMAGES, { recursive: true });
	return join(IMAGES, `${name}.png`);
}

/** A rectangle with all parts and a margin, as far as it is within the frame. */
async function boundsOf(parts: Locator, frame: Locator) {
	const edgesOf = async (part: Locator) => {
		const { x, y, width, height } = (await part.boundingBox())!;
		return { left: x, top: y, right: x + width, bottom: y + height };
	};
	const edges = await Promise.all((await parts.all()).map(edgesOf));
	const within = await edgesOf(frame);
	const min = (side: 'left' | 'top') =>
		Math.max(within[side], Math.min(...edges.map((edge) => edge[side])) - MARGIN_PX / 2);
	const max = (side: 'right' | 'bottom') =>
		Math.min(within[side], Math.max(...edges.map((edge) => edge[side])) + MARGIN_PX);
	const [x, y] = [min('left'), min('top')];
	return { x, y, width: max('right') - x, height: max('bottom') - y };
}

export type Editor = Awaited<ReturnType<typeof openEditor>>;
