import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { Client } from '../transport/client';

/** One request, on behalf of one input item or of all. */
export interface Turn {
	context: IExecuteFunctions;
	client: Client;
	/** Aborted by a cancel of the execution, and by a failure that stops it. */
	signal: AbortSignal;
	/** The item whose parameters count. */
	itemIndex: number;
	/** The items whose images are sent. */
	itemIndexes: number[];
	/** Tells the user, once an execution, what they would not expect. */
	hint(message: string): void;
}

/** An operation of the node: its entry in the form, and what it does. */
export interface Operation {
	name: string;
	value: string;
	/** Label in the list of actions. */
	action: string;
	description: string;
	/** Whether `numberOfImages` repeats it. */
	isRepeatable: boolean;
	/** Makes one request. Throws where it fails; the node decides what becomes of that. */
	execute(turn: Turn): Promise<INodeExecutionData[]>;
}
