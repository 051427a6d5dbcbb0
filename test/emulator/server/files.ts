import { createHash } from 'node:crypto';

import { paint } from '../images/paint';
import type { Host, Image } from '../types';

const NAME = /^\/files\/([\w.%+-]+?)(?:\.(png|jpg|webp))?$/;

export interface StoredFile {
	status: number;
	mime: string;
	bytes: Buffer;
}

const missing: StoredFile = {
	status: 404,
	mime: 'text/plain',
	bytes: Buffer.from('no such file'),
};

const page: StoredFile = {
	status: 200,
	mime: 'text/html',
	bytes: Buffer.from('<!doctype html><title>Sign in</title><p>Please sign in to see this file.'),
};

/** Keeps an image for GET and returns its URL. */
export function publish(host: Host, image: Image, prefix = ''): string {
	const hash = createHash('sha256').update(image.bytes).digest('hex').slice(0, 16);
	const extension = image.mime === 'image/jpeg' ? 'jpg' : image.mime.replace('image/', '');
	const name = `${prefix}${hash}.${extension}`;
	host.files.set(name, image);
	return `${host.origin}/files/${name}`;
}

/**
 * Any name is a small image that shows the name; `missing*` is a 404, `page*` is HTML. The name of
 * an image that was published may go without its extension.
 */
export async function readStored(host: Host, pathname: string): Promise<StoredFile> {
	const [, stem = '', extension = 'png'] = NAME.exec(pathname) ?? [];
	if (!stem || stem.startsWith('missing')) return missing;
	if (stem.startsWith('page')) return page;
	const published = host.files.get(`${stem}.${extension}`);
	if (published) return { status: 200, ...published };
	const format = extension === 'jpg' ? 'jpeg' : extension === 'webp' ? 'webp' : 'png';
	const scene = { prompt: `${stem}.${extension}`, variant: 0, width: 320, height: 200 };
	return { status: 200, ...(await paint({ ...scene, format, inputs: [] })) };
}
