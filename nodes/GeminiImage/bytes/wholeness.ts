/** Facts of a file stand in its first bytes, those of a JPEG behind metadata that may take as many. */
const HEAD_BYTES = 256 * 1024;

/** What ends a file of that type. WebP has no such mark but tells its length at the start. */
const END_MARKS: Record<string, string> = {
	// A chunk without data; its name alone may stand in metadata.
	'image/png': '\0\0\0\0IEND',
	'image/jpeg': '\xff\xd9',
};

/** What stands behind that mark, in bytes. */
const CHECKSUM_BYTES: Record<string, number> = { 'image/png': 4 };

/**
 * Looks at a file of that type while it passes by: is it there up to its end? A whole file always
 * passes, and so do bytes behind the end, and a type whose end is not marked. That a cut file may
 * pass as well, if its metadata hold the mark of an end, is the price.
 */
export function createWholenessCheck(mimeType: string) {
	const mark = END_MARKS[mimeType];
	const chunks: Buffer[] = [];
	/** The last bytes so far, in case the mark is cut; a text, as V8 may keep an array of chunks. */
	let before = '';
	let bytes = 0;
	let lastMark = -1;
	const head = () => Buffer.concat(chunks);

	function findMark(chunk: Buffer, mark: string): void {
		const joint = before + chunk.toString('latin1', 0, mark.length - 1);
		const inJoint = joint.lastIndexOf(mark);
		const inChunk = lastIndexOf(chunk, mark);
		if (inJoint !== -1) lastMark = bytes - before.length + inJoint;
		if (inChunk !== -1) lastMark = bytes + inChunk;
		const end = chunk.subarray(1 - mark.length).toString('latin1');
		before = (before + end).slice(1 - mark.length);
	}

	return {
		push(chunk: Uint8Array): void {
			const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
			if (bytes < HEAD_BYTES) chunks.push(fresh.subarray(0, HEAD_BYTES - bytes));
			if (mark) findMark(fresh, mark);
			bytes += chunk.length;
		},

		/** To be asked at the end of the file. */
		isWhole(): boolean {
			const start = STARTS[mimeType]?.(head()) ?? 0;
			if (!mark) return bytes >= start;
			return lastMark >= start && bytes >= lastMark + mark.length + (CHECKSUM_BYTES[mimeType] ?? 0);
		},

		/** The first bytes of the file, as far as they have passed by. */
		head,
	};
}

/** Node searches for eight bytes ten times as slowly as for fewer, so the last of them lead to all. */
function lastIndexOf(chunk: Buffer, mark: string): number {
	const end = mark.slice(-4);
	const before = mark.length - end.length;
	let at = chunk.lastIndexOf(end, undefined, 'latin1');
	while (at >= before) {
		if (chunk.toString('latin1', at - before, at + end.length) === mark) return at - before;
		at = chunk.lastIndexOf(end, at - 1, 'latin1');
	}
	return -1;
}

/** Where the end of a file may stand at the earliest, as far as its head tells. */
const STARTS: Record<string, (head: Buffer) => number> = {
	'image/png': endOfChunks,
	'image/jpeg': startOfScan,
	'image/webp': lengthOfWebp,
};

/** Some writers leave out the last, empty byte of the length that they tell. */
function lengthOfWebp(head: Buffer): number {
	return head.length < 8 ? Infinity : 8 + head.readUInt32LE(4) - 1;
}

/**
 * Chunks of length, type, data and checksum follow a signature (PNG specification, 5.3). What is not
 * in chunks is not cut off but made otherwise, and left to the service.
 */
function endOfChunks(head: Buffer): number {
	let at = 8;
	while (at + 8 <= head.length) {
		const type = head.toString('latin1', at + 4, at + 8);
		if (!/^[a-z]{4}$/i.test(type)) return -1;
		if (type === 'IEND') return at;
		at += 12 + head.readUInt32BE(at);
	}
	return 8;
}

/**
 * Where the coded data of a JPEG begin: behind segments of marker, length and data (ITU T.81, B),
 * one of which may hold a small image with an end mark of its own.
 */
function startOfScan(head: Buffer): number {
	let at = 2;
	while (at + 4 <= head.length && head[at] === 0xff && head[at + 1] !== 0xda) {
		// Markers may be filled up with any number of these bytes.
		at += head[at + 1] === 0xff ? 1 : 2 + head.readUInt16BE(at + 2);
	}
	return at;
}
