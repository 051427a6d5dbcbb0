import type { IBinaryData, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { invalidInput, type ApiError } from '../api/apiError';
import { asObject, kindOf, type JsonObject } from '../api/json';
import { imageTypeOf, pixelSizeOf, SIGNATURE_BYTES } from './imageType';
import { InputImage } from './inputImage';
import { peek } from './peek';
import { isWhole } from './wholeness';

const FIELD = 'Input Data Field Name';
const URLS = 'Image URLs';
const ALL_FIELDS = '*';
const HEAD_BYTES = 64 * 1024;
/** A multiple of four: a group of base64 stays whole. */
const PIECE_CHARS = 64 * 1024;

type Chunks = AsyncIterable<Uint8Array>;

interface InputFile {
	/** Where the file comes from, in words of the form. */
	source: string;
	binary: IBinaryData;
}

/** The images of the item's binary fields that `parameter` names, in its order. */
export async function imagesFromFields(
	context: IExecuteFunctions,
	itemIndex: number,
	parameter: unknown,
): Promise<InputImage[]> {
	const item = context.getInputData()[itemIndex] as INodeExecutionData;
	const images: InputImage[] = [];
	for (const file of findFiles(context, item, itemIndex, parameter)) {
		const image = await readImage(context, file);
		if (image) images.push(image);
		else if (parameter !== ALL_FIELDS) throw notAnImage(file);
	}
	if (images.length === 0) {
		throw invalidInput(FIELD, 'The item has no image field', describeFields(item));
	}
	return images;
}

/** The images that `parameter` lists: http(s) URLs as they are, data URLs read and checked. */
export async function imagesFromUrls(parameter: unknown): Promise<Array<InputImage | string>> {
	const list = Array.isArray(parameter) ? parameter : String(parameter ?? '').split('\n');
	const urls = list.map((url) => String(url).trim()).filter((url) => url !== '');
	if (urls.length === 0) {
		throw invalidInput(URLS, `'${URLS}' is empty`, 'Add at least one http(s) or data URL.');
	}
	return await Promise.all(
		urls.map(async (url) => (/^data:/i.test(url) ? await imageFromDataUrl(url) : checkUrl(url))),
	);
}

function findFiles(
	context: IExecuteFunctions,
	item: INodeExecutionData,
	itemIndex: number,
	parameter: unknown,
): InputFile[] {
	const fields = fieldsOf(item);
	if (parameter === ALL_FIELDS) {
		return Object.entries(fields).map(([name, binary]) => ({ source: `'${name}'`, binary }));
	}
	const entries = Array.isArray(parameter) ? parameter : [parameter];
	return entries
		.flatMap((entry: unknown) =>
			typeof entry === 'string' ? entry.split(',').map((name) => name.trim()) : [entry],
		)
		.map((entry) => {
			if (isBinary(entry)) return { source: `'${entry.fileName ?? 'file'}'`, binary: entry };
			const name = typeof entry === 'string' && entry !== '' ? entry : undefined;
			const binary = name ? (fields[name] ?? lookUp(context, itemIndex, name)) : undefined;
			if (binary) return { source: `'${name}'`, binary };
			const what =
				name === undefined
					? `'${FIELD}' got ${describe(entry)}`
					: `The item has no file field '${name}'`;
			throw invalidInput(FIELD, what, describeFields(item));
		});
}

/** The item's files: in `binary`, or where the workflow's combined binary mode moves them. */
function fieldsOf(item: INodeExecutionData): Record<string, IBinaryData> {
	const files = { ...asObject(item.json._files), ...item.binary };
	return Object.fromEntries(
		Object.entries(files).filter((entry): entry is [string, IBinaryData] => isBinary(entry[1])),
	);
}

/** A name that n8n knows to resolve: in combined binary mode, any path to a file in the JSON. */
function lookUp(context: IExecuteFunctions, itemIndex: number, name: string) {
	try {
		return context.helpers.assertBinaryData(itemIndex, name);
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
	{ source, binary }: InputFile,
): Promise<InputImage | undefined> {
	const { id, data } = binary;
	// Without an id, n8n keeps its files in memory, as base64.
	const bytes = id
		? (await context.helpers.getBinaryMetadata(id)).fileSize
		: Buffer.byteLength(data, 'base64');
	if (bytes === 0) {
		throw invalidInput(FIELD, `The file of ${source} is empty`, 'Send a whole image.');
	}
	const open = async (): Promise<Chunks> =>
		id ? await context.helpers.getBinaryStream(id) : decode(data);
	const { head, all, close } = await peek(await open(), HEAD_BYTES);
	try {
		const type = imageTypeOf(head);
		if (!type) return undefined;
		if (pixelSizeOf(head).width === null && head.length === bytes) {
			throw damaged(FIELD, source, 'its pixel size cannot be read');
		}
		if (!(await isWhole(type.mimeType, all))) throw damaged(FIELD, source, 'it ends too early');
		return new InputImage(source, type, bytes, open);
	} finally {
		await close();
	}
}

/** The bytes of base64, without ever holding all of them. */
async function* decode(base64: string): AsyncGenerator<Uint8Array> {
	for (let at = 0; at < base64.length; at += PIECE_CHARS) {
		yield Buffer.from(base64.slice(at, at + PIECE_CHARS), 'base64');
	}
}

async function imageFromDataUrl(url: string): Promise<InputImage> {
	const base64 = (/^data:[^,]*;base64,(.*)$/is.exec(url)?.[1] ?? '').replace(/\s/g, '');
	const type = imageTypeOf(Buffer.from(base64.slice(0, 2 * SIGNATURE_BYTES), 'base64'));
	if (!type) {
		throw invalidInput(
			URLS,
			`'${URLS}' has a data URL that holds no image`,
			'It takes data:image/png;base64,… and the like.',
		);
	}
	if (!(await isWhole(type.mimeType, decode(base64)))) {
		throw damaged(URLS, `'${URLS}'`, 'it ends too early');
	}
	const bytes = Buffer.byteLength(base64, 'base64');
	return new InputImage(`'${URLS}'`, type, bytes, async () => decode(base64));
}

function checkUrl(url: string): string {
	try {
		if (/^https?:$/.test(new URL(url).protocol)) return url;
	} catch {}
	throw invalidInput(
		URLS,
		`'${URLS}' has '${url.slice(0, 200)}', which is not an http(s) or data URL`,
		'Give a full URL that the service can reach, such as https://example.com/photo.jpg.',
	);
}

function notAnImage({ source, binary }: InputFile): ApiError {
	return invalidInput(
		FIELD,
		`The file of ${source} (${binary.mimeType}) is not an image`,
		'The models take PNG, JPEG and WebP.',
	);
}

function damaged(field: string, source: string, reason: string): ApiError {
	return invalidInput(
		field,
		`The image of ${source} is damaged: ${reason}`,
		'Send the whole file, as it was made. The Edit Image node can write it anew.',
	);
}

function describeFields(item: INodeExecutionData): string {
	const names = Object.keys(fieldsOf(item));
	if (names.length === 0)
		return 'The item has no files. Make sure that the node before outputs one.';
	return `The item's file fields are: ${names.join(', ')}. '${FIELD}' takes one of these, several with commas, * for all images, or a file from an expression.`;
}

function describe(value: unknown): string {
	if (value === '' || value === undefined || value === null) return 'no value';
	return kindOf(value);
}
