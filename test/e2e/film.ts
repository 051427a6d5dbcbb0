import type { Page } from 'playwright-core';
import sharp from 'sharp';

/** Longer than n8n's panels move, and than it waits before it takes what was typed. */
const SETTLE_MS = 600;

/** A short film of the editor: pages as they are shown one after the other, each for some time. */
export function startFilm(page: Page) {
	const frames: Buffer[] = [];
	const delays: number[] = [];
	return {
		/** Keeps what the page shows once it has settled, to be shown for so many milliseconds. */
		async take(milliseconds: number, settleMs = SETTLE_MS): Promise<void> {
			await page.waitForTimeout(settleMs);
			frames.push(await page.screenshot({ caret: 'initial' }));
			delays.push(milliseconds);
		},
		/** A GIF that runs again and again. */
		async save(path: string): Promise<void> {
			await sharp(frames, { join: { animated: true } })
				.gif({ delay: delays, loop: 0, effort: 10 })
				.toFile(path);
		},
	};
}
