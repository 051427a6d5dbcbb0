/**
 * Whether an image file is there up to its end, read in one piece; undefined if the bytes begin
 * like none of the files that the replies here carry. It shares no code with the node.
 */
export function isWholeImage(file: Buffer): boolean | undefined {
	const latin1 = file.toString('latin1');
	if (/^\x89PNG\r\n[^]\n/.test(latin1)) return isWholePng(latin1);
	if (latin1.startsWith('\xff\xd8\xff')) return latin1.includes('\xff\xd9', headerLength(file));
	if (/^RIFF[^]{4}WEBP/.test(latin1)) return file.length >= file.readUInt32LE(4) + 7;
	return undefined;
}

/** What is not in chunks is not judged. */
function isWholePng(latin1: string): boolean {
	const end = /\0\0\0\0IEND[^]{4}/g;
	for (let at = 8; at + 8 <= latin1.length; ) {
		const name = latin1.slice(at + 4, at + 8);
		if (/[^A-Za-z]/.test(name)) return true;
		end.lastIndex = at;
		if (name === 'IEND') return end.test(latin1);
		at += 12 + Buffer.from(latin1.slice(at, at + 4), 'latin1').readUInt32BE();
	}
	return end.test(latin1);
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
