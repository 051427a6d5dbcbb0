import type {
	IBinaryData,
	IBinaryKeyData,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';

import { inlineContent } from '../bytes/base64';
import type { Content } from '../bytes/stream';
import { invalidInput, type ApiError } from '../errors/apiError';
import { asObject, asText, kindOf } from '../json';
import { InputImage, openImage, PIECE_BYTES } from './inputImage';
import { excerpt, isTool, LOST_OBJECT } from './values';

const FIELD = 'Input Data Field Name';
const SOURCE = 'Image Source';
/** What a file without a byte is. */
const EMPTY = 'empty';
const ALL_FIELDS = '*';
/** Names that a message lists. */
const MAX_NAMES = 20;

/** A file of an item. */
interface ItemFile {
	/** What messages call it. */
	name: string;
	binary: IBinaryData;
	/** Its field, if nobody named it: such a file may be something else than an image. */
	field?: string;
}

/** Tells the user what is not sent. */
type Hint = (message: string) => void;

/** The images of the item's binary fields that `parameter` names, in its order. */
export async function* imagesOfFields(
	context: IExecuteFunctions,
	itemIndex: number,
	parameter: unknown,
	hint: Hint,
): AsyncGenerator<InputImage> {
	const fields = binaryFieldsOf(context, itemIndex);
	const files = findFiles(context, fields, itemIndex, parameter);
	let isNone = true;
	for await (const image of imagesOf(context, files, hint)) {
		isNone = false;
		yield image;
	}
	if (isNone) throw noFile(context, fields, 'The item has no image in its binary fields');
}

/** The images of all binary fields of the item; it may have none. */
export async function* imagesOfItem(
	context: IExecuteFunctions,
	itemIndex: number,
	hint: Hint,
): AsyncGenerator<InputImage> {
	yield* imagesOf(context, allFiles(binaryFieldsOf(context, itemIndex)), hint);
}

/** How many files {@link imagesOfFields}, or without a parameter {@link imagesOfItem}, has to send, as far as can be told unopened. */
export function countImages(
	context: IExecuteFunctions,
	itemIndex: number,
	parameter: unknown = ALL_FIELDS,
): number {
	const files = findFiles(context, binaryFieldsOf(context, itemIndex), itemIndex, parameter);
	return files.filter(isWanted).length;
}

/** Whether the file must be an image: somebody named it, or it says that it is one. */
function isWanted({ field, binary }: ItemFile): boolean {
	return field === undefined || /^image\//i.test(typeOf(binary));
}

/** Whether the item has files, of whatever kind. */
export function hasFiles(context: IExecuteFunctions, itemIndex: number): boolean {
	return Object.keys(binaryFieldsOf(context, itemIndex)).length > 0;
}

/**
 * Those of some files that the items have, or the items that they were made from: where n8n has put
 * them, not in other JSON.
 */
export function filesOfItems(
	context: IExecuteFunctions,
	itemIndexes: number[],
	files: IBinaryData[],
): Set<IBinaryData> {
	const idsIn = (items: unknown[]) =>
		new Set(items.flatMap((item) => Object.values(filesIn(context, item)).map(({ id }) => id)));
	const input = context.getInputData();
	const ids = idsIn(itemIndexes.map((itemIndex) => input[itemIndex]));
	const others = files.filter(({ id }) => !ids.has(id));
	const before = others.length > 0 ? itemIndexes.flatMap((at) => itemsBefore(context, at)) : [];
	const idsBefore = idsIn(before);
	return new Set(files.filter(({ id }) => ids.has(id) || idsBefore.has(id)));
}

/** The items of earlier nodes that n8n pairs with an item, as expressions get them. */
function itemsBefore(context: IExecuteFunctions, itemIndex: number): unknown[] {
	try {
		const { $ } = context.getWorkflowDataProxy(itemIndex) as unknown as {
			$(node: string): { item: unknown };
		};
		return context.getParentNodes(context.getNode().name).flatMap(({ name }) => {
			// It may not have run, or n8n may not know the pairs.
			try {
				return [$(name).item];
			} catch {
				return [];
			}
		});
	} catch {
		return [];
	}
}

async function* imagesOf(
	context: IExecuteFunctions,
	files: ItemFile[],
	hint: Hint,
): AsyncGenerator<InputImage> {
	const passedOver: string[] = [];
	for (const file of files) {
		const image = await openFile(context, file);
		if (image instanceof InputImage) yield image;
		else if (isWanted(file)) throw notAnImage(file, image);
		else passedOver.push(nameOf(file));
	}
	if (passedOver.length > 0) hint(`Not sent, as they are no images: ${listed(passedOver)}`);
}

function listed(names: string[]): string {
	const others = names.length - MAX_NAMES;
	const list = names.slice(0, MAX_NAMES).join(', ');
	return others > 0 ? `${list} and ${others} more` : list;
}

/** Other nodes may give a file any name. */
function nameOf({ field = '', binary }: ItemFile): string {
	const name = asText(binary.fileName);
	return excerpt(field) + (name === undefined ? '' : ` (${excerpt(name)})`);
}

/** The type that a file is labelled with, which may be missing. */
function typeOf({ mimeType }: IBinaryData): string {
	return asText(mimeType)?.trim() ?? '';
}

function allFiles(fields: IBinaryKeyData): ItemFile[] {
	return Object.entries(fields).map(([field, binary]) => ({
		name: `'${excerpt(field)}'`,
		binary,
		field,
	}));
}

function findFiles(
	context: IExecuteFunctions,
	fields: IBinaryKeyData,
	itemIndex: number,
	parameter: unknown,
): ItemFile[] {
	const entries = namesAndFiles(parameter);
	if (entries.length === 1 && entries[0] === ALL_FIELDS) return allFiles(fields);
	return entries.map((entry) => {
		if (isBinary(entry))
			return { name: `'${excerpt(asText(entry.fileName) ?? 'file')}'`, binary: entry };
		if (typeof entry !== 'string' || entry === '') throw notAFile(entry, fields);
		if (entry.includes(LOST_OBJECT)) throw lostObject();
		const isField = Object.hasOwn(fields, entry);
		const binary = isField ? fields[entry] : lookUp(context, itemIndex, entry);
		if (binary) return { name: `'${excerpt(entry)}'`, binary };
		throw noFile(context, fields, `The item has no binary field '${excerpt(entry)}'`);
	});
}

/** What the parameter lists; at least one entry, which is blank if it lists nothing. */
function namesAndFiles(parameter: unknown): unknown[] {
	const entries = [parameter].flat(Infinity).flatMap((entry: unknown) => {
		if (typeof entry !== 'string') return [entry];
		const names = entry.split(',').map((name) => name.trim());
		return names.filter((name) => name !== '');
	});
	return entries.length > 0 ? entries : [''];
}

/** The item's files: in `binary`, or wherever the workflow's combined binary mode moves them. */
function binaryFieldsOf(context: IExecuteFunctions, itemIndex: number): IBinaryKeyData {
	return filesIn(context, context.getInputData()[itemIndex]);
}

function filesIn(context: IExecuteFunctions, item: unknown): IBinaryKeyData {
	const { json, binary } = (asObject(item) ?? {}) as Partial<INodeExecutionData>;
	// Elsewhere this is data like any other, which may come from anybody.
	const isCombined = context.getWorkflowSettings?.().binaryMode === 'combined';
	const fields = { ...(isCombined && asObject(json?._files)), ...binary };
	return Object.fromEntries(
		Object.entries(fields).filter((entry): entry is [string, IBinaryData] => isFile(entry[1])),
	);
}

/** A name that n8n knows to resolve: in combined binary mode, any path to a file in the JSON. */
function lookUp(context: IExecuteFunctions, itemIndex: number, name: string) {
	try {
		const found: unknown = context.helpers.assertBinaryData(itemIndex, name);
		return isBinary(found) ? found : undefined;
	} catch {
		return undefined;
	}
}

/** A file with its content; who makes it by hand may forget its type. */
function isBinary(value: unknown): value is IBinaryData {
	const object = asObject(value);
	return typeof (object?.id || object?.data) === 'string';
}

/** What was meant as a file, though its content may be missing: it is never replaced. */
function isFile(value: unknown): value is IBinaryData {
	const { mimeType, fileName } = asObject(value) ?? {};
	return isBinary(value) || typeof mimeType === 'string' || typeof fileName === 'string';
}

/** What the file is instead, in words, if it is no image. */
async function openFile(
	context: IExecuteFunctions,
	{ name, binary }: ItemFile,
): Promise<InputImage | string> {
	const content = await contentOf(context, name, binary);
	if (content.bytes === 0) return EMPTY;
	return await openImage({ field: FIELD, name, binary, ...content });
}

async function contentOf(
	{ helpers }: IExecuteFunctions,
	name: string,
	binary: IBinaryData,
): Promise<Content> {
	const id = asText(binary.id);
	// Without an id, n8n keeps its files in memory, as base64.
	if (id === undefined) return inlineContent(asText(binary.data) ?? '');
	const fail = () => Promise.reject(unreadable(name));
	const { fileSize } = await helpers.getBinaryMetadata(id).catch(fail);

	async function* read() {
		try {
			yield* await helpers.getBinaryStream(id as string, PIECE_BYTES);
		} catch {
			throw unreadable(name);
		}
	}

	return { bytes: fileSize, open: async () => read() };
}

function notAnImage({ name, binary }: ItemFile, what: string): ApiError {
	if (what === EMPTY) {
		return invalidInput(FIELD, `The file of ${name} is empty`, 'Send a whole image.');
	}
	return invalidInput(
		FIELD,
		`The file of ${name} (${excerpt(typeOf(binary)) || 'without a type'}) is ${what}, not an image that the models take`,
		'The models take PNG, JPEG and WebP.',
	);
}

/** What storage says names folders of the server, and is left out. */
function unreadable(name: string): ApiError {
	return invalidInput(
		FIELD,
		`The file of ${name} cannot be read from n8n's storage`,
		'n8n may have deleted it, or its storage is not available. Run the workflow from its start.',
	);
}

function notAFile(value: unknown, fields: IBinaryKeyData): ApiError {
	const { mimeType, fileName } = asObject(value) ?? {};
	const isStripped = mimeType !== undefined;
	const name = asText(fileName);
	const file = name === undefined ? 'a file' : `the file '${excerpt(name)}'`;
	const what = isStripped ? `${file} without its content` : describe(value);
	const way = isStripped
		? "As $binary leaves it out, give the field's name, or {{ $input.item.binary.data }}. "
		: '';
	return invalidInput(FIELD, `'${FIELD}' got ${what}`, `${way}${listFields(fields)} ${TAKES}`);
}

function lostObject(): ApiError {
	return invalidInput(
		FIELD,
		`'${FIELD}' has a file in the middle of text, where its content is lost`,
		"For several files, give a list: {{ [$('Form').item.binary.photo, $binary.data] }}, or the names of binary fields with commas.",
	);
}

/** The error for an item without the file that is asked for. */
function noFile(context: IExecuteFunctions, fields: IBinaryKeyData, message: string): ApiError {
	if (isBareTool(context, fields)) return noFilesOfTool();
	return invalidInput(FIELD, message, `${listFields(fields)} ${TAKES}`);
}

/** The error for an item without any image, where nobody has named a field. */
export function noImage(context: IExecuteFunctions, itemIndexes: number[]): ApiError {
	const ofItems = itemIndexes.map((itemIndex) => binaryFieldsOf(context, itemIndex));
	const fields: IBinaryKeyData = Object.assign({}, ...ofItems);
	if (isBareTool(context, fields)) return noFilesOfTool();
	return invalidInput(
		SOURCE,
		`'${SOURCE}' is Automatic, but the item has no image in its binary fields`,
		`${listFields(fields)} For images at addresses, set '${SOURCE}' to URL.`,
	);
}

function isBareTool(context: IExecuteFunctions, fields: IBinaryKeyData): boolean {
	return isTool(context) && Object.keys(fields).length === 0;
}

/** The agent reads the message alone, and tells it whoever builds the workflow. */
function noFilesOfTool(): ApiError {
	return invalidInput(
		SOURCE,
		`There is no image, as a tool gets no files: set '${SOURCE}' to URL and let the model fill in 'Image URLs'`,
		'An agent can hand on links, such as those that this node outputs, but no file.',
	);
}

function describe(value: unknown): string {
	if (value === '' || value === undefined || value === null) return 'no value';
	return kindOf(value);
}

function listFields(fields: IBinaryKeyData): string {
	const names = Object.keys(fields);
	if (names.length === 0)
		return 'The item has no files. Make sure that the node before outputs one.';
	return `The item's binary fields are: ${names.slice(0, MAX_NAMES).map(excerpt).join(', ')}.`;
}

const TAKES = `'${FIELD}' takes the name of a binary field, several with commas, * for all images, or a file from an expression.`;
