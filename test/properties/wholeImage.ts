/**
 * Whether an image file is there up to its end, read in one piece; undefined if the bytes begin
 * like none of the files that the replies here carry. It shares no code with the node.
 */
export function isWholeImage(file: Buffer): boolean | undefined {
	const start = file.toString('latin1', 0, 12);
	if (/^\x89PNG\r\n[^]\n/.test(start)) return isWholePng(file);
	if (start.startsWith('\xff\xd8\xff')) return isWholeJpeg(file);
	if (/^RIFF[^]{4}WEBP/.test(start)) return file.length >= file.readUInt32LE(4) + 7;
	return undefined;
}

/** Chunks of length, type, data and checksum follow; what has no type is left to others. */
function isWholePng(file: Buffer): boolean {
	let at = 8;
	while (at + 8 <= file.length) {
		const type = file.toString('latin1', at + 4, at + 8);
		if (!/^[A-Za-z]{4}$/.test(type)) return true;
		at += 12 + file.readUInt32BE(at);
		if (type === 'IEND') return at <= file.length;
	}
	return false;
}

/** Markers, most of them with a length; coded data between them, in which 0xff is no marker. */
function isWholeJpeg(file: Buffer): boolean {
	for (let at = file.indexOf(0xff); at !== -1; at = file.indexOf(0xff, at)) {
		while (file[at] === 0xff) at++;
		const marker = file[at++];
		if (marker === 0xd9) return true;
		if (marker === undefined || marker < 2 || (marker >= 0xd0 && marker <= 0xd8)) continue;
		if (at + 2 > file.length) return false;
		at += Math.max(2, file.readUInt16BE(at));
		if (at > file.length) return false;
	}
	return false;
}
