import type { Readable } from 'node:stream';
import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import sharp from 'sharp';

import type { ImageType } from '../../nodes/GeminiImage/bytes/imageType';
import type { Operation } from '../../nodes/GeminiImage/operations/turn';
import type { StoreBinary } from '../../nodes/GeminiImage/reply/imageStore';
import type { ReceiveSettings } from '../../nodes/GeminiImage/reply/receive';
import { split as splitReply } from '../../nodes/GeminiImage/reply/splitter';
import { InputImage } from '../../nodes/GeminiImage/request/inputImage';
import type { Options } from '../../nodes/GeminiImage/request/options';
import type { OwnLinks } from '../../nodes/GeminiImage/transport/signedLinks';

/** A whole PNG: plain orange, or grey noise, which takes a byte per pixel. */
export async function png(width: number, height: number, noise = false): Promise<Buffer> {
	if (!noise) {
		const background = { r: 240, g: 130, b: 20 };
		return await sharp({ create: { width, height, channels: 3, background } })
			.png()
			.toBuffer();
	}
	const pixels = random(7).bytes(width * height);
	const image = sharp(pixels, { raw: { width, height, channels: 1 } });
	return await image.toColourspace('b-w').png().toBuffer();
}

/** A small seeded generator, so that a failure can be repeated. */
export function random(seed: number) {
	let state = seed;
	const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
	return {
		/** From 1 to `max`. */
		upTo: (max: number) => 1 + Math.floor(next() * max),
		bytes: (length: number) => Buffer.from(Uint8Array.from({ length }, () => next() * 256)),
	};
}

/** Pieces of `size` bytes, or of whatever `size` returns for each. */
export function cut(bytes: Uint8Array, size: number | (() => number)): Uint8Array[] {
	const pieces: Uint8Array[] = [];
	for (let at = 0; at < bytes.length; at += pieces[pieces.length - 1]!.length) {
		pieces.push(bytes.subarray(at, at + (typeof size === 'number' ? size : size())));
	}
	return pieces;
}

/** The two pieces that each point inside `bytes` makes. */
export function* halves(bytes: Uint8Array): Generator<Uint8Array[]> {
	for (let at = 0; at <= bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
}

export async function* arriving(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
	for (const piece of pieces) yield piece;
}

/** `template` with each `{{IMAGE}}` replaced by the next of `values`. */
export function fill(template: string, values: string[]): string {
	let next = 0;
	return template.replace(/\{\{IMAGE\}\}/g, () => values[next++]!);
}

/** An event stream of JSON values, and of text as it is. */
export function sse(...values: unknown[]): string {
	const texts = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
	return texts.map((text) => `data: ${text}\n\n`).join('');
}

/** One chunk of a streamed chat completion. */
export function chunk(delta: object, finishReason: string | null = null): object {
	return { choices: [{ index: 0, delta, finish_reason: finishReason }] };
}

/** An image of a reply. */
export function part(bytes: Buffer): object {
	return { image_url: { url: `data:image/png;base64,${bytes.toString('base64')}` } };
}

export interface Split {
	text: string;
	/** Those that the splitter gave up to their end. */
	images: Array<{ type: ImageType; bytes: Buffer }>;
	error: unknown;
}

export const placeholderOf = (index: number) => `<image ${index}>`;

/** What the splitter makes of a reply that arrives in `pieces`. */
export async function split(pieces: Iterable<Uint8Array>): Promise<Split> {
	const texts: Buffer[] = [];
	const images: Split['images'] = [];
	let error: unknown;
	try {
		for await (const part of splitReply(arriving(pieces), placeholderOf)) {
			if ('text' in part) texts.push(part.text);
			else images.push({ type: part.type, bytes: await joined(part.chunks) });
		}
	} catch (failure) {
		error = failure;
	}
	return { text: Buffer.concat(texts).toString(), images, error };
}

/** All bytes of a stream. */
export async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
	const all: Uint8Array[] = [];
	for await (const chunk of chunks) all.push(chunk);
	return Buffer.concat(all);
}

interface StoredFile {
	fileName: string;
	mimeType: string;
	bytes: Buffer;
	state: 'open' | 'kept' | 'dropped';
}

interface StorageOptions {
	/** Runs before each chunk is taken. */
	onChunk?: (file: StoredFile) => Promise<void> | void;
	/** For files too large to keep in a test. */
	forget?: boolean;
}

/** A stand-in for n8n's storage: keeps a file whose stream ends, drops one whose stream fails. */
export function createStorage({ onChunk, forget }: StorageOptions = {}) {
	const files: StoredFile[] = [];
	const store: StoreBinary = async (content: Readable, fileName, mimeType) => {
		const file: StoredFile = { fileName, mimeType, bytes: Buffer.alloc(0), state: 'open' };
		files.push(file);
		const chunks: Buffer[] = [];
		try {
			for await (const chunk of content) {
				await onChunk?.(file);
				if (!forget) chunks.push(chunk as Buffer);
				file.bytes = Buffer.concat(chunks);
			}
		} catch (error) {
			file.state = 'dropped';
			throw error;
		}
		file.state = 'kept';
		return {
			data: 'filesystem-v2',
			mimeType,
			fileName,
			id: `${files.indexOf(file)}`,
		} as IBinaryData;
	};
	return { store, files };
}

/** An input image of any bytes, whose file comes in `pieces`. */
export function inputImage(
	pieces: Uint8Array[],
	{ bytes = Buffer.concat(pieces).length, mimeType = 'image/png' } = {},
): InputImage {
	const open = async () => arriving(pieces);
	return new InputImage(
		{ field: 'Input Data Field Name', name: "'data'", bytes, open },
		{ mimeType, extension: mimeType.replace('image/', '') },
		{ head: Buffer.alloc(0), all: arriving(pieces), close: () => {} },
	);
}

/** What a reply is received with, in a chat: a storage of its own, and no network. */
export function receiveSettings(changes: Partial<ReceiveSettings> = {}): ReceiveSettings {
	return {
		output: 'answer',
		imagesPerReply: 'all',
		timeoutMs: 300_000,
		storeBinary: createStorage().store,
		nameOf: (index) => `image-${index}`,
		signal: new AbortController().signal,
		download: async () => await Promise.reject(new Error('No network')),
		hint: () => {},
		...changes,
	};
}

/** The links of an n8n that has no address, so that no URL is one of its own. */
export const NO_OWN_LINKS: OwnLinks = {
	find: () => [],
	read: () => undefined,
	open: async () => 'gone',
};

/**
 * A node with one item whose fields hold `values`, hidden ones too: n8n drops these before a node
 * runs, but not every n8n needs to.
 */
export function contextOf(values: Record<string, unknown>): IExecuteFunctions {
	const node = { name: 'Gemini Image', type: 'n8n-nodes-nexconn.geminiImage' };
	const context = {
		getNode: () => node,
		getParentNodes: () => [],
		getInputData: () => [{ json: {} }],
		getNodeParameter: (name: string, _itemIndex: number, fallback: unknown) =>
			values[name] ?? fallback,
	};
	return context as unknown as IExecuteFunctions;
}

/** An operation that does not exist: it takes images, and gives words alone. */
export const DESCRIBE: Operation = {
	name: 'Describe',
	value: 'describe',
	action: 'Describe images',
	description: 'Say what is in an image',
	promptDescription: 'What to say of the images',
	placeholder: 'What is in this image?',
	promptDefault: '',
	imageSources: ['binary', 'binaryAndUrl', 'url'],
	output: 'words',
	toItems: (_turn, { text }) => [{ json: { text } }],
};

/** The Options of a form that the user left alone. */
export const DEFAULT_OPTIONS: Options = {
	endpoint: 'chatCompletions',
	stream: true,
	history: [],
	safetySettings: [],
	binaryPropertyOutput: 'data',
	imageLink: false,
	labelImages: false,
	imageLinkHours: 24,
	simplify: false,
	imagesPerReply: 'all',
	maxConcurrency: 8,
	maxRetries: 2,
	timeoutMs: 300_000,
};

/** What a promise rejects with; fails where it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
	try {
		await promise;
	} catch (error) {
		return error as Error;
	}
	throw new Error('It did not fail');
}

/** What `run` throws; fails where it does not. */
export function thrownBy(run: () => unknown): Error {
	try {
		run();
	} catch (error) {
		return error as Error;
	}
	throw new Error('It did not throw');
}

/** Lets everything that can go on without a timer go on. */
export async function settle(turns = 50): Promise<void> {
	for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
