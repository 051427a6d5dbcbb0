/** Small enough for V8 to put it into its new space. */
const STRING_BYTES = 64 * 1024;
const SOURCE = Buffer.alloc(STRING_BYTES);

/** The first V8 with this function, that of Node.js 24, has a new space of 64 MiB instead of 16. */
const IS_LARGE = 'escape' in RegExp;

/**
 * By measurement inside n8n: up to five bytes of buffers go with each byte that is streamed, V8
 * begins a full collection after 18 MiB of them at the earliest, and by then 64 MiB of strings must
 * have been there.
 */
const HEAP_BYTES_PER_BYTE = IS_LARGE ? 16 : 0;

/**
 * Makes strings that nobody keeps, for so many bytes of a stream.
 *
 * V8 frees short-lived buffers in one of two ways: together with all other young objects, as soon
 * as its new space is full of them, which takes 1 ms; or, when too many buffers lie around, by a
 * collection of the whole heap, which takes 100 ms and more inside n8n. Buffers stand outside the
 * heap and never fill the new space, so that a stream of nothing else always ends in the second
 * way. Strings fill it in time, and cost some 50 ms for each GiB.
 */
export function fillNewSpace(bytes: number): void {
	for (let left = HEAP_BYTES_PER_BYTE * bytes; left > 0; left -= STRING_BYTES) {
		SOURCE.toString('latin1', 0, Math.min(left, STRING_BYTES));
	}
}
