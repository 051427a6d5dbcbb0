/** The first bytes of a stream, at least `length` where there are as many, and the whole of it. */
export async function peek(
	chunks: AsyncIterable<Uint8Array>,
	length: number,
): Promise<{ head: Buffer; all: AsyncGenerator<Uint8Array> }> {
	const iterator = chunks[Symbol.asyncIterator]();
	const read: Uint8Array[] = [];
	let bytes = 0;
	while (bytes < length) {
		const { value, done } = await iterator.next();
		if (done) break;
		read.push(value);
		bytes += value.length;
	}

	async function* all() {
		try {
			yield* read;
			for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
				yield next.value;
			}
		} finally {
			await iterator.return?.();
		}
	}

	return { head: Buffer.concat(read), all: all() };
}
