import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import type { IBinaryData, IDataObject, INodeExecutionData } from 'n8n-workflow';
import sharp from 'sharp';

import { root } from './settings';

/** An image as it lies on the disk. */
export interface SavedImage {
	file: string;
	mimeType: string;
	width: number;
	height: number;
	bytes: number;
}

type ReadBinary = (file: IBinaryData) => Promise<Buffer>;

/**
 * An empty folder for one run, as what earlier runs made may have been paid for: the one that was
 * chosen, or a new one in `demo-output`, called like the time. Throws if the chosen one is in use.
 */
export function openOutputFolder(chosen: string | undefined): string {
	const folder = chosen ? resolve(chosen) : nameByTime(join(root, 'demo-output'));
	mkdirSync(folder, { recursive: true });
	if (isEmpty(folder)) return folder;
	throw new Error(
		`${folder} is not empty, and the demo overwrites nothing: name another folder in DEMO_OUTPUT, or none.`,
	);
}

/** A run that failed at once leaves no folder behind. */
export function closeOutputFolder(folder: string): void {
	if (isEmpty(folder)) rmdirSync(folder);
}

/** `2026-11-21-18-30-05`, in local time; with a number if two runs start within a second. */
function nameByTime(parent: string): string {
	const name = join(parent, new Date().toLocaleString('sv').replace(/\D+/g, '-'));
	let index = 0;
	while (existsSync(numbered(name, index))) index += 1;
	return numbered(name, index);
}

const isEmpty = (folder: string): boolean => readdirSync(folder).length === 0;

/** Writes all that an item holds to files whose names start with `name`. */
export async function saveItem(
	folder: string,
	name: string,
	{ json, binary }: INodeExecutionData,
	read: ReadBinary,
): Promise<SavedImage[]> {
	writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(json, null, '\t')}\n`);
	if (json.text) writeFileSync(join(folder, `${name}.txt`), `${String(json.text)}\n`);
	const saved: SavedImage[] = [];
	for (const [index, claim] of claimsOf(json).entries()) {
		const image = binary?.[String(claim.field ?? 'data')];
		if (!image) throw new Error(`The item of ${name} has no file for its image ${index + 1}.`);
		const file = numbered(name, index) + extname(image.fileName ?? '');
		writeFileSync(join(folder, file), await read(image));
		const facts = await inspect(folder, file);
		compare(facts, claim);
		// The label of the file itself is what later nodes go by.
		compare(facts, { ...claim, mimeType: image.mimeType });
		saved.push(facts);
	}
	return saved;
}

/** `name`, `name-2`, `name-3` … */
export function numbered(name: string, index: number): string {
	return index === 0 ? name : `${name}-${index + 1}`;
}

/** What the node says of its images: `image` of generated ones, `images` of a chat. */
function claimsOf(json: IDataObject): IDataObject[] {
	return json.image ? [json.image as IDataObject] : ((json.images ?? []) as IDataObject[]);
}

async function inspect(folder: string, file: string): Promise<SavedImage> {
	const path = join(folder, file);
	const image = sharp(path);
	const { format, width, height } = await image.metadata();
	// Decodes every pixel: a file that breaks off has a good header.
	await image.stats();
	return { file, mimeType: `image/${format}`, width, height, bytes: statSync(path).size };
}

function compare({ file, ...facts }: SavedImage, claim: IDataObject): void {
	for (const [fact, value] of Object.entries(facts)) {
		if (claim[fact] === value) continue;
		throw new Error(
			`The ${fact} of ${file} is ${value}, but the node says ${String(claim[fact])}.`,
		);
	}
}
