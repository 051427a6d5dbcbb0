import filenamify from 'filenamify/browser';

const FALLBACK = 'image';

/** File systems take 255 bytes; the rest is left for a number and the extension. */
const MAX_BYTES = 223;

/**
 * A name, without extension, that every file system takes and that leads out of no folder: from
 * text of any kind and length, which keeps its letters of all languages. Takes at most
 * {@link MAX_BYTES} bytes, and one more if Windows reserves the name.
 */
export function safeFileName(name = ''): string {
	// The library takes the square of the length for some texts, so it gets no long one.
	const steps = name.slice(0, MAX_BYTES).split(/[/\\]/);
	const stem = steps.filter((step) => /[^. ]/.test(step)).join('_');
	const safe = filenamify(firstBytes(stem.normalize('NFC')), {
		replacement: '_',
		maxLength: MAX_BYTES,
	});
	return /[^_ ]/.test(safe) ? safe : FALLBACK;
}

/** As many whole characters as {@link MAX_BYTES} bytes hold. */
function firstBytes(text: string): string {
	const bytes = Buffer.from(text).subarray(0, MAX_BYTES);
	return new TextDecoder().decode(bytes, { stream: true });
}
