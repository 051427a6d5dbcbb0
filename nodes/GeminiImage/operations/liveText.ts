import type { IExecuteFunctions } from 'n8n-workflow';

import { openImageAt, withoutEmptyImages } from '../reply/prose';

/**
 * Passes the text of an answer on to the user while it arrives, if the workflow was started by a
 * chat or webhook that streams: one `begin`, an `item` per piece, one `end`.
 */
export function createLiveText(context: IExecuteFunctions, itemIndex: number) {
	// Older n8n, and its second engine, do not stream.
	const isStreaming = context.isStreaming?.() ?? false;
	let sent: Promise<void> = Promise.resolve();
	let hasText = false;
	/** What may become the markdown or HTML of an image, which is no text. */
	let held = '';

	function sendChunk(type: 'begin' | 'item' | 'end', content?: string): void {
		if (!isStreaming) return;
		// Typed as void, it returns a promise, and chunks keep their order only if it is awaited.
		sent = sent.then(async () => await context.sendChunk(type, itemIndex, content));
		sent.catch(() => {});
	}

	function sendText(text: string): void {
		if (text === '') return;
		hasText ||= text.trim() !== '';
		sendChunk('item', text);
	}

	function release(): void {
		sendText(held);
		held = '';
	}

	return {
		begin: () => sendChunk('begin'),

		add(text: string): void {
			const all = withoutEmptyImages(held + text);
			const at = openImageAt(all);
			held = all.slice(at);
			sendText(all.slice(0, at));
		},

		/** The images, which follow the words. */
		addImages(markdown: string[]): void {
			release();
			for (const line of markdown) sendText(hasText ? `\n\n${line}` : line);
		},

		/** If nobody listens any more, the answer is there all the same. */
		async end(): Promise<void> {
			release();
			sendChunk('end');
			await sent.catch(() => {});
		},
	};
}
