/**
 * Whether an image file is there up to its end, read in one piece; undefined if the bytes begin
 * like none of the files that the replies here carry. It shares no code with the node.
 */
export function isWholeImage(file: Buffer): boolean | undefined {
	const latin1 = file.toString('latin1');
	if (/^\x89PNG\r\n[^]\n/.test(latin1)) return latin1.includes('\0\0\0\0IEND');
	if (latin1.startsWith('\xff\xd8\xff')) return latin1.includes('\xff\xd9', headerLength(file));
	if (/^RIFF[^]{4}WEBP/.test(latin1)) return file.length >= file.readUInt32LE(4) + 7;
	return undefined;
}

/** The length of all that stands in front of the coded data of a JPEG. */
function headerLength(file: Buffer): number {
	let length = 2;
	for (;;) {
		const [marker, kind, high, low] = file.subarray(length, length + 4);
		if (marker !== 0xff || kind === 0xda || low === undefined) return length;
		length += kind === 0xff ? 1 : 2 + 256 * high! + low;
	}
}
