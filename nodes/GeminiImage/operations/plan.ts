import type { IExecuteFunctions } from 'n8n-workflow';

import type { Operation } from './operation';
import { DEFAULT_MAX_CONCURRENCY, numberOption, rawOptions } from '../request/options';
import { readNumberOfImages } from '../request/prompt';

/** One request to make. */
export interface Request {
	/** The item whose parameters count. */
	itemIndex: number;
	/** The items that it is made for. */
	itemIndexes: number[];
}

/** The requests that the input items ask for, in the order of their output. */
export function planRequests(context: IExecuteFunctions, operation: Operation) {
	const all = context.getInputData().map((_item, index) => index);
	const options = read(() => rawOptions(context, 0)) ?? {};
	const groups = options.combineItems === true ? [all] : all.map((index) => [index]);
	const requests = groups
		.filter((itemIndexes) => itemIndexes.length > 0)
		.flatMap((itemIndexes): Request[] => {
			const itemIndex = itemIndexes[0] as number;
			const count = operation.isRepeatable ? read(() => readNumberOfImages(context, itemIndex)) : 1;
			return Array.from({ length: count ?? 1 }, () => ({ itemIndex, itemIndexes }));
		});
	const concurrency = read(() =>
		numberOption('Max Concurrency', options.maxConcurrency, { min: 1, isWhole: true }),
	);
	return { requests, concurrency: concurrency ?? DEFAULT_MAX_CONCURRENCY };
}

/** A value that cannot be read is reported when its request reads it again, as a failed item. */
function read<T>(value: () => T): T | undefined {
	try {
		return value();
	} catch {
		return undefined;
	}
}
