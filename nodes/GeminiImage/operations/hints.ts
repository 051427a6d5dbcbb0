import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { sideOf } from '../form/models';
import { givesImagesAlone, type OperationFacts } from '../form/operations';
import { asObject } from '../json';
import type { StoredImage } from '../reply/imageStore';
import { imagesNotSent, optionsNotSent } from '../request/body';
import type { SentImage } from '../request/imageSources';
import type { Prompt } from '../request/prompt';
import { emptyExpressionsIn, excerpt } from '../request/values';
import type { Hold } from '../transport/retry';
import { tokensOf } from './output';
import type { Turn } from './turn';

/** Models round the sides of an image; less than this share of the pixels is a smaller size. */
const TOLERANCE = 0.7;

/**
 * What the user is told before the service has answered.
 *
 * @param notes what is said of the request besides
 */
export function requestHints(
	{ context, itemIndex, options }: Turn,
	images: SentImage[],
	notes: string[],
): string[] {
	const notTaken = optionsNotSent(options);
	const empty = MIXED.flatMap(([path, field]) =>
		emptyExpressionsIn(context, path, itemIndex).map(
			(expression) => `An expression in ${field} gave nothing: ${excerpt(expression)}`,
		),
	);
	return [
		notTaken.length > 0 && `The Images endpoint takes no ${notTaken.join(', ')}: not sent`,
		imagesNotSent(images, options),
		...notes,
		...empty,
	].filter((hint) => typeof hint === 'string');
}

/** Fields that go on if one of their expressions gives nothing, by their names in the workflow. */
const MIXED = [
	['prompt', 'Prompt'],
	['imageUrls', 'Image URLs'],
	['binaryPropertyName', 'Input Data Field Name'],
	['options.fileName', 'File Name'],
] as const;

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

/** What a hint says; behind it may stand names. */
export function prefixOfHint(message: string): string {
	return message.split(': ', 1)[0] ?? '';
}

/** Hints that differ in numbers alone are of one kind; names differ by their numbers, too. */
export function kindOfHint(message: string): string {
	const prefix = prefixOfHint(message);
	return prefix.replace(/\d+/g, '#') + message.slice(prefix.length);
}

/** What a run made and took, if it made more than one request or had to wait. */
export function runHint(
	results: INodeExecutionData[][],
	{ requests, repeated, waitedMs }: Hold['took'],
): string | undefined {
	const seconds = Math.round(waitedMs / 1000);
	if (requests < 2 && repeated === 0 && seconds === 0) return undefined;
	// An answer without what was asked for takes tokens, too.
	const usages = results
		.flat()
		.map(({ json }) => tokensOf(json.usage ?? asObject(json.details)?.usage).total);
	const tokens = usages.reduce((sum, each) => sum + each, 0);
	const images = imagesIn(results);
	const made = `${counted(requests, 'request')} made ${images === 0 ? 'no images' : counted(images, 'image')}`;
	const took = tokens > 0 ? ` and took ${counted(tokens, 'token')}` : '';
	const waits = [
		repeated > 0 && `${counted(repeated, 'request')} ${were(repeated)} repeated`,
		seconds > 0 && `${counted(seconds, 'second')} ${were(seconds)} waited for the service`,
	].filter((part) => part !== false);
	return made + took + (waits.length > 0 ? `; ${waits.join(', ')}` : '');
}

/** What is lost with a failure that stops a run. */
export function lostHint(results: INodeExecutionData[][], underWay: number): string | undefined {
	const images = imagesIn(results);
	const answers = results.flat().filter(({ binary }) => !binary).length;
	const made = [
		images > 0 && counted(images, 'image'),
		answers > 0 && counted(answers, 'answer'),
	].filter((part) => part !== false);
	const lost = [
		made.length > 0 &&
			`${made.join(' and ')} of this run ${images + answers === 1 ? 'is' : 'are'} lost`,
		underWay > 0 &&
			`${counted(underWay, 'request')} ${were(underWay)} under way and may have been billed`,
	].filter((part) => part !== false);
	if (lost.length === 0) return undefined;
	return `${lost.join(', ')}. On Error: Continue (using error output) keeps what works.`;
}

/** What other services answer, as expressions of later nodes take it. */
const FOREIGN =
	/\b(?:data\[0\]\.(?:b64_json|url)|images\[0\]\.(?:url|image_url)|choices\[0\]|candidates\[0\])/;

/** What is said of the next nodes, if they take what this node does not give. */
export function nextNodeHints(context: IExecuteFunctions, operation: OperationFacts): string[] {
	const { name, parameters } = context.getNode();
	// Older n8n does not tell them.
	const later = context.getChildNodes?.(name, { includeNodeParameters: true }) ?? [];
	const next = later.filter(({ name: child }) =>
		context.getParentNodes(child, { depth: 1 }).some((parent) => parent.name === name),
	);
	const hasLink = Boolean(asObject(parameters.options)?.imageLink);
	return next.flatMap(({ name: child, type, parameters: taken }) => {
		const json = JSON.stringify(taken ?? {});
		const foreign = givesImagesAlone(operation) ? FOREIGN.exec(json)?.[0] : undefined;
		const isMerge = type.endsWith('.merge') && json.includes('"combineByPosition"');
		const isSetUp = json.includes('"clashHandling"');
		return [
			foreign &&
				`The next node takes ${foreign}, which this one does not give. The image is in its binary field, and words are in {{ $json.text }}: ${child}`,
			!hasLink &&
				/\$json\.url\b/.test(json) &&
				`The next node takes {{ $json.url }}, which is there with the option Image Link: ${child}`,
			isMerge &&
				!isSetUp &&
				`The next node, a Merge by position, may replace id, text, image and model of its other input by those of this node: ${child}`,
		].filter((hint) => typeof hint === 'string');
	});
}

function imagesIn(results: INodeExecutionData[][]): number {
	return results.flat().reduce((sum, { binary }) => sum + Object.keys(binary ?? {}).length, 0);
}

function counted(count: number, what: string): string {
	return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}

const were = (count: number): string => (count === 1 ? 'was' : 'were');
