import type { IExecuteFunctions } from 'n8n-workflow';

/**
 * Passes the text of an answer on to the user while it arrives, if the workflow was started by a
 * chat or webhook that streams: one `begin`, an `item` per piece, one `end`.
 */
export function createLiveText(context: IExecuteFunctions, itemIndex: number) {
	// Older n8n, and its second engine, do not stream.
	const isStreaming = context.isStreaming?.() ?? false;
	let sent: Promise<void> = Promise.resolve();

	function sendChunk(type: 'begin' | 'item' | 'end', content?: string): void {
		if (!isStreaming) return;
		// Typed as void, it returns a promise, and chunks keep their order only if it is awaited.
		sent = sent.then(async () => await context.sendChunk(type, itemIndex, content));
		sent.catch(() => {});
	}

	return {
		begin: () => sendChunk('begin'),
		add: (text: string) => sendChunk('item', text),
		/** If nobody listens any more, the answer is there all the same. */
		async end(): Promise<void> {
			sendChunk('end');
			await sent.catch(() => {});
		},
	};
}
