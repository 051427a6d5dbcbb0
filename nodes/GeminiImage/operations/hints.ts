import { sideOf } from '../form/models';
import { givesImagesAlone, type OperationFacts } from '../form/operations';
import type { StoredImage } from '../reply/imageStore';
import type { Prompt } from '../request/prompt';
import { excerpt } from '../request/values';

/** Models round the sides of an image; less than this share of the pixels is a smaller size. */
const TOLERANCE = 0.7;

/** What is different from what was asked for. */
export function resultHints(
	operation: OperationFacts,
	{ imageSize, aspectRatio }: Prompt,
	images: StoredImage[],
): string[] {
	// An unknown model may have sizes that tell no pixels.
	const side = imageSize === undefined ? NaN : sideOf(imageSize);
	const hints = images.flatMap(({ width, height }) => {
		if (width === null || height === null) return [];
		const size = `${width} x ${height} pixels`;
		const isSmall = width * height < TOLERANCE * side * side;
		const isOther = aspectRatio !== undefined && isOff(width / height, aspectRatio);
		return [
			isSmall &&
				`The service sent an image of ${size}, smaller than the Image Size ${excerpt(imageSize ?? '')}`,
			isOther &&
				`The service sent an image of ${size}, not of the Aspect Ratio ${excerpt(aspectRatio ?? '')}`,
		];
	});
	const several = givesImagesAlone(operation) && images.length > 1 && severalHint(images.length);
	return [...hints, several].filter((hint) => typeof hint === 'string');
}

/** A request asks for one image; what came before it may be drafts. */
const severalHint = (count: number): string =>
	`The service sent ${count} images for one request. The last is usually the final one; the option Images per Reply can keep it alone`;

/** An unknown model may have ratios that tell no numbers, from which nothing is off. */
function isOff(ratio: number, asked: string): boolean {
	const [width = NaN, height = NaN] = asked.split(':').map((side) => Number(side) || NaN);
	return Math.abs(Math.log((ratio * height) / width)) >= Math.log(1.15);
}
