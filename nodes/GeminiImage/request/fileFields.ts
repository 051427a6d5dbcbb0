import type { IBinaryData, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { invalidInput, type ApiError } from '../errors/apiError';
import { asObject, kindOf, type JsonObject } from '../json';
import { imageTypeOf, pixelSizeOf } from '../images/imageType';
import { inlineFile } from './inlineFile';
import { InputImage } from './inputImage';
import { peek } from '../images/peek';
import { isWhole, marksEnd } from '../images/wholeness';

const FIELD = 'Input Data Field Name';
const ALL_FIELDS = '*';
const HEAD_BYTES = 64 * 1024;

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
): Promise<InputImage[]> {
	const item = context.getInputData()[itemIndex] as INodeExecutionData;
	const fields = fieldsOf(context, item);
	const images: InputImage[] = [];
	for (const file of findFiles(context, fields, itemIndex, parameter)) {
		const image = await readImage(context, file);
		if (image) images.push(image);
		else if (!file.isOptional) throw notAnImage(file);
	}
	if (images.length === 0) {
		throw invalidInput(FIELD, 'The item has no image field', describeFields(fields));
	}
	return images;
}

function findFiles(
	context: IExecuteFunctions,
	fields: Files,
	itemIndex: number,
	parameter: unknown,
): InputFile[] {
	const entries = namesAndFiles(parameter);
	if (entries.length === 1 && entries[0] === ALL_FIELDS) {
		const files = Object.entries(fields);
		return files.map(([name, binary]) => ({ source: `'${name}'`, binary, isOptional: true }));
	}
	return entries.map((entry) => {
		if (isBinary(entry)) return { source: `'${entry.fileName ?? 'file'}'`, binary: entry };
		if (typeof entry !== 'string' || entry === '') throw notAFile(entry, fields);
		const isField = Object.hasOwn(fields, entry);
		const binary = isField ? fields[entry] : lookUp(context, itemIndex, entry);
		if (binary) return { source: `'${entry}'`, binary };
		throw invalidInput(FIELD, `The item has no file field '${entry}'`, describeFields(fields));
	});
}

/** What the parameter lists; at least one entry, which is blank where it lists nothing. */
function namesAndFiles(parameter: unknown): unknown[] {
	const entries = [parameter].flat(Infinity).flatMap((entry: unknown) => {
		if (typeof entry !== 'string') return [entry];
		const names = entry.split(',').map((name) => name.trim());
		return names.filter((name) => name !== '');
	});
	return entries.length > 0 ? entries : [''];
}

/** The item's files: in `binary`, or where the workflow's combined binary mode moves them. */
function fieldsOf(context: IExecuteFunctions, item: INodeExecutionData): Files {
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

/** Undefined where the file is not an image. */
async function readImage(
	context: IExecuteFunctions,
	{ source, binary, isOptional }: InputFile,
): Promise<InputImage | undefined> {
	const { bytes, open } = await fileOf(context, binary);
	if (bytes === 0) {
		if (isOptional && !binary.mimeType.startsWith('image/')) return undefined;
		throw invalidInput(FIELD, `The file of ${source} is empty`, 'Send a whole image.');
	}
	const { head, all, close } = await peek(await open(), HEAD_BYTES);
	try {
		const type = imageTypeOf(head);
		if (!type) return undefined;
		const isAllRead = head.length === bytes;
		if (!marksEnd(type.mimeType) && isAllRead && pixelSizeOf(head).width === null) {
			throw damaged(FIELD, source, 'its pixel size cannot be read');
		}
		if (!(await isWhole(type.mimeType, all))) throw damaged(FIELD, source, 'it ends too early');
		return new InputImage(source, type, bytes, open);
	} finally {
		await close();
	}
}

async function fileOf({ helpers }: IExecuteFunctions, { id, data }: IBinaryData) {
	// Without an id, n8n keeps its files in memory, as base64.
	if (!id) return inlineFile(data);
	const { fileSize } = await helpers.getBinaryMetadata(id);
	return { bytes: fileSize, open: async () => await helpers.getBinaryStream(id) };
}

function notAnImage({ source, binary }: InputFile): ApiError {
	return invalidInput(
		FIELD,
		`The file of ${source} (${binary.mimeType}) is not an image`,
		'The models take PNG, JPEG and WebP.',
	);
}

export function damaged(field: string, source: string, reason: string): ApiError {
	return invalidInput(
		field,
		`The image of ${source} is damaged: ${reason}`,
		'Send the whole file, as it was made. The Edit Image node can write it anew.',
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
	return `The item's file fields are: ${names.join(', ')}. '${FIELD}' takes one of these, several with commas, * for all images, or a file from an expression.`;
}
