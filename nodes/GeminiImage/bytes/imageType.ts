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

/** Width and height in pixels as far as the first bytes of a file tell them. */
export function pixelSizeOf(head: Buffer): { width: number | null; height: number | null } {
	try {
		const { width, height } = imageSize(head);
		return { width, height };
	} catch {
		return { width: null, height: null };
	}
}
