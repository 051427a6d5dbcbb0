import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { OperationFacts } from '../form/operationFacts';
import type { JsonObject } from '../json';
import type { Reply } from '../reply/reply';
import { readPrompt, type Prompt } from '../request/prompt';
import type { Client } from '../transport/client';
import { readConversation } from './conversation';
import { resultHints } from './hints';
import type { LinkedImage } from './imageLinks';
import { openMemory, type Memory } from './memory';
import { countTokens } from './output';
import type { PlannedRequest } from './plan';
import { send } from './send';
import { createSignedFiles } from './signedFiles';

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
	toItems(
		turn: Turn,
		prompt: Prompt,
		outcome: Outcome,
	): INodeExecutionData[] | Promise<INodeExecutionData[]>;
}

/** What came of a request, and what it was part of. */
export interface Outcome {
	reply: Reply;
	images: LinkedImage[];
	/** The messages before this turn. */
	earlier: JsonObject[];
	memory: Memory;
}

/** Makes one request. Throws if it fails; the node decides what becomes of that. */
export async function perform(turn: Turn): Promise<INodeExecutionData[]> {
	const memory = await openMemory(turn);
	const files = createSignedFiles(turn);
	const { earlier, ...told } = readConversation(
		[...memory.messages, ...turn.options.history],
		files,
	);
	const prompt = await readPrompt({ ...turn, ...told, files });
	const received = await send(turn, prompt);
	countTokens(turn.context, received.reply);
	resultHints(turn.operation, prompt, received).forEach(turn.hint);
	return await turn.operation.toItems(turn, prompt, { ...received, earlier, memory });
}
