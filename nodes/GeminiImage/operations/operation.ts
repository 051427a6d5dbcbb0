import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { OperationFacts } from '../form/operationFacts';
import type { Received } from '../reply/receive';
import { readPrompt, type Prompt } from '../request/prompt';
import type { Client } from '../transport/client';
import { resultHints } from './hints';
import { countTokens } from './output';
import type { PlannedRequest } from './plan';
import { send } from './send';

/** One request, on behalf of one input item or of all. */
export interface Turn extends PlannedRequest {
	context: IExecuteFunctions;
	operation: Operation;
	client: Client;
	/** Aborted by a cancel of the execution, and by a failure that stops it. */
	signal: AbortSignal;
	/** Has `close` called when the request is over, whatever became of it. */
	onEnd(close: () => void): void;
	/** Tells the user, once an execution, what they would not expect. */
	hint(message: string): void;
}

/** An operation of the node: its row in `index.ts`. */
export interface Operation extends OperationFacts {
	/** What becomes of a reply. */
	toItems(turn: Turn, prompt: Prompt, received: Received): INodeExecutionData[];
}

/** Makes one request. Throws if it fails; the node decides what becomes of that. */
export async function perform(turn: Turn): Promise<INodeExecutionData[]> {
	const prompt = await readPrompt(turn);
	const received = await send(turn, prompt);
	countTokens(turn.context, received.reply);
	resultHints(turn.operation, prompt, received).forEach(turn.hint);
	return turn.operation.toItems(turn, prompt, received);
}
