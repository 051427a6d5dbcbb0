import type { IDataObject } from 'n8n-workflow';

import type { Reply } from './api/reply';
import type { StoredImage } from './images/imageStore';

/** What every output item says of the reply. */
export function describeReply(reply: Reply) {
	return {
		id: reply.id,
		model: reply.model,
		created: reply.created,
		text: reply.text,
		reasoning: reply.reasoning,
		finishReason: reply.finishReason,
	};
}

/** The facts of an image, told from its bytes; also gives its file the name that goes with them. */
export function describeImage(image: StoredImage, index: number, baseName: string): IDataObject {
	const fileName = `${numbered(baseName, index)}.${image.extension}`;
	const { mimeType, width, height, bytes } = image;
	image.binary.fileName = fileName;
	return { index, fileName, mimeType, width, height, bytes };
}

/** `data`, `data_1`, `data_2` … */
export function numbered(name: string, index: number): string {
	return index === 0 ? name : `${name}_${index}`;
}
