import type { IExecuteFunctions } from 'n8n-workflow';

import { converses, type OperationFacts } from '../form/operations';
import { optionField } from '../form/options';
import { readCombineItems, readOptions } from '../request/options';
import { readNumberOfImages } from '../request/prompt';
import { hasMemory } from './memory';
import type { PlannedRequest } from './turn';

type Group = Pick<PlannedRequest, 'itemIndex' | 'itemIndexes'>;

/** An item for which no request can be planned, as a value of its form is refused. */
export interface FailedPlan extends Group {
	failure: unknown;
}

/** The requests that the input items ask for, in the order of their output. */
export function planRequests(context: IExecuteFunctions, operation: OperationFacts) {
	const planned = groupItems(context, operation).flatMap((group) =>
		'failure' in group ? [group] : planGroup(context, operation, group),
	);
	const places = planned.length;
	const requests = planned.map((request, place) => ({ ...request, place, places }));
	const first = requests.find((request) => 'options' in request);
	const isSequential = converses(operation) && hasMemory(context);
	const concurrency = first?.options.maxConcurrency ?? optionField('maxConcurrency').default;
	return { requests, concurrency: isSequential ? 1 : Number(concurrency) };
}

/** The items of each request: one by one, or all together. */
function groupItems(
	context: IExecuteFunctions,
	operation: OperationFacts,
): Array<Group | FailedPlan> {
	const all = context.getInputData().map((_item, index) => index);
	const groups = all.map((itemIndex) => ({ itemIndex, itemIndexes: [itemIndex] }));
	if (all.length === 0) return groups;
	try {
		// The option of the first item decides for all.
		const isCombined = readCombineItems({ context, operation, itemIndex: 0 });
		return isCombined ? [{ itemIndex: 0, itemIndexes: all }] : groups;
	} catch (failure) {
		return groups.map((group) => ({ ...group, failure }));
	}
}

function planGroup(
	context: IExecuteFunctions,
	operation: OperationFacts,
	group: Group,
): Array<Omit<PlannedRequest, 'place' | 'places'> | FailedPlan> {
	const form = { context, operation, itemIndex: group.itemIndex };
	try {
		const options = readOptions(form);
		const count = readNumberOfImages(form);
		return Array.from({ length: count }, (_each, number) => ({ ...group, number, count, options }));
	} catch (failure) {
		return [{ ...group, failure }];
	}
}
