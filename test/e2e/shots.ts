import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';

import type { Editor } from './browser';
import { sha256 } from './drawnImages';
import { EXAMPLES } from './flows';
import { ROOT } from './install';

const FOLDER = join(ROOT, 'docs', 'images');
/** The neighbour of a node stands half outside of its panel. */
const STYLE = '[data-test-id="floating-nodes"] { visibility: hidden }';
/** What floats over the canvas: panels, buttons, and the choice of a trigger beside one of them. */
const FLOATING = '.vue-flow__panel, [data-test-id$="-button"], [aria-haspopup="menu"]';
const CANVAS_STYLE = `${FLOATING} { visibility: hidden }`;
/** Room around the nodes of a canvas, for their names and what leads out of them. */
const MARGIN_PX = 100;

/** Where an image of the documentation lies. */
export function pathOf(file: string): string {
	mkdirSync(FOLDER, { recursive: true });
	return join(FOLDER, file);
}

/** A part of the editor. */
export async function shoot({ page }: Editor, name: string, part: Locator): Promise<void> {
	await calmDown(page);
	await part.screenshot({ path: pathOf(`${name}.png`), style: STYLE, animations: 'disabled' });
}

/** A panel, as far down as its parts reach. */
export async function shootParts({ page }: Editor, name: string, panel: Locator, parts: Locator) {
	await calmDown(page);
	const { left, top, right } = await edgesOf(panel);
	const ends = (await Promise.all((await parts.all()).map(edgesOf))).map(({ bottom }) => bottom);
	const height = Math.max(...ends) + MARGIN_PX / 4 - top;
	const clip = { x: left, y: top, width: right - left, height };
	const path = pathOf(`${name}.png`);
	await page.screenshot({ path, clip, style: STYLE, animations: 'disabled' });
}

/** As much of the canvas of an example as its nodes and notes take; the image tells of which file. */
export async function shootExample({ page, by }: Editor, name: string): Promise<void> {
	await by('zoom-to-fit').click();
	await calmDown(page);
	const clip = await boundsOf(page.locator('.vue-flow__node'), by('canvas-wrapper'));
	const shot = await page.screenshot({ clip, style: CANVAS_STYLE, animations: 'disabled' });
	const ImageDescription = sha256(readFileSync(join(EXAMPLES, `${name}.json`)));
	await sharp(shot)
		.withExif({ IFD0: { ImageDescription } })
		.png({ palette: true })
		.toFile(pathOf(`example-${name}.png`));
}

/** Waits until what n8n says about its work has gone, which it does by itself. */
async function calmDown(page: Page): Promise<void> {
	await page.locator('.el-notification').first().waitFor({ state: 'detached' });
	// Away from everything that would show a tooltip or the tools of a field.
	await page.mouse.move(720, 8);
}

async function edgesOf(part: Locator) {
	const { x, y, width, height } = (await part.boundingBox())!;
	return { left: x, top: y, right: x + width, bottom: y + height };
}

/** A rectangle with all parts and a margin, as far as it is within the frame. */
async function boundsOf(parts: Locator, frame: Locator) {
	const edges = await Promise.all((await parts.all()).map(edgesOf));
	const within = await edgesOf(frame);
	const min = (side: 'left' | 'top') =>
		Math.max(within[side], Math.min(...edges.map((edge) => edge[side])) - MARGIN_PX / 2);
	const max = (side: 'right' | 'bottom') =>
		Math.min(within[side], Math.max(...edges.map((edge) => edge[side])) + MARGIN_PX);
	const [x, y] = [min('left'), min('top')];
	return { x, y, width: max('right') - x, height: max('bottom') - y };
}
