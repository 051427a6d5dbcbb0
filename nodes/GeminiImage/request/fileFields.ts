import type {
	IBinaryData,
	IBinaryKeyData,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';

import { inlineContent } from '../bytes/base64';
import { READ_BYTES, type Content } from '../bytes/stream';
import { invalidInput, type ApiError } from '../errors/apiError';
import { asObject, asText, kindOf } from '../json';
import { InputImage, openImage } from './inputImage';
import { excerpt, isTool, LOST_OBJECT, rawValue, type Form } from './values';

const FIELD = 'Input Data Field Name';
const SOURCE = 'Image Source';
/** What a file without a byte is. */
const EMPTY = 'empty';
const ALL_FIELDS = '*';
/** How deep lists may be nested. */
const MAX_LEVELS = 10;
/** Names that a message lists. */
const MAX_NAMES = 20;

/** A file of an item. */
export interface ItemFile {
	/** What messages call it. */
	name: string;
	binary: IBinaryData;
	/** Its field, if nobody named it: such a file may be something else than an image. */
	field?: string;
}

/**
 * The files that Input Data Field Name asks for, in its order.
 *
 * @throws ApiError for what is no file of the item
 */
export function readFiles(form: Form): ItemFile[] {
	const { context, itemIndex } = form;
	const entries = namesAndFiles(rawValue(form, 'binaryPropertyName', FIELD));
	if (entries.length === 1 && entries[0] === ALL_FIELDS) return allFilesOf(context, itemIndex);
	return entries.map((entry) => {
		if (hasContent(entry)) return { name: quoted(asText(entry.fileName) ?? 'file'), binary: entry };
		const fields = binaryFieldsOf(context, itemIndex);
		if (typeof entry !== 'string' || entry === '') throw notAFile(context, entry, fields);
		if (entry.includes(LOST_OBJECT)) throw lostObject();
		const isField = Object.hasOwn(fields, entry);
		const binary = isField ? fields[entry] : lookUp(context, itemIndex, entry);
		if (binary) return { name: quoted(entry), binary };
		throw noFile(context, fields, `The item has no binary field ${quoted(entry)}`);
	});
}

/** All files of the item; it may have none. */
export function allFilesOf(context: IExecuteFunctions, itemIndex: number): ItemFile[] {
	return Object.entries(binaryFieldsOf(context, itemIndex)).map(([field, binary]) => ({
		name: quoted(field),
		binary,
		field,
	}));
}

/** Whether the file must be an image: somebody named it, or it says that it is one. */
export function isWanted({ field, binary }: ItemFile): boolean {
	return field === undefined || /^image\//i.test(typeOf(binary));
}

/**
 * The images among `files`, opened one by one.
 *
 * @param hint tells the user what is not sent
 * @throws ApiError for a file that is wanted and no image
 */
export async function* imagesOfFiles(
	context: IExecuteFunctions,
	files: ItemFile[],
	hint: (message: string) => void,
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

const quoted = (name: string): string => `'${excerpt(name)}'`;

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

/** What the parameter lists; at least one entry, which is blank if it lists nothing. */
function namesAndFiles(parameter: unknown): unknown[] {
	// A list may hold itself.
	const entries = [parameter].flat(MAX_LEVELS).flatMap((entry: unknown) => {
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
	const fields = { ...(isCombined(context) && asObject(json?._files)), ...binary };
	return Object.fromEntries(
		Object.entries(fields).filter((entry): entry is [string, IBinaryData] => isFile(entry[1])),
	);
}

/** Whether the workflow's setting moves files into the JSON of their items. */
function isCombined(context: IExecuteFunctions): boolean {
	return context.getWorkflowSettings?.().binaryMode === 'combined';
}

/** A name that n8n knows to resolve: in combined binary mode, any path to a file in the JSON. */
function lookUp(context: IExecuteFunctions, itemIndex: number, name: string) {
	try {
		const found: unknown = context.helpers.assertBinaryData(itemIndex, name);
		return hasContent(found) ? found : undefined;
	} catch {
		return undefined;
	}
}

/** A file with its content; who makes it by hand may forget its type. */
function hasContent(value: unknown): value is IBinaryData {
	const object = asObject(value);
	return typeof (object?.id || object?.data) === 'string';
}

/** What was meant as a file, though its content may be missing: it is never replaced. */
function isFile(value: unknown): value is IBinaryData {
	const { mimeType, fileName } = asObject(value) ?? {};
	return hasContent(value) || typeof mimeType === 'string' || typeof fileName === 'string';
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
			yield* await helpers.getBinaryStream(id as string, READ_BYTES);
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

function notAFile(context: IExecuteFunctions, value: unknown, fields: IBinaryKeyData): ApiError {
	const [what, way] = describe(context, value);
	return invalidInput(FIELD, `'${FIELD}' got ${what}`, `${way}${listFields(fields)} ${TAKES}`);
}

/** What stands in the place of a file, and how to get to one from there. */
function describe(context: IExecuteFunctions, value: unknown): [what: string, way: string] {
	if (value === '' || value === undefined || value === null) {
		return ['no value', isCombined(context) ? MOVED : ''];
	}
	const { mimeType, fileName } = asObject(value) ?? {};
	if (mimeType === undefined) return [kindOf(value), ''];
	const name = asText(fileName);
	const file = name === undefined ? 'a file' : `the file ${quoted(name)}`;
	return [`${file} without its content`, STRIPPED];
}

const STRIPPED =
	"As $binary leaves it out, give the field's name, or {{ $input.item.binary.data }}. ";
const MOVED =
	"With combined binary data, a file of another node is at {{ $('Form').item._files.photo }}. ";

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

/** The error for an item that has none of the images that * asks for. */
export function noneOfAll(context: IExecuteFunctions, itemIndex: number): ApiError {
	const fields = binaryFieldsOf(context, itemIndex);
	return noFile(context, fields, 'The item has no image in its binary fields');
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

function listFields(fields: IBinaryKeyData): string {
	const names = Object.keys(fields);
	if (names.length === 0)
		return 'The item has no files. Make sure that the node before outputs one: some have a setting for it, such as Download Images/Files of Telegram Trigger, and some drop it, such as Extract from File.';
	return `The item's binary fields are: ${names.slice(0, MAX_NAMES).map(excerpt).join(', ')}.`;
}

const TAKES = `'${FIELD}' takes the name of a binary field, several with commas, * for all images, or a file from an expression.`;
