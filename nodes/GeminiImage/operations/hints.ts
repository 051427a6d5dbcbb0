import type { Prompt } from '../request/bodies';
import type { StoredImage } from '../reply/imageStore';

/** Side of a square picture of each size class, in pixels. */
const SIDES: Record<string, number> = { '512': 512, '1K': 1024, '2K': 2048, '4K': 4096 };

/** The models round the sides of a picture; less than this share of the pixels is another class. */
const TOLERANCE = 0.7;

/** What is different from what was asked for. */
export function resultHints({ imageSize, aspectRatio }: Prompt, images: StoredImage[]): string[] {
	const side = SIDES[imageSize ?? ''];
	return images.flatMap(({ width, height }) => {
		if (width === null || height === null) return [];
		const size = `${width} x ${height} pixels`;
		const hints: string[] = [];
		if (side && width * height < TOLERANCE * side * side) {
			hints.push(`The service sent a picture of ${size}, smaller than the Image Size ${imageSize}`);
		}
		if (aspectRatio && !isRatio(width / height, aspectRatio)) {
			hints.push(`The service sent a picture of ${size}, not of the Aspect Ratio ${aspectRatio}`);
		}
		return hints;
	});
}

function isRatio(ratio: number, asked: string): boolean {
	const [width, height] = asked.split(':').map(Number);
	const wanted = (width ?? 1) / (height ?? 1);
	return Math.abs(Math.log(ratio / wanted)) < Math.log(1.15);
}
