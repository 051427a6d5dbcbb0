import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

import { abortWith } from '../async';
import { cleanWords, toLastError } from '../errors/nodeError';
import { createHold, type Hold } from '../transport/retry';
import { kindOfHint, lostHint, runHint } from './hints';

/** What belongs to a hint besides its words. */
interface HintDetails {
	/** The place of the request that it is about. */
	place: number;
	/** The item whose credential is cleaned out of what others said. */
	itemIndex: number;
	/** What others said of it. */
	said?: string;
}

/** The first hint of a kind, and how many of that kind each request has given, by its place. */
interface ToldHint extends Omit<HintDetails, 'place'> {
	message: string;
	counts: Map<number, number>;
}

/** What the requests of one run of the node share, keep and leave behind. */
export interface Run {
	/** Aborted by a cancel of the execution, by a failure that stops the run, and by its end. */
	signal: AbortSignal;
	hold: Hold;
	/** Tells the user, once a run for each kind of hint, what they would not expect. */
	hint(message: string, details: HintDetails): void;
	/**
	 * The items of the request at a place of the run: those of an earlier try, or what `make` gives.
	 *
	 * @throws what `make` throws, or the failure that stopped the run
	 */
	once(place: number, make: () => Promise<INodeExecutionData[]>): Promise<INodeExecutionData[]>;
	/** Stops the run. What is under way is let finish if another try can use it. */
	fail(error: unknown, itemIndex: number): void;
	/** Shows the hints. @throws the failure that stopped the run, or that it was canceled */
	end(outputs: INodeExecutionData[][]): Promise<void>;
}

/** Begins a run, or a further try of it. */
export function createRun(context: IExecuteFunctions): Run {
	const cancel = context.getExecutionCancelSignal?.();
	const run = abortWith(cancel);
	const { kept, isLastTry, forget } = openTry(context);
	const { results, hold, hints } = kept;
	let underWay = 0;
	let failure: { error: unknown; itemIndex: number; underWay: number } | undefined;

	function hint(message: string, { place, ...details }: HintDetails): void {
		const kind = kindOfHint(message);
		const told = hints.get(kind) ?? { message, ...details, counts: new Map<number, number>() };
		told.counts.set(place, (told.counts.get(place) ?? 0) + 1);
		hints.set(kind, told);
	}

	return {
		signal: run.signal,
		hold,
		hint,

		async once(place, make) {
			const earlier = results.get(place);
			if (earlier) return earlier;
			run.signal.throwIfAborted();
			if (failure) throw failure.error;
			underWay++;
			// What an earlier try of it told does not count twice.
			for (const { counts } of hints.values()) counts.delete(place);
			try {
				const items = await make();
				results.set(place, items);
				return items;
			} finally {
				underWay--;
			}
		},

		fail(error, itemIndex) {
			failure ??= { error, itemIndex, underWay };
			if (isLastTry) run.abort();
		},

		async end(outputs) {
			run.abort();
			if (cancel?.aborted) throw canceled(context);
			// n8n tries again if the run fails, and if its first item is that of a failure.
			if (isLastTry || !(failure || outputs[0]?.[0]?.json.error)) forget();
			if (failure) {
				const lost = isLastTry ? lostHint([...results.values()], failure.underWay) : undefined;
				throw await toLastError(context, failure.error, failure.itemIndex, lost);
			}
			await showHints(context, hints.values());
			const summary = runHint(outputs, hold.took);
			if (summary !== undefined) showHint(context, summary);
		},
	};
}

async function showHints(context: IExecuteFunctions, hints: Iterable<ToldHint>): Promise<void> {
	for (const { message, said, itemIndex, counts } of hints) {
		const count = [...counts.values()].reduce((sum, each) => sum + each, 0);
		const words = said === undefined ? '' : `: ${await cleanWords(context, said, itemIndex)}`;
		const more = count > 1 ? ` (and ${count - 1} more like it)` : '';
		if (count > 0) showHint(context, message + words + more);
	}
}

function showHint(context: IExecuteFunctions, message: string): void {
	context.addExecutionHints?.({ message, type: 'info', location: 'outputPane' });
}

/** By the word 'canceled', n8n tells a cancel from a failure. */
function canceled(context: IExecuteFunctions): NodeOperationError {
	return new NodeOperationError(context.getNode(), 'The execution was canceled');
}

/** What a run keeps over the tries of n8n's Retry On Fail. */
interface Kept {
	/** The items of each request that is done, by its place in the run. */
	results: Map<number, INodeExecutionData[]>;
	hold: Hold;
	/** What the user is told, by the kind of each hint. */
	hints: Map<string, ToldHint>;
	/** How many have begun. */
	tries: number;
}

/**
 * What is kept, by the first input item, which is the same object in each try of a run, and by a key,
 * as several runs may have the same item. Nothing outlives the item, and so the execution.
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
