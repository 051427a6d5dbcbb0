import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';
import pLimit from 'p-limit';

import { createClient } from './transport/client';
import { imageFields, modelField, pictureFields, promptField } from './form/fields';
import { searchModels } from './transport/modelList';
import { failedItem, toNodeError } from './errors/nodeError';
import { abortWith } from './abort';
import { operations } from './operations';
import type { Operation } from './operations/operation';
import { optionsField } from './form/optionFields';
import { renumber } from './operations/output';
import { planRequests, type Request } from './operations/plan';

/** n8n before 1.85 does not export the types of connections. */
const MAIN = NodeConnectionTypes?.Main ?? 'main';

export class GeminiImage implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Gemini Image',
		name: 'geminiImage',
		icon: { light: 'file:geminiImage.svg', dark: 'file:geminiImage.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] }}',
		description: 'Draw, edit and talk about pictures with Gemini image models through Nexconn',
		defaults: { name: 'Gemini Image' },
		usableAsTool: true,
		inputs: [MAIN],
		outputs: [MAIN],
		credentials: [{ name: 'nexconnApi', required: true }],
		properties: [
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				options: operations.map(({ name, value, action, description }) => ({
					name,
					value,
					action,
					description,
				})),
				default: 'textToImage',
			},
			modelField,
			promptField,
			...imageFields,
			...pictureFields,
			optionsField,
		],
	};

	methods = { listSearch: { searchModels } };

	/** The one loop and the one catch: operations throw, and it is decided here what becomes of it. */
	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const operation = operationOf(this);
		const cancel = this.getExecutionCancelSignal?.();
		const run = abortWith(cancel);
		const hints = new Set<string>();
		let failure: Error | undefined;

		const perform = async ({ itemIndex, itemIndexes }: Request): Promise<INodeExecutionData[]> => {
			const pairs = itemIndexes.map((item) => ({ item }));
			const pairedItem = pairs.length === 1 ? pairs[0] : pairs;
			const { signal } = run;
			const hint = (message: string) => void hints.add(message);
			try {
				signal.throwIfAborted();
				const client = await createClient(this, itemIndex);
				const turn = { context: this, client, signal, itemIndex, itemIndexes, hint };
				const items = await operation.execute(turn);
				return items.map((item) => ({ ...item, pairedItem }));
			} catch (error) {
				if (this.continueOnFail() && !signal.aborted) {
					const item = failedItem(this.getNode(), error, itemIndex);
					return [{ ...item, pairedItem }];
				}
				failure ??= toNodeError(this.getNode(), error, itemIndex);
				run.abort();
				return [];
			}
		};

		const { requests, concurrency } = planRequests(this, operation);
		const results = await pLimit(concurrency).map(requests, perform);
		if (cancel?.aborted) throw cancelled(this);
		if (failure) throw failure;
		for (const message of hints) {
			this.addExecutionHints?.({ message, type: 'info', location: 'outputPane' });
		}
		return [renumber(results)];
	}
}

function operationOf(context: IExecuteFunctions): Operation {
	const value = context.getNodeParameter('operation', 0);
	const operation = operations.find((candidate) => candidate.value === value);
	if (operation) return operation;
	throw new NodeOperationError(context.getNode(), `There is no operation '${String(value)}'`, {
		description: `It is one of ${operations.map((candidate) => candidate.value).join(', ')}.`,
	});
}

/** By the word 'canceled', n8n tells a cancel from a failure. */
function cancelled(context: IExecuteFunctions): NodeOperationError {
	return new NodeOperationError(context.getNode(), 'The execution was canceled');
}
