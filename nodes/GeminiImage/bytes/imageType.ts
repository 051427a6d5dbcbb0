import { imageSize } from 'image-size';

/** A kind of image file, told from its bytes. */
export interface ImageType {
	mimeType: string;
	extension: string;
}

/** Bytes that {@link imageTypeOf} needs to see. */
export const SIGNATURE_BYTES = 16;

const SIGNATURES: Array<[RegExp, ImageType]> = [
	[/^\x89PNG\r\n.\n/s, { mimeType: 'image/png', extension: 'png' }],
	[/^\xff\xd8\xff/, { mimeType: 'image/jpeg', extension: 'jpg' }],
	[/^RIFF.{4}WEBP/s, { mimeType: 'image/webp', extension: 'webp' }],
	[/^GIF8[79]a/, { mimeType: 'image/gif', extension: 'gif' }],
	[/^.{4}ftyp(?:hei[cmsx]|hev[cmsx])/s, { mimeType: 'image/heic', extension: 'heic' }],
	[/^.{4}ftyp(?:mif1|msf1)/s, { mimeType: 'image/heif', extension: 'heif' }],
	[/^.{4}ftypavi[fs]/s, { mimeType: 'image/avif', extension: 'avif' }],
	[/^BM.{4}\0{4}/s, { mimeType: 'image/bmp', extension: 'bmp' }],
	[/^(?:II\*\0|MM\0\*)/, { mimeType: 'image/tiff', extension: 'tiff' }],
];

/** The type that the first bytes of a file show, whatever its name or label says. */
export function imageTypeOf(head: Buffer): ImageType | undefined {
	const start = head.toString('latin1', 0, SIGNATURE_BYTES);
	return SIGNATURES.find(([signature]) => signature.test(start))?.[1];
}

const SOUND = 'a video or sound file';

/** What other files hold from the byte `at` on. */
const OTHERS: Array<[what: string, at: number, ...marks: string[]]> = [
	['an icon (ICO)', 0, '\0\0\x01\0', '\0\0\x02\0'],
	['a Photoshop file (PSD)', 0, '8BPS'],
	['a PDF', 0, '%PDF-'],
	['a ZIP archive', 0, 'PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08'],
	[SOUND, 0, '\x1aE\xdf\xa3', 'ID3', 'OggS', 'fLaC', '\0\0\x01\xb3', '\0\0\x01\xba'],
	[SOUND, 0, '\xff\xf1', '\xff\xf2', '\xff\xf3', '\xff\xf9', '\xff\xfa', '\xff\xfb'],
	[SOUND, 4, 'ftyp'],
	[SOUND, 8, 'AVI ', 'WAVE'],
];

/** What a file is instead, in words for a message, if {@link imageTypeOf} knows no type of it. */
export function describeFile(head: Buffer): string {
	const start = head.toString('latin1', 0, SIGNATURE_BYTES);
	const other = OTHERS.find(([, at, ...marks]) => marks.some((mark) => start.startsWith(mark, at)));
	return other?.[0] ?? describeText(head) ?? 'damaged at its start or of an unknown kind';
}

/** What is looked at to tell text from anything else, in characters. */
const TEXT_CHARS = 512;

function describeText(head: Buffer): string | undefined {
	const encoding = head[0] === 0xff && head[1] === 0xfe ? 'utf16le' : 'utf8';
	const text = withoutProlog(head.toString(encoding));
	if (/^<(?:!doctype )?(?:\w{1,20}:)?svg[\s>]/i.test(text)) return 'an SVG';
	if (isWebPage(text)) return 'a web page';
	// Anything but text has control characters, or bytes that are no UTF-8.
	const words = text.slice(0, TEXT_CHARS).replace(/\s/g, '');
	return /[\p{Cc}\ufffd]/u.test(words) ? undefined : 'a text';
}

const PAGE_START =
	/^<(?:!doctype )?(?:html|head|body|title|meta|script|style|link|h\d|p|div|center|pre|iframe)[\s>]/i;

/** Whether a text begins as web pages do, or parts of them that servers send as whole ones. */
export function isWebPage(text: string): boolean {
	return PAGE_START.test(withoutProlog(text));
}

/** How declarations and comments begin and end. */
const PROLOG = [
	['<?', '?>'],
	['<!--', '-->'],
] as const;

/** Markup without the declarations, comments and byte order mark that may stand before it. */
function withoutProlog(markup: string): string {
	for (let text = markup.trimStart(); ; text = text.trimStart()) {
		const [opens = '', closes = ''] = PROLOG.find(([open]) => text.startsWith(open)) ?? [];
		const end = text.indexOf(closes, opens.length);
		if (opens === '' || end === -1) return text;
		text = text.slice(end + closes.length);
	}
}

/**
 * What the library looks at of a file made of boxes (HEIC, AVIF), in bytes: it takes the square of
 * their number, and theirs stand near the start.
 */
const BOXES_BYTES = 16 * 1024;

/** Width and height in pixels as far as the first bytes of a file tell them. */
export function pixelSizeOf(head: Buffer): { width: number | null; height: number | null } {
	const hasBoxes = head.toString('latin1', 4, 8) === 'ftyp';
	// The library may read beyond a part of a buffer, into what others left there.
	const own = Buffer.alloc(hasBoxes ? Math.min(head.length, BOXES_BYTES) : head.length);
	head.copy(own);
	try {
		const { width, height } = imageSize(own);
		return { width, height };
	} catch {
		return { width: null, height: null };
	}
}
