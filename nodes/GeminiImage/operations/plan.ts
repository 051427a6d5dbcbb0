import type { IExecuteFunctions } from 'n8n-workflow';

import { optionField } from '../form/optionFields';
import type { OperationFacts } from '../form/operationFacts';
import { readCombineItems, readOptions, type Options } from '../request/options';
import { readNumberOfImages } from '../request/prompt';
import { hasMemory } from './memory';

/** One request to make. */
export interface PlannedRequest {
	/** The item whose parameters count. */
	itemIndex: number;
	/** The items that it is made for. */
	itemIndexes: number[];
	/** Its number among the requests of its item, from 0, and how many these are. */
	number: number;
	count: number;
	options: Options;
}

/** An item whose form asks for no request, as a value in it cannot be read. */
export interface Misread extends Pick<PlannedRequest, 'itemIndex' | 'itemIndexes'> {
	failure: unknown;
}

/** The requests that the input items ask for, in the order of their output. */
export function planRequests(context: IExecuteFunctions, operation: OperationFacts) {
	const requests = groupItems(context, operation).flatMap((group) =>
		'failure' in group ? [group] : planItem(context, operation, group),
	);
	const first = requests.find((request) => 'options' in request);
	const isInTurn = operation.hasHistory && hasMemory(context);
	const concurrency = first?.options.maxConcurrency ?? optionField('maxConcurrency').default;
	return { requests, concurrency: isInTurn ? 1 : Number(concurrency) };
}

/** The items of each request: one by one, or all together. */
function groupItems(context: IExecuteFunctions, operation: OperationFacts) {
	const all = context.getInputData().map((_item, index) => index);
	const groups = all.map((itemIndex) => ({ itemIndex, itemIndexes: [itemIndex] }));
	try {
		if (all.length === 0 || !readCombineItems(context, operation)) return groups;
		return [{ itemIndex: 0, itemIndexes: all }];
	} catch (failure) {
		return groups.map((group): Misread => ({ ...group, failure }));
	}
}

function planItem(
	context: IExecuteFunctions,
	operation: OperationFacts,
	group: Pick<PlannedRequest, 'itemIndex' | 'itemIndexes'>,
): Array<PlannedRequest | Misread> {
	try {
		const { itemIndex } = group;
		const options = readOptions(context, itemIndex, operation);
		const count = operation.isRepeatable ? readNumberOfImages(context, itemIndex) : 1;
		return Array.from({ length: count }, (_each, number) => ({ ...group, number, count, options }));
	} catch (failure) {
		return [{ ...group, failure }];
	}
}
