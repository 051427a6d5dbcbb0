import { isWhole } from '../../nodes/GeminiImage/images/wholeness';
import { imageOf } from './image';

async function* inOneChunk(bytes: Uint8Array) {
	yield bytes;
}

test.each([0.01, 0.25, 1])('an image of %s MiB is a whole PNG of that size', async (mebibytes) => {
	const image = imageOf(mebibytes);
	expect(image).toHaveLength(Math.round(mebibytes * 1024 * 1024));
	expect(await isWhole('image/png', inOneChunk(image))).toBe(true);
	expect(await isWhole('image/png', inOneChunk(image.subarray(0, -1)))).toBe(false);
});
