import type { IExecuteFunctions } from 'n8n-workflow';

import { abortWith } from '../async';
import type { Hold } from '../transport/retry';

/** What the requests of one run of the node share. */
export interface Run {
	/** Aborted by a cancel of the execution, by a failure that stops the run, and by its end. */
	signal: AbortSignal;
	hold: Hold;
	/** Tells the user, once a run, what they would not expect. */
	hint(message: string): void;
	isCanceled(): boolean;
	/** Ends what is still under way. */
	stop(): void;
	/** Shows the hints. */
	tell(): void;
}

export function createRun(context: IExecuteFunctions): Run {
	const cancel = context.getExecutionCancelSignal?.();
	const run = abortWith(cancel);
	const hints = new Set<string>();
	return {
		signal: run.signal,
		hold: { until: 0 },
		hint: (message) => void hints.add(message),
		isCanceled: () => cancel?.aborted ?? false,
		stop: () => run.abort(),
		tell() {
			for (const message of hints) {
				context.addExecutionHints?.({ message, type: 'info', location: 'outputPane' });
			}
		},
	};
}
