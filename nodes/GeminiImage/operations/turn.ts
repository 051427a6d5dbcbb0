import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { OperationFacts } from '../form/operations';
import type { JsonObject } from '../json';
import type { Reply } from '../reply/reply';
import type { SentImage } from '../request/imageSources';
import type { Options } from '../request/options';
import type { Prompt } from '../request/prompt';
import type { Client } from '../transport/client';
import type { SignedLink } from '../transport/signedLinks';

/** One request that the form asks for. */
export interface PlannedRequest {
	/** The item whose parameters count. */
	itemIndex: number;
	/** The items that it is made for, whose images are sent in this order. */
	itemIndexes: number[];
	/** Its number among the requests of its item, from 0, and how many these are. */
	number: number;
	count: number;
	/** Its place among the requests of the run, from 0, and how many these are. */
	place: number;
	places: number;
	options: Options;
}

/** One request, on behalf of one input item or of all. */
export interface Turn extends PlannedRequest {
	context: IExecuteFunctions;
	operation: Operation;
	client: Client;
	/** Aborted by what ends the run. */
	signal: AbortSignal;
	/** Tells the user, once a run for each kind of hint, what they would not expect; `said` are words of others. */
	hint(message: string, said?: string): void;
}

/** An operation of the node, which `index.ts` lists. */
export interface Operation extends OperationFacts {
	/** What becomes of a reply. */
	toItems(
		turn: Turn,
		reply: Reply,
		asked: Asked,
	): INodeExecutionData[] | Promise<INodeExecutionData[]>;
}

/** What was sent, and the conversation before it. */
export interface Asked {
	prompt: Prompt;
	images: SentImage[];
	conversation: Conversation;
	memory: Memory;
}

/** The messages before a turn. */
export interface Conversation {
	/** As they are, with links to their images. */
	earlier: JsonObject[];
	/** As the model gets them: without these links, and without images of its own. */
	messages: JsonObject[];
	/** The own links in them, one list per message that has some, newest message first. */
	imageLinks: SignedLink[][];
}

/** The memory node of a chat. */
export interface Memory {
	/** What it remembers, as messages of the API. */
	messages: JsonObject[];
	/** Remembers a turn. If that fails, the answer is there all the same. */
	save(input: string, output: string): Promise<void>;
}
