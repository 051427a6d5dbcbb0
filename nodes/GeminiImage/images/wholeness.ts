type Chunks = AsyncIterable<Uint8Array>;

/** Reads a file forward, holding one chunk of it at a time. */
function createCursor(chunks: Chunks) {
	const iterator = chunks[Symbol.asyncIterator]();
	let rest: Buffer = Buffer.alloc(0);

	/** False at the end of the file. */
	async function fill(): Promise<boolean> {
		while (rest.length === 0) {
			const { value, done } = await iterator.next();
			if (done) return false;
			rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
		}
		return true;
	}

	/** Undefined where the file ends before. */
	async function take(count: number): Promise<Buffer | undefined> {
		const bytes: number[] = [];
		for (; bytes.length < count; rest = rest.subarray(1)) {
			if (!(await fill())) return undefined;
			bytes.push(rest[0] as number);
		}
		return Buffer.from(bytes);
	}

	/** False where the file ends before. */
	async function skip(count: number): Promise<boolean> {
		for (let left = count; left > 0; ) {
			if (!(await fill())) return false;
			const step = Math.min(left, rest.length);
			rest = rest.subarray(step);
			left -= step;
		}
		return true;
	}

	/** Goes behind the next such byte; false where there is none. */
	async function find(byte: number): Promise<boolean> {
		while (await fill()) {
			const at = rest.indexOf(byte);
			rest = rest.subarray(at === -1 ? rest.length : at + 1);
			if (at !== -1) return true;
		}
		return false;
	}

	return { take, skip, find };
}

type Cursor = ReturnType<typeof createCursor>;

/** By MIME type: whether the file goes on to the end that its format marks. */
const CHECKS: Record<string, (file: Cursor) => Promise<boolean>> = {
	'image/png': isWholePng,
	'image/jpeg': isWholeJpeg,
	'image/webp': isWholeWebp,
};

/**
 * Whether a file of that type is there up to its end. Bytes behind the end do no harm; a type whose
 * end is not marked passes.
 */
export async function isWhole(mimeType: string, chunks: Chunks): Promise<boolean> {
	return (await CHECKS[mimeType]?.(createCursor(chunks))) ?? true;
}

/**
 * A signature, then chunks: length, type, data, checksum (PNG specification, 5.3). What is not in
 * chunks is not cut off but made otherwise, and left to the service.
 */
async function isWholePng({ take, skip }: Cursor): Promise<boolean> {
	await skip(8);
	for (let head = await take(8); head; head = await take(8)) {
		const type = head.toString('latin1', 4);
		if (type === 'IEND' || !/^[A-Za-z]{4}$/.test(type)) return true;
		if (!(await skip(head.readUInt32BE() + 4))) return false;
	}
	return false;
}

/** Segments: marker, length, data; after some, coded data in which a marker is no 0 (ITU T.81, B). */
async function isWholeJpeg({ take, skip, find }: Cursor): Promise<boolean> {
	while (await find(0xff)) {
		let marker = await take(1);
		// Markers may be filled up with any number of these bytes.
		while (marker?.[0] === 0xff) marker = await take(1);
		const code = marker?.[0] ?? 0;
		if (code === 0xd9) return true;
		const isAlone = code <= 1 || (code >= 0xd0 && code <= 0xd8);
		if (isAlone) continue;
		const length = await take(2);
		if (!length || !(await skip(length.readUInt16BE() - 2))) return false;
	}
	return false;
}

/** The length of all that follows stands at the start; some writers leave out the last, empty byte. */
async function isWholeWebp({ take, skip }: Cursor): Promise<boolean> {
	const head = await take(8);
	return head !== undefined && (await skip(head.readUInt32LE(4) - 1));
}
