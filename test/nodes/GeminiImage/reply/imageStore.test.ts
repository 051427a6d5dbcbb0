import { writeFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import { createImageStore, MAX_IMAGE_BYTES } from '../../../../nodes/GeminiImage/reply/imageStore';
import type { SplitEvent } from '../../../../nodes/GeminiImage/reply/splitter';
import { createStorage, cut, failureOf, png, random, settle } from '../../helpers';

const PNG = { mimeType: 'image/png', extension: 'png' };
const neverAborted = new AbortController().signal;

let picture: Buffer;
beforeAll(async () => {
	picture = await png(40, 30, true);
});

/** The events of an image behind its start. */
async function* imageData(bytes: Buffer, size = 100): AsyncGenerator<SplitEvent> {
	for (const piece of cut(bytes, size)) yield { kind: 'imageData', bytes: Buffer.from(piece) };
	yield { kind: 'imageEnd' };
}

async function* failing(error: Error): AsyncGenerator<SplitEvent> {
	yield { kind: 'imageData', bytes: picture.subarray(0, 50) };
	throw error;
}

describe('commit', () => {
	test('keeps the images, in the order of the reply, with the facts of their bytes', async () => {
		const storage = createStorage();
		const images = createImageStore(storage.store, neverAborted);
		const jpeg = { mimeType: 'image/jpeg', extension: 'jpg' };
		await images.receive(PNG, imageData(picture, 7));
		await images.receive(jpeg, imageData(Buffer.from('\xff\xd8\xff\xd9 odd', 'latin1')));
		await images.receive(PNG, imageData(await png(3, 5)));
		expect(storage.files.map(({ state }) => state)).toEqual(['open', 'open', 'open']);

		const stored = await images.commit();
		expect(stored).toMatchObject([
			{ ...PNG, width: 40, height: 30, bytes: picture.length, binary: { id: '0' } },
			{ ...jpeg, width: null, height: null, bytes: 8, binary: { id: '1' } },
			{ ...PNG, width: 3, height: 5, binary: { id: '2' } },
		]);
		expect(storage.files.map(({ state }) => state)).toEqual(['kept', 'kept', 'kept']);
		expect(storage.files[0]?.bytes.equals(picture)).toBe(true);
	});

	test('names files by the type of their bytes', async () => {
		const { store, files } = createStorage();
		const images = createImageStore(store, neverAborted);
		await images.receive({ mimeType: 'image/gif', extension: 'gif' }, imageData(picture));
		await images.commit();
		expect(files).toMatchObject([{ fileName: 'image.gif', mimeType: 'image/gif' }]);
	});

	test('of no image gives none', async () => {
		expect(await createImageStore(createStorage().store, neverAborted).commit()).toEqual([]);
	});

	test('waits for slow storage', async () => {
		const { store } = createStorage();
		let finish = () => {};
		const gate = new Promise<void>((resolve) => (finish = resolve));
		const slowEnd = createImageStore(async (...file) => {
			const binary = await store(...file);
			await gate;
			return binary;
		}, neverAborted);
		await slowEnd.receive(PNG, imageData(picture));
		const seen: string[] = [];
		const committed = slowEnd.commit().then(() => seen.push('committed'));
		await settle();
		expect(seen).toEqual([]);
		finish();
		await committed;
		expect(seen).toEqual(['committed']);
	});
});

describe('an image that the reply repeats', () => {
	test('is kept once, where it came first', async () => {
		const { store, files } = createStorage();
		const images = createImageStore(store, neverAborted);
		const other = await png(3, 5);
		for (const image of [picture, other, picture]) await images.receive(PNG, imageData(image));
		expect(await images.commit()).toMatchObject([{ width: 40 }, { width: 3 }]);
		await settle();
		expect(files.map(({ state }) => state)).toEqual(['kept', 'kept', 'dropped']);
	});

	test('is another one if a byte differs', async () => {
		const images = createImageStore(createStorage().store, neverAborted);
		const other = Buffer.from(picture);
		other[other.length - 20]! ^= 1;
		for (const image of [picture, other]) await images.receive(PNG, imageData(image));
		expect(await images.commit()).toHaveLength(2);
	});
});

describe('an image beyond the bytes that are kept for its pixel size', () => {
	const block = random(3).bytes(300_000);
	const large = () => Buffer.concat([picture, block]);

	test('is kept once, however its repetition is cut', async () => {
		const images = createImageStore(createStorage().store, neverAborted);
		for (const size of [65_536, 10_007, 400_000])
			await images.receive(PNG, imageData(large(), size));
		expect(await images.commit()).toMatchObject([{ bytes: picture.length + block.length }]);
	});

	test('is another one if a late byte differs', async () => {
		const { store, files } = createStorage();
		const images = createImageStore(store, neverAborted);
		const other = large();
		other[other.length - 5]! ^= 1;
		for (const image of [large(), other]) await images.receive(PNG, imageData(image, 65_536));
		expect(await images.commit()).toHaveLength(2);
		expect(files.map(({ bytes }) => bytes.equals(other))).toEqual([false, true]);
	});
});

describe('discard', () => {
	test('leaves nothing in storage', async () => {
		const { store, files } = createStorage();
		const images = createImageStore(store, neverAborted);
		await images.receive(PNG, imageData(picture));
		await images.receive(PNG, imageData(picture));
		await images.discard(new Error('The reply was cut'));
		expect(files.map(({ state }) => state)).toEqual(['dropped', 'dropped']);
	});

	test('drops an image that breaks off, and those before it', async () => {
		const { store, files } = createStorage();
		const images = createImageStore(store, neverAborted);
		await images.receive(PNG, imageData(picture));
		const cutOff = new Error('The reply ended inside an image');
		expect(await failureOf(images.receive(PNG, failing(cutOff)))).toBe(cutOff);
		await images.discard(cutOff);
		expect(files.map(({ state }) => state)).toEqual(['dropped', 'dropped']);
	});
});

describe('storage that fails', () => {
	test('at once', async () => {
		const full = new Error('no space left on device');
		const images = createImageStore(() => Promise.reject(full), neverAborted);
		expect(await failureOf(images.receive(PNG, imageData(picture)))).toBe(full);
	});

	test('midway', async () => {
		const full = new Error('no space left on device');
		const disk = () =>
			new Writable({ highWaterMark: 100, write: (_chunk, _encoding, done) => done(full) });
		const images = createImageStore(async (content) => {
			await pipeline(content, disk());
			throw new Error('nothing was stored');
		}, neverAborted);
		expect(await failureOf(images.receive(PNG, imageData(picture)))).toBe(full);
		await images.discard(full);
	});

	test('as a full disk does, is not reported as the abort that it causes', async () => {
		const images = createImageStore(async (content) => {
			await writeFile('/dev/full', content);
			throw new Error('nothing was stored');
		}, neverAborted);
		const error = await failureOf(images.receive(PNG, imageData(picture)));
		expect(error).toMatchObject({ code: 'ENOSPC' });
		await images.discard(error);
	});

	test('and destroys the stream is reported as itself', async () => {
		const full = new Error('the bucket is gone');
		const images = createImageStore(async (content) => {
			content.on('error', () => {});
			await new Promise((resolve) => content.once('readable', resolve));
			content.destroy();
			throw full;
		}, neverAborted);
		expect(await failureOf(images.receive(PNG, imageData(picture)))).toBe(full);
		await images.discard(full);
	});

	test('after the last byte', async () => {
		const full = new Error('the bucket is gone');
		const { store } = createStorage();
		const images = createImageStore(async (...file) => {
			await store(...file);
			throw full;
		}, neverAborted);
		await images.receive(PNG, imageData(picture));
		expect(await failureOf(images.commit())).toBe(full);
	});
});

describe('abort', () => {
	const reason = new Error('cancelled');
	const stuck = createStorage({ onChunk: () => new Promise(() => {}) });

	test('ends the reading of an image that storage does not take', async () => {
		const controller = new AbortController();
		const images = createImageStore(stuck.store, controller.signal);
		const received = images.receive(PNG, imageData(Buffer.concat(Array(900).fill(picture))));
		setImmediate(() => controller.abort(reason));
		expect(await failureOf(received)).toBe(reason);
	});

	test('ends commit and discard', async () => {
		const controller = new AbortController();
		const images = createImageStore(async () => await new Promise(() => {}), controller.signal);
		void images.receive(PNG, imageData(picture)).catch(() => {});
		const committed = images.commit();
		const discarded = images.discard(reason);
		setImmediate(() => controller.abort(reason));
		expect(await failureOf(committed)).toBe(reason);
		expect(await discarded).toBeUndefined();
	});
});

test('an image larger than any is refused, and nothing of it kept', async () => {
	const block = Buffer.alloc(8 * 1024 * 1024);
	let sent = 0;
	async function* huge(): AsyncGenerator<SplitEvent> {
		yield { kind: 'imageData', bytes: picture };
		for (; sent < 2 * MAX_IMAGE_BYTES; sent += block.length) {
			yield { kind: 'imageData', bytes: block };
		}
		yield { kind: 'imageEnd' };
	}
	const { store, files } = createStorage({ forget: true });
	const images = createImageStore(store, neverAborted);
	const error = await failureOf(images.receive(PNG, huge()));
	expect(error).toBeInstanceOf(ApiError);
	expect(error.message).toBe('The reply holds an image of more than 256 MiB');
	expect(sent).toBeLessThanOrEqual(MAX_IMAGE_BYTES + block.length);
	await images.discard(error);
	expect(files.map(({ state }) => state)).toEqual(['dropped']);
});
