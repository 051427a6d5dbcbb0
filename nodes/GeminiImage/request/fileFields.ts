import type { IBinaryData, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { invalidInput, type ApiError } from '../errors/apiError';
import { asObject, kindOf, type JsonObject } from '../json';
import { inlineFile } from './inlineFile';
import { openImage, PIECE_BYTES, type InputImage, type Reading } from './inputImage';
import { excerpt } from './values';

const FIELD = 'Input Data Field Name';
const ALL_FIELDS = '*';
/** Names that a message lists. */
const MAX_NAMES = 20;

type Files = Record<string, IBinaryData>;

interface InputFile {
	/** Where the file comes from, in words of the form. */
	source: string;
	binary: IBinaryData;
	/** Nobody named the file: it may be something else than an image. */
	isOptional?: boolean;
}

/** The images of the item's binary fields that `parameter` names, in its order. */
export async function imagesFromFields(
	context: IExecuteFunctions,
	itemIndex: number,
	parameter: unknown,
	reading: Reading,
): Promise<InputImage[]> {
	const fields = fieldsOf(context, itemIndex);
	const images = await readImages(
		context,
		findFiles(context, fields, itemIndex, parameter),
		reading,
	);
	if (images.length > 0) return images;
	throw invalidInput(FIELD, 'The item has no image field', describeFields(fields));
}

/** The images of all binary fields of the item; it may have none. */
export async function imagesOfItem(
	context: IExecuteFunctions,
	itemIndex: number,
	reading: Reading,
): Promise<InputImage[]> {
	return await readImages(context, allFiles(fieldsOf(context, itemIndex)), reading);
}

async function readImages(context: IExecuteFunctions, files: InputFile[], reading: Reading) {
	const images: InputImage[] = [];
	for (const file of files) {
		const image = await readImage(context, file, reading);
		if (image) images.push(image);
		else if (!file.isOptional) throw notAnImage(file);
	}
	return images;
}

function allFiles(fields: Files): InputFile[] {
	return Object.entries(fields).map(([name, binary]) => ({
		source: `'${excerpt(name)}'`,
		binary,
		isOptional: true,
	}));
}

function findFiles(
	context: IExecuteFunctions,
	fields: Files,
	itemIndex: number,
	parameter: unknown,
): InputFile[] {
	const entries = namesAndFiles(parameter);
	if (entries.length === 1 && entries[0] === ALL_FIELDS) return allFiles(fields);
	return entries.map((entry) => {
		if (isBinary(entry)) return { source: `'${excerpt(entry.fileName ?? 'file')}'`, binary: entry };
		if (typeof entry !== 'string' || entry === '') throw notAFile(entry, fields);
		const isField = Object.hasOwn(fields, entry);
		const binary = isField ? fields[entry] : lookUp(context, itemIndex, entry);
		if (binary) return { source: `'${excerpt(entry)}'`, binary };
		throw invalidInput(
			FIELD,
			`The item has no file field '${excerpt(entry)}'`,
			describeFields(fields),
		);
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
function fieldsOf(context: IExecuteFunctions, itemIndex: number): Files {
	const item = context.getInputData()[itemIndex] as INodeExecutionData;
	// Elsewhere this is data like any other, which may come from anybody.
	const isCombined = context.getWorkflowSettings?.().binaryMode === 'combined';
	const files = { ...(isCombined && asObject(item.json._files)), ...item.binary };
	return Object.fromEntries(
		Object.entries(files).filter((entry): entry is [string, IBinaryData] => isBinary(entry[1])),
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

function isBinary(value: unknown): value is IBinaryData {
	const object: JsonObject | undefined = asObject(value);
	return typeof object?.mimeType === 'string' && typeof (object.id ?? object.data) === 'string';
}

/** Undefined if the file is not an image. */
async function readImage(
	context: IExecuteFunctions,
	{ source, binary, isOptional }: InputFile,
	reading: Reading,
): Promise<InputImage | undefined> {
	const content = await contentOf(context, source, binary);
	const file = { field: FIELD, source, binary, ...content };
	if (file.bytes > 0) return await openImage(file, reading);
	if (isOptional && !binary.mimeType.startsWith('image/')) return undefined;
	throw invalidInput(FIELD, `The file of ${source} is empty`, 'Send a whole image.');
}

async function contentOf({ helpers }: IExecuteFunctions, source: string, binary: IBinaryData) {
	const { id, data } = binary;
	// Without an id, n8n keeps its files in memory, as base64.
	if (!id) return inlineFile(data);
	const fail = () => Promise.reject(unreadable(source));
	const { fileSize } = await helpers.getBinaryMetadata(id).catch(fail);

	async function* read() {
		try {
			yield* await helpers.getBinaryStream(id as string, PIECE_BYTES);
		} catch {
			throw unreadable(source);
		}
	}

	return { bytes: fileSize, open: async () => read() };
}

function notAnImage({ source, binary }: InputFile): ApiError {
	return invalidInput(
		FIELD,
		`The file of ${source} (${binary.mimeType}) is not an image`,
		'The models take PNG, JPEG and WebP.',
	);
}

/** What storage says names folders of the server, and is left out. */
function unreadable(source: string): ApiError {
	return invalidInput(
		FIELD,
		`The file of ${source} cannot be read from n8n's storage`,
		'n8n may have deleted it, or its storage is not available. Run the workflow from its start.',
	);
}

function notAFile(value: unknown, fields: Files): ApiError {
	const isStripped = asObject(value)?.mimeType !== undefined;
	const what = isStripped ? 'a file without its content' : describe(value);
	const hint = isStripped
		? "As $binary leaves it out, give the field's name, or {{ $input.item.binary.data }}. "
		: '';
	return invalidInput(FIELD, `'${FIELD}' got ${what}`, hint + describeFields(fields));
}

function describe(value: unknown): string {
	if (value === '' || value === undefined || value === null) return 'no value';
	return kindOf(value);
}

function describeFields(fields: Files): string {
	const names = Object.keys(fields);
	if (names.length === 0)
		return 'The item has no files. Make sure that the node before outputs one.';
	const list = names.slice(0, MAX_NAMES).map(excerpt).join(', ');
	return `The item's file fields are: ${list}. '${FIELD}' takes one of these, several with commas, * for all images, or a file from an expression.`;
}
