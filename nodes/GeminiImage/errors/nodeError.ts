import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';

import { apiKeyOf, withoutBearer } from '../../../credentials/NexconnApi.credentials';
import { ApiError } from './apiError';
import { cleanJson, createClean, type Clean } from './cleanText';

type NodeError = NodeApiError | NodeOperationError;

/**
 * The one door through which a failure becomes the error that n8n shows. What others said of it is
 * cleaned here, and only here.
 */
export async function toNodeError(
	context: IExecuteFunctions,
	error: unknown,
	itemIndex: number,
): Promise<NodeError> {
	try {
		return await cleanNodeError(context, error, itemIndex);
	} catch {
		// What cannot be cleaned is told to nobody.
		return new NodeOperationError(context.getNode(), UNCLEAN, { itemIndex });
	}
}

const UNCLEAN = 'The request failed, and what was said of it cannot be shown';

async function cleanNodeError(
	context: IExecuteFunctions,
	error: unknown,
	itemIndex: number,
): Promise<NodeError> {
	if (error instanceof NodeApiError || error instanceof NodeOperationError) return error;
	const clean = await cleanFor(context, itemIndex);
	const node = context.getNode();
	if (!(error instanceof ApiError)) {
		const message = clean(error instanceof Error ? error.message : String(error));
		return new NodeOperationError(node, message, { itemIndex });
	}
	const said = clean(error.message);
	const message = error.advice ? `${asSentence(said)} ${error.advice}` : said;
	const description = clean(error.description);
	const { httpCode } = error.details;
	const nodeError = httpCode
		? new NodeApiError(node, { message }, { message, description, httpCode, itemIndex })
		: new NodeOperationError(node, message, { description, itemIndex });
	// n8n replaces a message by a canned one if it contains the name of a system error.
	nodeError.message = message;
	nodeError.context.details = cleanJson(error.details, clean) as IDataObject;
	return nodeError;
}

/**
 * The error that ends the node. A chat that streams shows its description alone.
 *
 * @param lost a sentence on what is lost with it
 */
export async function toLastError(
	context: IExecuteFunctions,
	error: unknown,
	itemIndex: number,
	lost?: string,
): Promise<NodeError> {
	const nodeError = await toNodeError(context, error, itemIndex);
	const { message, description } = nodeError;
	const said = context.isStreaming?.() ? asSentence(message) : undefined;
	const sentences = [said, description, lost].filter((each) => each);
	if (sentences.length > 0) nodeError.description = sentences.join(' ');
	return nodeError;
}

/** What others said may end with a mark of its own. */
function asSentence(text: string): string {
	return /[.!?…。！？]$/.test(text) ? text : `${text}.`;
}

/** What others said, fit for a hint; nothing of it if it cannot be cleaned. */
export async function cleanWords(
	context: IExecuteFunctions,
	said: string,
	itemIndex: number,
): Promise<string> {
	try {
		const clean = await cleanFor(context, itemIndex);
		return clean(said);
	} catch {
		return '…';
	}
}

/** A failed item in the one shape that n8n sends to the error output. */
export async function failedItem(
	context: IExecuteFunctions,
	error: unknown,
	itemIndex: number,
): Promise<INodeExecutionData> {
	const { message, description, context: told } = await toNodeError(context, error, itemIndex);
	return {
		json: {
			error: message,
			details: { description, ...(told.details as IDataObject | undefined) },
		},
	};
}

/** By the run and the key. */
const cleaners = new WeakMap<IExecuteFunctions, Map<string, Clean>>();

/** Foreign text may hold the key of the item's own credential, with or without its prefix. */
async function cleanFor(context: IExecuteFunctions, itemIndex: number): Promise<Clean> {
	const key = await keyOf(context, itemIndex);
	const ofRun = cleaners.get(context) ?? new Map<string, Clean>();
	const clean = ofRun.get(key) ?? createClean([key, withoutBearer(key)]);
	cleaners.set(context, ofRun.set(key, clean));
	return clean;
}

async function keyOf(context: IExecuteFunctions, itemIndex: number): Promise<string> {
	try {
		return apiKeyOf(await context.getCredentials('nexconnApi', itemIndex));
	} catch {
		return '';
	}
}
