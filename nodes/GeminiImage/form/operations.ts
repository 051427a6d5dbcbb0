import type { INodeProperties } from 'n8n-workflow';

/** Where input images come from; the values of Image Source. */
export type ImageSource = 'auto' | 'none' | 'binary' | 'url' | 'binaryAndUrl';

/**
 * What comes out of an operation; fields, options and the reading of a reply follow from it.
 *
 * - `images`: an item for each image; a reply without one is a failure.
 * - `answer`: an item with an answer in a conversation, and the images in it.
 * - `words`: an item with words; images of the reply are not kept.
 */
export type Output = 'images' | 'answer' | 'words';

/** What the form has to know of an operation; its file in `operations/` has the row. */
export interface OperationFacts {
	/** Name in the form. */
	name: string;
	value: string;
	/** Label in the list of actions, and name of a new node. */
	action: string;
	description: string;
	/** The field Prompt: what it is for, an example, and what stands in it at first. */
	promptDescription: string;
	placeholder: string;
	promptDefault: string;
	/** What Image Source offers, its default first; undefined if the operation takes no images. */
	imageSources?: ImageSource[];
	output: Output;
}

/** Which operations have a field: those whose facts say so. */
export type Has = (operation: OperationFacts) => boolean;

export const takesImages: Has = ({ imageSources }) => imageSources !== undefined;
export const givesImages: Has = ({ output }) => output !== 'words';
export const givesImagesAlone: Has = ({ output }) => output === 'images';
export const converses: Has = ({ output }) => output === 'answer';

/** What shows a field for those of `operations` that have it; nothing if all do. */
export function shownFor(
	operations: OperationFacts[],
	has: Has,
	parameter: 'operation' | '/operation' = 'operation',
): Pick<INodeProperties, 'displayOptions'> {
	const having = operations.filter(has);
	if (having.length === operations.length) return {};
	return { displayOptions: { show: { [parameter]: having.map(({ value }) => value) } } };
}
