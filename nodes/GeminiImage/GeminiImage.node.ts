import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';
import pLimit from 'p-limit';

import { failedItem } from './errors/nodeError';
import { fieldsFor, inputsFor } from './form/fields';
import { operations } from './operations';
import { renumber } from './operations/output';
import { perform } from './operations/perform';
import { planRequests, type FailedPlan } from './operations/plan';
import { createRun } from './operations/run';
import type { Operation, PlannedRequest } from './operations/turn';
import { createClient } from './transport/client';
import { searchModels } from './transport/modelList';
import type { Hold } from './transport/retry';

/** n8n before 1.85 does not export the types of connections. */
const MAIN = NodeConnectionTypes?.Main ?? 'main';

export class GeminiImage implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Gemini Image',
		name: 'geminiImage',
		icon: { light: 'file:geminiImage.svg', dark: 'file:geminiImage.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"].replace(/[A-Z]/g, " $&").toLowerCase() }}',
		description: 'Generate, edit and talk about images with Gemini image models through Nexconn',
		defaults: { name: 'Gemini Image' },
		usableAsTool: true,
		inputs: inputsFor(operations),
		outputs: [MAIN],
		credentials: [{ name: 'nexconnApi', required: true }],
		properties: [
			// n8n names new nodes and tools by the action of an operation that hangs on a resource, and
			// lists the actions of the resources that are options.
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'hidden',
				noDataExpression: true,
				options: [{ name: 'Image', value: 'image' }],
				default: 'image',
			},
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
				displayOptions: { show: { resource: ['image'] } },
			},
			...fieldsFor(operations),
		],
	};

	methods = { listSearch: { searchModels } };

	/** The one loop and the one catch: operations throw, and it is decided here what becomes of it. */
	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const operation = operationOf(this);
		const { requests, concurrency } = planRequests(this, operation);
		const run = createRun(this, operation);
		const { signal } = run;

		const make = async (request: PlannedRequest, hold: Hold): Promise<INodeExecutionData[]> => {
			const { itemIndex } = request;
			const hint = (message: string, said?: string) => run.hint(message, request, said);
			const client = await createClient(this, itemIndex, hold);
			return await perform({ ...request, context: this, operation, client, signal, hint });
		};

		const handle = async (request: PlannedRequest | FailedPlan): Promise<INodeExecutionData[]> => {
			const { itemIndex, itemIndexes } = request;
			const pairs = itemIndexes.map((item) => ({ item }));
			const pairedItem = pairs.length === 1 ? pairs[0] : pairs;
			try {
				if ('failure' in request) throw request.failure;
				const items = await run.once(request, async (hold) => await make(request, hold));
				return items.map((item) => ({ ...item, pairedItem }));
			} catch (error) {
				if (this.continueOnFail() && !signal.aborted) {
					const item = await failedItem(this, error, itemIndex);
					return [{ ...item, pairedItem }];
				}
				run.fail(error, itemIndex);
				return [];
			}
		};

		const results = await pLimit(concurrency).map(requests, handle);
		await run.end(results);
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
