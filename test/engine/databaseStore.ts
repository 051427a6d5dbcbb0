import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { BinaryDataService } from 'n8n-core';

type Manager = Parameters<BinaryDataService['setManager']>[1];
type Metadata = Awaited<ReturnType<Manager['getMetadata']>>;

/** Keeps files as n8n's database mode does, whole and in one chunk, with a map for a database. */
export class DatabaseStore implements Manager {
	private readonly files = new Map<string, { bytes: Buffer; metadata: Metadata }>();

	async init() {}

	async store(
		_location: unknown,
		content: Buffer | Readable,
		metadata: Parameters<Manager['store']>[2],
	) {
		const bytes = Buffer.isBuffer(content) ? content : await buffer(content);
		const fileId = `execution/${randomUUID()}`;
		this.files.set(fileId, { bytes, metadata: { ...metadata, fileSize: bytes.length } });
		return { fileId, fileSize: bytes.length };
	}

	private find(fileId: string) {
		const file = this.files.get(fileId);
		if (!file) throw new Error(`There is no file ${fileId}`);
		return file;
	}

	getPath = (fileId: string) => `database://${fileId}`;
	getAsBuffer = async (fileId: string) => this.find(fileId).bytes;
	getAsStream = async (fileId: string) => Readable.from([this.find(fileId).bytes]);
	getMetadata = async (fileId: string) => this.find(fileId).metadata;

	private async notNeeded(): Promise<never> {
		throw new Error('The tests do not copy or move files');
	}

	copyByFileId = this.notNeeded;
	copyByFilePath = this.notNeeded;
	rename = this.notNeeded;
}
