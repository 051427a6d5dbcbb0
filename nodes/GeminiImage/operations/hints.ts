import { previewHint } from '../form/goneModel';
import type { OperationFacts } from '../form/operationFacts';
import type { Received } from '../reply/receive';
import type { Prompt } from '../request/prompt';

/** Side of a square image of each size class, in pixels. */
const SIDES: Record<string, number> = { '512': 512, '1K': 1024, '2K': 2048, '4K': 4096 };

/** The models round the sides of an image; less than this share of the pixels is another class. */
const TOLERANCE = 0.7;

/** What is different from what was asked for, or will be. */
export function resultHints(
	operation: OperationFacts,
	prompt: Prompt,
	{ images }: Received,
): string[] {
	const { imageSize, aspectRatio, model } = prompt;
	const side = SIDES[imageSize ?? ''];
	const hints = images.flatMap(({ width, height }) => {
		if (width === null || height === null) return [];
		const size = `${width} x ${height} pixels`;
		const isSmall = side !== undefined && width * height < TOLERANCE * side * side;
		const isOther = aspectRatio !== undefined && !isRatio(width / height, aspectRatio);
		return [
			isSmall && `The service sent an image of ${size}, smaller than the Image Size ${imageSize}`,
			isOther && `The service sent an image of ${size}, not of the Aspect Ratio ${aspectRatio}`,
		];
	});
	const several = operation.needsImage && images.length > 1 && severalHint(images.length);
	return [...hints, several, previewHint(model)].filter((hint) => typeof hint === 'string');
}

/** A request asks for one image; what came before it may be drafts. */
const severalHint = (count: number): string =>
	`The service sent ${count} images for one request. The last is usually the final one; the option Images per Reply can keep it alone`;

function isRatio(ratio: number, asked: string): boolean {
	const [width, height] = asked.split(':').map(Number);
	const wanted = (width ?? 1) / (height ?? 1);
	return Math.abs(Math.log(ratio / wanted)) < Math.log(1.15);
}
