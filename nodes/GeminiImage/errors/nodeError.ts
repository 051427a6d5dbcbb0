import type { INode, INodeExecutionData } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';

import { ApiError } from './apiError';
import { asObject } from '../json';

/** The one place where a failure becomes the error that n8n shows. */
export function toNodeError(
	node: INode,
	error: unknown,
	itemIndex: number,
): NodeApiError | NodeOperationError {
	if (error instanceof NodeApiError || error instanceof NodeOperationError) return error;
	if (!(error instanceof ApiError)) {
		return new NodeOperationError(node, error instanceof Error ? error : String(error), {
			itemIndex,
		});
	}
	const { message, description, details } = error;
	const nodeError = details.httpCode
		? new NodeApiError(
				node,
				{ message },
				{ message, description, httpCode: details.httpCode, itemIndex },
			)
		: new NodeOperationError(node, message, { description, itemIndex });
	// n8n replaces a message by a canned one where it contains the name of a system error.
	nodeError.message = message;
	nodeError.context.details = details;
	return nodeError;
}

/** A failed item in the one shape that n8n sends to the error output. */
export function failedItem(node: INode, error: unknown, itemIndex: number): INodeExecutionData {
	const { message, description, context } = toNodeError(node, error, itemIndex);
	return { json: { error: message, details: { description, ...asObject(context.details) } } };
}
