import { createWholenessCheck } from '../../nodes/GeminiImage/bytes/wholeness';
import { imageOf } from './image';

function isWhole(bytes: Uint8Array): boolean {
	const check = createWholenessCheck('image/png');
	check.push(bytes);
	return check.isWhole();
}

test.each([0.01, 0.25, 1])(
	'A benchmark image of %s MiB is a whole PNG of that size',
	(mebibytes) => {
		const image = imageOf(mebibytes);
		expect(image).toHaveLength(Math.round(mebibytes * 1024 * 1024));
		expect(isWhole(image)).toBe(true);
		expect(isWhole(image.subarray(0, -1))).toBe(false);
	},
);
