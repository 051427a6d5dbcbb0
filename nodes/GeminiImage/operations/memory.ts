import { NodeConnectionTypes, type IExecuteFunctions } from 'n8n-workflow';

import { within } from '../async';
import { ApiError } from '../errors/apiError';
import { converses } from '../form/operations';
import { asArray, asObject, asText, type JsonObject } from '../json';
import { isTool } from '../request/values';
import { textOf } from './conversation';
import type { Memory, Turn } from './turn';

/** How long a memory may take to save a turn, in milliseconds: the answer waits for it. */
const SAVE_MS = 5000;

/** n8n before 1.85 does not export the types of connections. */
const AI_MEMORY = NodeConnectionTypes?.AiMemory ?? 'ai_memory';

/** What n8n's memory nodes supply, as far as it is used here: a chat memory of LangChain. */
interface ChatMemory {
	memoryKey?: string;
	/** The messages that the memory is set to tell, under `memoryKey`. */
	loadMemoryVariables?(values: object): Promise<unknown>;
	/** All messages. */
	chatHistory?: { getMessages(): Promise<unknown> };
	saveContext(input: { input: string }, output: { output: string }): unknown;
}

/** Whether a memory is connected: turns that share one must not run side by side. */
export function hasMemory(context: IExecuteFunctions): boolean {
	const { name } = context.getNode();
	const parents = context.getParentNodes(name, { connectionType: AI_MEMORY, depth: 1 });
	return parents.length > 0;
}

/**
 * The memory that an item has, which is empty and forgets all if none is connected. To connect it and
 * to read it may each take one Timeout.
 */
export async function openMemory(turn: Turn): Promise<Memory> {
	const { context, operation, itemIndex, signal, hint } = turn;
	const { timeoutMs } = turn.options;
	// A tool has no inputs.
	if (!converses(operation) || isTool(context)) return NO_MEMORY;
	try {
		const connect = async () => await context.getInputConnectionData(AI_MEMORY, itemIndex);
		const supplied = await within(timeoutMs, connect, signal);
		if (!asObject(supplied)) return NO_MEMORY;
		const memory = supplied as ChatMemory;
		const messages = await within(timeoutMs, async () => await load(memory), signal);
		return {
			messages: messages.map(toMessage),
			async save(input, output) {
				const saveTurn = () => memory.saveContext({ input }, { output });
				await within(SAVE_MS, saveTurn, signal).catch(() => hint(NOT_SAVED));
			},
		};
	} catch (error) {
		signal.throwIfAborted();
		throw unreadable(error);
	}
}

const NO_MEMORY: Memory = { messages: [], save: async () => {} };

const NOT_SAVED =
	'The turn could not be saved in the memory, so the next one will not know of it. Check the memory node';

/** A memory node limits how many messages it tells; `getMessages` ignores that, so it comes second. */
async function load(memory: ChatMemory): Promise<unknown[]> {
	const variables = asObject(await memory.loadMemoryVariables?.({}));
	const told = variables?.[memory.memoryKey ?? 'chat_history'];
	return asArray(Array.isArray(told) ? told : await memory.chatHistory?.getMessages());
}

const ROLES = new Map([
	['human', 'user'],
	['user', 'user'],
	['system', 'system'],
	['developer', 'system'],
]);

/** Messages of tools become words of the model, as the calls that they answer are not told. */
function toMessage(entry: unknown): JsonObject {
	const message = asObject(entry) as (JsonObject & { _getType?(): string }) | undefined;
	const type = asText(message?._getType?.()) ?? asText(message?.type) ?? asText(message?.role);
	return { role: ROLES.get(type ?? '') ?? 'assistant', content: textOf(message?.content) };
}

function unreadable(error: unknown): ApiError {
	const { description, message } = asObject(error) ?? {};
	const reason = asText(description) ?? asText(message) ?? 'no reason given';
	const advice = /session/i.test(reason) ? NO_SESSION : 'Check the memory node and its session.';
	return new ApiError(`The memory cannot be read: ${reason}`, `Nothing was sent. ${advice}`);
}

/** n8n hands on what is missing, but not what its own node says of it. */
const NO_SESSION =
	"The Session ID of the memory node takes the field sessionId of its input, which a Chat Trigger gives. Outside a chat, set it to 'Define below', and its Key to an expression that tells the conversations apart, such as the ID of the user.";
