import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Emulator } from '../emulator';
import { EXAMPLES } from './flows';

export const sha256 = (bytes: Uint8Array): string =>
	createHash('sha256').update(bytes).digest('hex');

export const photo = readFileSync(join(EXAMPLES, 'photo.jpg'));

const FLASH = 'gemini-2.5-flash-image';

/** Gets the image straight from the emulator, which draws the same for the same request. */
export async function drawDirectly(
	emulator: Emulator,
	text: string,
	{
		image,
		mimeType = 'image/jpeg',
		profile,
		fields,
	}: { image?: Buffer; mimeType?: string; profile?: string; fields?: object } = {},
): Promise<Buffer> {
	const url = `data:${mimeType};base64,${image?.toString('base64')}`;
	const parts = [
		{ type: 'text', text },
		{ type: 'image_url', image_url: { url } },
	];
	const messages = [{ role: 'user', content: image ? parts : text }];
	const response = await fetch(`${emulator.baseUrl(profile)}/chat/completions`, {
		method: 'POST',
		headers: { authorization: emulator.apiKey, 'content-type': 'application/json' },
		body: JSON.stringify({ model: FLASH, messages, stream: false, ...fields }),
		signal: AbortSignal.timeout(30_000),
	});
	const reply = (await response.json()) as {
		choices: [{ message: { images: [{ image_url: { url: string } }] } }];
	};
	const dataUrl = reply.choices[0].message.images[0].image_url.url;
	return Buffer.from(dataUrl.slice(dataUrl.indexOf(',') + 1), 'base64');
}

/** A form with the photo, as a browser sends it. */
export function photoForm(field: string): FormData {
	const form = new FormData();
	form.append(field, new Blob([photo], { type: 'image/jpeg' }), 'photo.jpg');
	return form;
}
