/** Waits for the next chunk of a file; undefined is its end. */
type Reading<T> = Generator<void, T, Buffer | undefined>;

/** Reads a file forward, holding one chunk of it at a time. */
function createCursor() {
	let rest: Buffer = Buffer.alloc(0);

	/** False at the end of the file. */
	function* fill(): Reading<boolean> {
		while (rest.length === 0) {
			const chunk = yield;
			if (!chunk) return false;
			rest = chunk;
		}
		return true;
	}

	/** Undefined where the file ends before. */
	function* take(count: number): Reading<Buffer | undefined> {
		const bytes: number[] = [];
		for (; bytes.length < count; rest = rest.subarray(1)) {
			if (!(yield* fill())) return undefined;
			bytes.push(rest[0] as number);
		}
		return Buffer.from(bytes);
	}

	/** False where the file ends before. */
	function* skip(count: number): Reading<boolean> {
		for (let left = count; left > 0; ) {
			if (!(yield* fill())) return false;
			const step = Math.min(left, rest.length);
			rest = rest.subarray(step);
			left -= step;
		}
		return true;
	}

	/** Goes behind the next such byte; false where there is none. */
	function* find(byte: number): Reading<boolean> {
		while (yield* fill()) {
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
const CHECKS: Record<string, (file: Cursor) => Reading<boolean>> = {
	'image/png': isWholePng,
	'image/jpeg': isWholeJpeg,
	'image/webp': isWholeWebp,
};

/** Whether a file of that type tells where it is cut. */
export function marksEnd(mimeType: string): boolean {
	return Object.hasOwn(CHECKS, mimeType);
}

/**
 * Looks at a file of that type while it passes by: is it there up to its end? Bytes behind the end
 * do no harm; a type whose end is not marked passes.
 */
export function createWholenessCheck(mimeType: string) {
	const reading = CHECKS[mimeType]?.(createCursor());
	let state = reading?.next();

	return {
		push(chunk: Uint8Array): void {
			const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
			if (!state?.done) state = reading?.next(bytes);
		},
		/** To be asked at the end of the file. */
		isWhole(): boolean {
			while (state && !state.done) state = reading?.next();
			return state?.value ?? true;
		},
	};
}

/** Whether a file of that type is there up to its end. */
export async function isWhole(
	mimeType: string,
	chunks: AsyncIterable<Uint8Array>,
): Promise<boolean> {
	const check = createWholenessCheck(mimeType);
	for await (const chunk of chunks) check.push(chunk);
	return check.isWhole();
}

/**
 * A signature, then chunks: length, type, data, checksum (PNG specification, 5.3). What is not in
 * chunks is not cut off but made otherwise, and left to the service.
 */
function* isWholePng({ take, skip }: Cursor): Reading<boolean> {
	yield* skip(8);
	for (let head = yield* take(8); head; head = yield* take(8)) {
		const type = head.toString('latin1', 4);
		if (!/^[A-Za-z]{4}$/.test(type)) return true;
		if (!(yield* skip(head.readUInt32BE() + 4))) return false;
		if (type === 'IEND') return true;
	}
	return false;
}

/** Segments: marker, length, data; after some, coded data in which a marker is no 0 (ITU T.81, B). */
function* isWholeJpeg({ take, skip, find }: Cursor): Reading<boolean> {
	while (yield* find(0xff)) {
		let marker = yield* take(1);
		// Markers may be filled up with any number of these bytes.
		while (marker?.[0] === 0xff) marker = yield* take(1);
		const code = marker?.[0] ?? 0;
		if (code === 0xd9) return true;
		const isAlone = code <= 1 || (code >= 0xd0 && code <= 0xd8);
		if (isAlone) continue;
		const length = yield* take(2);
		if (!length || !(yield* skip(length.readUInt16BE() - 2))) return false;
	}
	return false;
}

/** The length of all that follows stands at the start; some writers leave out the last, empty byte. */
function* isWholeWebp({ take, skip }: Cursor): Reading<boolean> {
	const head = yield* take(8);
	return head !== undefined && (yield* skip(head.readUInt32LE(4) - 1));
}
