/** Where input images come from; the values of Image Source. */
export type ImageSource = 'auto' | 'none' | 'binary' | 'url' | 'binaryAndUrl';

/** What the form has to know of an operation; `operations/index.ts` has the rows. */
export interface OperationFacts {
	/** Name in the form. */
	name: string;
	value: string;
	/** Label in the list of actions, and name of a new node. */
	action: string;
	description: string;
	/** Example of a prompt, and what it is for. */
	placeholder: string;
	promptDescription: string;
	/** Those of Image Source; undefined if it takes no images. */
	imageSources?: ImageSource[];
	defaultSource?: ImageSource;
	/** Whether `numberOfImages` repeats it. */
	isRepeatable: boolean;
	/** Whether a reply without an image is a failure. */
	needsImage: boolean;
	/** Whether earlier messages can go along. */
	hasHistory: boolean;
}

/** The `displayOptions` of a field that only some of `operations` have. */
export function shownFor(
	operations: OperationFacts[],
	fact: keyof OperationFacts,
	parameter = 'operation',
) {
	const having = operations.filter((operation) => operation[fact]).map(({ value }) => value);
	return { show: { [parameter]: having } };
}
