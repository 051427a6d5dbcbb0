import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

import { abortWith } from '../async';
import { cleanWords, toLastError } from '../errors/nodeError';
import { createHold, type Hold } from '../transport/retry';
import { lostHint, runHint } from './hints';
import type { PlannedRequest } from './turn';

interface HintDetails {
	/** The item that it is told of. */
	itemIndex: number;
	/** What others said of it. */
	said?: string;
}

/** What the requests of one run of the node share, keep and leave behind. */
export interface Run {
	/** Aborted by a cancel of the execution, by a failure that stops the run, and by its end. */
	signal: AbortSignal;
	/** Tells the user, once a run, what they would not expect. */
	hint(message: string, details: HintDetails): void;
	/** The items of a request: those of an earlier try, or what is made now, with a hold of its own. */
	once(
		request: Pick<PlannedRequest, 'itemIndex' | 'number'>,
		make: (hold: Hold) => Promise<INodeExecutionData[]>,
	): Promise<INodeExecutionData[]>;
	/** Stops the run. What is under way is let finish if another try can use it. */
	fail(error: unknown, itemIndex: number): void;
	/** Shows the hints. @throws the failure that stopped the run, or that it was canceled */
	end(results: INodeExecutionData[][]): Promise<void>;
}

export function createRun(context: IExecuteFunctions): Run {
	const cancel = context.getExecutionCancelSignal?.();
	const run = abortWith(cancel);
	const { kept, isLastTry, forget } = openTry(context);
	const { results, hold, hints } = kept;
	/** The requests that the service has whole, and has neither refused nor answered to the end. */
	const underWay = new Set<string>();
	let failure: { error: unknown; itemIndex: number; underWay: string[] } | undefined;

	function show(message: string): void {
		context.addExecutionHints?.({ message, type: 'info', location: 'outputPane' });
	}

	async function tell(): Promise<void> {
		for (const [text, { said, itemIndex }] of hints) {
			show(said === undefined ? text : `${text}: ${await cleanWords(context, said, itemIndex)}`);
		}
	}

	function holdOf(key: string): Hold {
		return {
			...hold,
			sent: () => void underWay.add(key),
			refuse(refusal) {
				underWay.delete(key);
				hold.refuse(refusal);
			},
		};
	}

	return {
		signal: run.signal,
		hint: (message, details) => void (hints.has(message) || hints.set(message, details)),

		async once({ itemIndex, number }, make) {
			// Its place in the run may be another one at the next try, as expressions may change.
			const key = `${itemIndex}/${number}`;
			const earlier = results.get(key);
			if (earlier) return earlier;
			run.signal.throwIfAborted();
			if (failure) throw failure.error;
			try {
				const items = await make(holdOf(key));
				results.set(key, items);
				return items;
			} finally {
				underWay.delete(key);
			}
		},

		fail(error, itemIndex) {
			failure ??= { error, itemIndex, underWay: [...underWay] };
			if (isLastTry) run.abort();
		},

		async end(all) {
			run.abort();
			if (cancel?.aborted) throw canceled(context);
			// n8n tries again as well if the first item is that of a failure.
			if (isLastTry || !(failure || all[0]?.[0]?.json.error)) forget();
			if (failure) {
				const unfinished = failure.underWay.filter((key) => !results.has(key)).length;
				const lost = isLastTry ? lostHint([...results.values()], unfinished) : undefined;
				throw await toLastError(context, failure.error, failure.itemIndex, lost);
			}
			await tell();
			const summary = runHint(all, hold.took);
			if (summary !== undefined) show(summary);
		},
	};
}

/** By the word 'canceled', n8n tells a cancel from a failure. */
function canceled(context: IExecuteFunctions): NodeOperationError {
	return new NodeOperationError(context.getNode(), 'The execution was canceled');
}

/** What a run keeps over the tries of n8n's Retry On Fail. */
interface Kept {
	/** The items of each request that is done, by its item and its number among the requests of that. */
	results: Map<string, INodeExecutionData[]>;
	hold: Hold;
	/** What the user is told. */
	hints: Map<string, HintDetails>;
	tries: number;
}

/**
 * By the first input item, which is the same object in each try of a run, and by what makes another
 * run of one that has the same item. Nothing outlives the item, and so the execution.
 */
const keptByItem = new WeakMap<object, Map<string, Kept>>();

/** Begins a try of a run: the only one, unless Retry On Fail is on. */
function openTry(context: IExecuteFunctions) {
	const { name, retryOnFail, maxTries } = context.getNode();
	const item = context.getInputData()[0] ?? {};
	const runs = keptByItem.get(item) ?? new Map<string, Kept>();
	const runIndex: unknown = retryOnFail && context.getWorkflowDataProxy(0).$runIndex;
	const key = JSON.stringify([context.getExecutionId?.(), name, runIndex]);
	const kept = runs.get(key) ?? {
		results: new Map(),
		hold: createHold(),
		hints: new Map(),
		tries: 0,
	};
	kept.tries++;
	if (retryOnFail) keptByItem.set(item, runs.set(key, kept));
	return {
		kept,
		isLastTry: !retryOnFail || kept.tries >= triesOf(maxTries),
		forget: () => runs.delete(key),
	};
}

/** As n8n reads the setting. */
function triesOf(maxTries = 3): number {
	return Math.min(5, Math.max(2, maxTries || 3));
}
