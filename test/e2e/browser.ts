import { chromium, selectors, type Browser, type Locator, type Page } from 'playwright-core';

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

/** n8n's editor in a browser, signed in. */
export async function openEditor(server: Server) {
	const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
	try {
		selectors.setTestIdAttribute('data-test-id');
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

		/** The image in the output panel, once it has loaded. */
		shownImage: async () => {
			const panel = by('output-panel');
			await panel.getByTestId('ndv-view-binary-data').click();
			const image = panel.locator('img[src*="/rest/binary-data"]');
			await image.waitFor();
			return await sizeOf(image);
		},
	};
}

export type Editor = Awaited<ReturnType<typeof openEditor>>;

/** Width and height of an image that a page shows, in pixels, once it has loaded. */
export async function sizeOf(image: Locator): Promise<number[]> {
	return await image.evaluate(async (element) => {
		const image = element as unknown as {
			decode(): Promise<void>;
			naturalWidth: number;
			naturalHeight: number;
		};
		await image.decode();
		return [image.naturalWidth, image.naturalHeight];
	});
}
