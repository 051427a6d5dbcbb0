import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

import { abortWith } from '../async';
import { cleanWords, toLastError } from '../errors/nodeError';
import type { OperationFacts } from '../form/operations';
import { createHold, type Hold } from '../transport/retry';
import { kindOfHint, lostHint, nextNodeHints, prefixOfHint, runHint } from './hints';
import type { PlannedRequest } from './turn';

/** What tells a request from the others of its run, in each try. */
type RequestId = Pick<PlannedRequest, 'itemIndex' | 'number'>;

/** The first hint of a kind, and how many of that kind each request has given. */
interface ToldHint {
	message: string;
	/** What others said of it. */
	said?: string;
	/** The item whose credential is cleaned out of what others said. */
	itemIndex: number;
	counts: Map<string, number>;
}

/** What the requests of one run of the node share, keep and leave behind. */
export interface Run {
	/** Aborted by a cancel of the execution, by a failure that stops the run, and by its end. */
	signal: AbortSignal;
	/** Tells the user, once a run for each kind of hint, what they would not expect. */
	hint(message: string, request: RequestId, said?: string): void;
	/**
	 * The items of a request: those of an earlier try, or what `make` gives with a hold of its own.
	 *
	 * @throws what `make` throws, or the failure that stopped the run
	 */
	once(
		request: RequestId,
		make: (hold: Hold) => Promise<INodeExecutionData[]>,
	): Promise<INodeExecutionData[]>;
	/** Stops the run. What is under way is let finish if another try can use it. */
	fail(error: unknown, itemIndex: number): void;
	/** Shows the hints. @throws the failure that stopped the run, or that it was canceled */
	end(outputs: INodeExecutionData[][]): Promise<void>;
}

/** Begins a run, or a further try of it. */
export function createRun(context: IExecuteFunctions, operation: OperationFacts): Run {
	const cancel = context.getExecutionCancelSignal?.();
	const run = abortWith(cancel);
	const { kept, isLastTry, forget } = openTry(context);
	const { results, hold, hints } = kept;
	/** The requests that the service has whole, and has neither refused nor answered to the end. */
	const underWay = new Set<string>();
	let failure: { error: unknown; itemIndex: number; underWay: string[] } | undefined;

	function holdOf(key: string): Hold {
		return {
			...hold,
			sent: () => void underWay.add(key),
			refuse(refusal, wentAt) {
				underWay.delete(key);
				return hold.refuse(refusal, wentAt);
			},
		};
	}

	function hint(message: string, request: RequestId, said?: string): void {
		const kind = kindOfHint(message);
		const { itemIndex } = request;
		const told = hints.get(kind) ?? { message, itemIndex, said, counts: new Map() };
		const key = keyOf(request);
		told.counts.set(key, (told.counts.get(key) ?? 0) + 1);
		hints.set(kind, told);
	}

	return {
		signal: run.signal,
		hint,

		async once(request, make) {
			const key = keyOf(request);
			const earlier = results.get(key);
			if (earlier) return earlier;
			run.signal.throwIfAborted();
			if (failure) throw failure.error;
			// What an earlier try of it told does not count twice.
			for (const { counts } of hints.values()) counts.delete(key);
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

		async end(outputs) {
			run.abort();
			if (cancel?.aborted) throw canceled(context);
			// n8n tries again if the run fails, and if its first item is that of a failure.
			if (isLastTry || !(failure || outputs[0]?.[0]?.json.error)) forget();
			if (failure) {
				const unfinished = failure.underWay.filter((key) => !results.has(key)).length;
				const lost = isLastTry ? lostHint([...results.values()], unfinished) : undefined;
				throw await toLastError(context, failure.error, failure.itemIndex, lost);
			}
			await showHints(context, hints.values());
			showNextNodeHints(context, operation);
			const summary = runHint(outputs, hold.took);
			if (summary !== undefined) showHint(context, summary);
		},
	};
}

/** Its place in the run may be another one at the next try, as expressions may change. */
function keyOf({ itemIndex, number }: RequestId): string {
	return `${itemIndex}/${number}`;
}

/** How many hints that differ in names alone are shown. */
const MAX_ALIKE = 10;

async function showHints(context: IExecuteFunctions, hints: Iterable<ToldHint>): Promise<void> {
	const alike = new Map<string, number>();
	for (const { message, said, itemIndex, counts } of hints) {
		const count = [...counts.values()].reduce((sum, each) => sum + each, 0);
		const prefix = prefixOfHint(message);
		const shown = alike.get(prefix) ?? 0;
		if (count === 0) continue;
		alike.set(prefix, shown + 1);
		if (shown >= MAX_ALIKE) continue;
		const words = said === undefined ? '' : `: ${await cleanWords(context, said, itemIndex)}`;
		const more = count > 1 ? ` (and ${count - 1} more like it)` : '';
		showHint(context, message + words + more);
	}
	for (const [prefix, count] of alike) {
		if (count > MAX_ALIKE) showHint(context, `${prefix} … (${count - MAX_ALIKE} more like it)`);
	}
}

/** What the run has made is paid for, so nothing that a later node holds may cost it. */
function showNextNodeHints(context: IExecuteFunctions, operation: OperationFacts): void {
	try {
		for (const message of nextNodeHints(context, operation)) showHint(context, message);
	} catch {}
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
	/** The items of each request that is done, by its item and its number among the requests of that. */
	results: Map<string, INodeExecutionData[]>;
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
