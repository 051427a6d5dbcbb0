import sharp from 'sharp';

import { badRequest } from '../server/apiError';
import { readStored } from '../server/files';
import type { Host } from '../types';
import { paint } from './paint';

async function standIn(url: string): Promise<Buffer> {
	const scene = { prompt: url.slice(0, 200), variant: 0, width: 640, height: 480 };
	return (await paint({ ...scene, format: 'png', inputs: [] })).bytes;
}

async function readOne(url: string, host: Host): Promise<Buffer> {
	// Other hosts are never fetched; the own files are read without a detour over the network.
	if (url.startsWith(`${host.origin}/files/`)) {
		const file = await readStored(host, new URL(url).pathname);
		if (file.status !== 200 || !file.mime.startsWith('image/')) {
			throw badRequest(`Unable to fetch the input image: ${url}`);
		}
		return file.bytes;
	}
	if (!url.startsWith('data:')) return standIn(url);
	// No decoder for this family is at hand, and a real one is not needed to look right.
	if (/^data:image\/hei[cf]/i.test(url)) return standIn('HEIC');
	return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
}

export interface Inputs {
	images: Buffer[];
	/** Width / height of the first one. */
	aspect: number | undefined;
}

export async function loadInputs(urls: string[], host: Host): Promise<Inputs> {
	const images = await Promise.all(urls.map((url) => readOne(url, host)));
	const sizes = await Promise.all(
		images.map((image) =>
			sharp(image, { limitInputPixels: false })
				.metadata()
				.catch(() => {
					throw badRequest('Unable to process an input image');
				}),
		),
	);
	const first = sizes[0]?.autoOrient;
	return { images, aspect: first && first.width / first.height };
}
