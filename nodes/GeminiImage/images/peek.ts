interface Peeked {
	/** At least as many bytes as were asked for, if there are as many. */
	head: Buffer;
	/** Whether the head is all there is. */
	isAll: boolean;
	/** The whole stream, from its first byte. */
	all: AsyncGenerator<Uint8Array>;
	/** Ends a stream whose rest is not wanted. */
	close(): Promise<void>;
}

/** Looks at the first `length` bytes of a stream. */
export async function peek(chunks: AsyncIterable<Uint8Array>, length: number): Promise<Peeked> {
	const iterator = chunks[Symbol.asyncIterator]();
	const read: Uint8Array[] = [];
	let bytes = 0;
	let isAll = false;
	while (bytes < length && !isAll) {
		const { value, done } = await iterator.next();
		isAll = done === true;
		if (isAll) break;
		read.push(value);
		bytes += value.length;
	}

	async function* all() {
		try {
			yield* read.splice(0);
			for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
				yield next.value;
			}
		} finally {
			await iterator.return?.();
		}
	}

	// A generator that has not started skips its finally, so to end `all` would not end the stream.
	const close = async () => void (await iterator.return?.());
	return { head: Buffer.concat(read), isAll, all: all(), close };
}
