import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { ImageType } from '../../../../nodes/GeminiImage/bytes/imageType';
import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import {
	createImageStore,
	MAX_IMAGE_BYTES,
	type PendingImage,
	type StoreBinary,
} from '../../../../nodes/GeminiImage/reply/imageStore';
import { arriving, createStorage, cut, failureOf, png, random, settle } from '../../helpers';

const PNG = { mimeType: 'image/png', extension: 'png' };

let image: Buffer;
beforeAll(async () => {
	image = await png(40, 30, true);
});

const imageData = (bytes: Buffer, size = 100) => arriving(cut(bytes, size));

async function* failing(error: Error): AsyncGenerator<Uint8Array> {
	yield image.subarray(0, 50);
	throw error;
}

/** A store whose `commit` keeps all images that were stored, or those with some numbers. */
function storeWith(storeBinary: StoreBinary, signal = new AbortController().signal) {
	const store = createImageStore({ storeBinary, nameOf: (index) => `cat-${index}`, signal });
	const images: PendingImage[] = [];
	return {
		...store,
		async store(...args: Parameters<typeof store.store>) {
			const image = await store.store(...args);
			images.push(image);
			return image;
		},
		commit: async (kept = images.keys()) =>
			await store.commit([...kept].map((number) => images[number]!)),
	};
}

/** What is said of a failure of storage, whose own words may name folders of the server. */
function expectStorageError(error: Error, reason = '') {
	expect(error).toBeInstanceOf(ApiError);
	expect(error.message).toBe(`n8n could not store the image${reason}`);
}

describe('commit', () => {
	test('A commit keeps the images in the order of the reply, with the facts of their bytes', async () => {
		const storage = createStorage();
		const images = storeWith(storage.store);
		const jpeg = { mimeType: 'image/jpeg', extension: 'jpg' };
		await images.store(PNG, imageData(image, 7));
		await images.store(jpeg, imageData(Buffer.from('\xff\xd8\xff\xda odd \xff\xd9', 'latin1')));
		await images.store(PNG, imageData(await png(3, 5)));
		expect(storage.files.map(({ state }) => state)).toEqual(['open', 'open', 'open']);

		const facts = ({ mimeType, extension }: ImageType, index: number) => ({
			mimeType,
			fileName: `cat-${index}.${extension}`,
			binary: { id: `${index}` },
		});
		const stored = await images.commit();
		expect(stored).toMatchObject([
			{ ...facts(PNG, 0), width: 40, height: 30, bytes: image.length },
			{ ...facts(jpeg, 1), width: null, height: null, bytes: 11 },
			{ ...facts(PNG, 2), width: 3, height: 5 },
		]);
		expect(storage.files.map(({ state }) => state)).toEqual(['kept', 'kept', 'kept']);
		expect(storage.files[0]?.bytes.equals(image)).toBe(true);
	});

	test('A stored image is named and labelled by the type that was found for it', async () => {
		const { store, files } = createStorage();
		const images = storeWith(store);
		await images.store({ mimeType: 'image/gif', extension: 'gif' }, imageData(image));
		await images.commit();
		expect(files).toMatchObject([{ fileName: 'cat-0.gif', mimeType: 'image/gif' }]);
	});

	test('A commit without any image gives an empty list', async () => {
		expect(await storeWith(createStorage().store).commit()).toEqual([]);
	});

	test('A commit waits for slow storage', async () => {
		const { store } = createStorage();
		let finish = () => {};
		const gate = new Promise<void>((resolve) => (finish = resolve));
		const slowEnd = storeWith(async (...file) => {
			const binary = await store(...file);
			await gate;
			return binary;
		});
		await slowEnd.store(PNG, imageData(image));
		const seen: string[] = [];
		const committed = slowEnd.commit().then(() => seen.push('committed'));
		await settle();
		expect(seen).toEqual([]);
		finish();
		await committed;
		expect(seen).toEqual(['committed']);
	});
});

describe('the digest of an image', () => {
	const block = random(3).bytes(300_000);
	const large = () => Buffer.concat([image, block]);
	const digestOf = async (bytes: Buffer, size?: number) =>
		(await storeWith(createStorage().store).store(PNG, imageData(bytes, size))).digest;

	test('Equal images have the same digest, however each of them is cut', async () => {
		const digests = await Promise.all(
			[65_536, 10_007, 400_000].map(async (size) => await digestOf(large(), size)),
		);
		expect(new Set(digests).size).toBe(1);
	});

	test('Images that differ in one late byte have different digests', async () => {
		for (const [bytes, fromEnd] of [
			[image, 20],
			[large(), 5],
		] as const) {
			const other = Buffer.from(bytes);
			other[other.length - fromEnd]! ^= 1;
			expect(await digestOf(other)).not.toBe(await digestOf(bytes));
		}
	});
});

describe('discard', () => {
	test('A discard leaves no image in storage', async () => {
		const { store, files } = createStorage();
		const images = storeWith(store);
		await images.store(PNG, imageData(image));
		await images.store(PNG, imageData(image));
		await images.discard(new Error('The reply was cut'));
		expect(files.map(({ state }) => state)).toEqual(['dropped', 'dropped']);
	});

	test('A discard drops an image that breaks off, and those before it', async () => {
		const { store, files } = createStorage();
		const images = storeWith(store);
		await images.store(PNG, imageData(image));
		const cutOff = new Error('The reply ended inside an image');
		expect(await failureOf(images.store(PNG, failing(cutOff)))).toBe(cutOff);
		await images.discard(cutOff);
		expect(files.map(({ state }) => state)).toEqual(['dropped', 'dropped']);
	});
});

describe('storage that fails', () => {
	test('Storage that refuses an image at once is reported as a failure to store it', async () => {
		const full = new Error('no space left on device');
		const images = storeWith(() => Promise.reject(full));
		expectStorageError(await failureOf(images.store(PNG, imageData(image))));
	});

	test('Storage that fails in the middle of an image is reported as a failure to store it', async () => {
		const full = new Error('no space left on device');
		const disk = () =>
			new Writable({ highWaterMark: 100, write: (_chunk, _encoding, done) => done(full) });
		const images = storeWith(async (content) => {
			await pipeline(content, disk());
			throw new Error('nothing was stored');
		});
		expectStorageError(await failureOf(images.store(PNG, imageData(image))));
		await images.discard(full);
	});

	test('A full disk is reported as such, and not as the abort that it causes', async () => {
		const images = storeWith(async (content) => {
			await writeFile('/dev/full', content);
			throw new Error('nothing was stored');
		});
		const error = await failureOf(images.store(PNG, imageData(image)));
		expectStorageError(error, ': no space is left');
		await images.discard(error);
	});

	test('Storage that fails and destroys its stream is reported as a failure to store the image', async () => {
		const full = new Error('the bucket is gone');
		const images = storeWith(async (content) => {
			content.on('error', () => {});
			await new Promise((resolve) => content.once('readable', resolve));
			content.destroy();
			throw full;
		});
		expectStorageError(await failureOf(images.store(PNG, imageData(image))));
		await images.discard(full);
	});

	test('An error with which storage ends its stream is reported as a failure to store the image', async () => {
		const full = Object.assign(new Error('ENOSPC at /srv/secret'), { code: 'ENOSPC' });
		const images = storeWith(async (content) => {
			await once(content, 'readable');
			// By then, Node has handed the error to the generator behind the stream.
			await once(content.destroy(full), 'close').catch(() => {});
			await settle();
			throw full;
		});
		const error = await failureOf(images.store(PNG, imageData(image)));
		expectStorageError(error, ': no space is left');
		await images.discard(error);
	});

	test('Storage that fails after the last byte of an image fails the commit', async () => {
		const full = new Error('the bucket is gone');
		const { store } = createStorage();
		const images = storeWith(async (...file) => {
			await store(...file);
			throw full;
		});
		await images.store(PNG, imageData(image));
		expectStorageError(await failureOf(images.commit()));
	});
});

describe('abort', () => {
	const reason = new Error('cancelled');
	const stuck = createStorage({ onChunk: () => new Promise(() => {}) });

	test('An abort ends the reading of an image that storage does not take', async () => {
		const controller = new AbortController();
		const images = storeWith(stuck.store, controller.signal);
		const received = images.store(PNG, imageData(Buffer.concat(Array(900).fill(image))));
		setImmediate(() => controller.abort(reason));
		expect(await failureOf(received)).toBe(reason);
	});

	test('An abort ends a commit and a discard that wait for storage', async () => {
		const controller = new AbortController();
		const { store } = createStorage();
		const images = storeWith(async (...file) => {
			await store(...file);
			return await new Promise(() => {});
		}, controller.signal);
		await images.store(PNG, imageData(image));
		const committed = images.commit();
		const discarded = images.discard(reason);
		setImmediate(() => controller.abort(reason));
		expect(await failureOf(committed)).toBe(reason);
		expect(await discarded).toBeUndefined();
	});
});

test('An image of more than 256 MiB is refused, and nothing of it is kept', async () => {
	const block = Buffer.alloc(8 * 1024 * 1024);
	let sent = 0;
	async function* huge(): AsyncGenerator<Uint8Array> {
		yield image;
		for (; sent < 2 * MAX_IMAGE_BYTES; sent += block.length) {
			yield block;
		}
	}
	const { store, files } = createStorage({ forget: true });
	const images = storeWith(store);
	const error = await failureOf(images.store(PNG, huge()));
	expect(error).toBeInstanceOf(ApiError);
	expect(error.message).toBe('The reply holds an image of more than 256 MiB');
	expect(sent).toBeLessThanOrEqual(MAX_IMAGE_BYTES + block.length);
	await images.discard(error);
	expect(files.map(({ state }) => state)).toEqual(['dropped']);
});

describe('the number of images', () => {
	/** Images that differ in a byte behind their end. */
	const different = (count: number) =>
		Array.from({ length: count }, (_each, at) => Buffer.concat([image, Buffer.from([at])]));

	test('A reply of more than 64 different images is refused, and none of them is kept', async () => {
		const { store, files } = createStorage();
		const images = storeWith(store);
		const all = different(65);
		for (const each of all.slice(0, 64)) await images.store(PNG, imageData(each));
		const error = await failureOf(images.store(PNG, imageData(all[64]!)));
		expect(error).toBeInstanceOf(ApiError);
		expect(error.message).toBe('The reply holds more than 64 images');
		await images.discard(error);
		expect(new Set(files.map(({ state }) => state))).toEqual(new Set(['dropped']));
	});

	test('Sixty images that come four times are sixty, and no more of them are open at once', async () => {
		let open = 0;
		const { store, files } = createStorage({
			onChunk: () => {
				open = Math.max(open, files.filter(({ state }) => state === 'open').length);
			},
		});
		const images = storeWith(store);
		const all = different(60);
		const stored: PendingImage[] = [];
		for (let time = 0; time < 4; time++) {
			for (const each of all) stored.push(await images.store(PNG, imageData(each)));
		}
		expect(new Set(stored).size).toBe(60);
		expect(open).toBeLessThanOrEqual(61);
		expect(files.filter(({ state }) => state === 'open')).toHaveLength(60);
		const kept = await images.commit(Array(60).keys());
		expect(kept.map(({ fileName }) => fileName)).toEqual(all.map((_each, at) => `cat-${at}.png`));
		expect(files.filter(({ state }) => state === 'kept')).toHaveLength(60);
	});

	test('An image that never ends to come again is refused', async () => {
		const { store } = createStorage();
		const images = storeWith(store);
		const small = await png(3, 5);
		const error = await failureOf(
			(async () => {
				for (let time = 0; time < 2000; time++) await images.store(PNG, imageData(small));
			})(),
		);
		expect(error.message).toBe('The reply holds more than 1024 images, equal ones among them');
		await images.discard(error);
	});

	test('Images that nobody wants are read, however often they come, up to a bound', async () => {
		const { skip } = storeWith(createStorage().store);
		for (let time = 0; time < 1024; time++) await skip(imageData(image, 10_000));
		expect((await failureOf(skip(imageData(image)))).message).toMatch(/more than 1024 images/);
	});
});

test('Of equal images, one is kept and the others are dropped', async () => {
	const { store, files } = createStorage();
	const images = storeWith(store);
	const other = await png(3, 5);
	for (const each of [other, image, image]) await images.store(PNG, imageData(each));
	expect(await images.commit([2].values())).toMatchObject([{ width: 40 }]);
	await settle();
	expect(files.map(({ state }) => state)).toEqual(['dropped', 'kept', 'dropped']);
});
