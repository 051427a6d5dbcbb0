import { noiseImage } from '../images/noise';
import type { Profile, Turn } from '../types';
import { answerAsAgent } from './agent';
import { damageLast, replaceText } from './frames';

const SORRY = 'I am sorry, but I cannot create this image.';

function sayOnly(text: string, finishReason: string | null, nativeFinishReason?: string) {
	return (turn: Turn) => {
		Object.assign(turn, { images: [], text, finishReason, nativeFinishReason });
	};
}

/** Not even a thought. */
function sayNothing(finishReason: string) {
	return (turn: Turn) => {
		Object.assign(turn, { images: [], text: '', reasoning: '', finishReason });
	};
}

function replaceBytes(change: (bytes: Buffer) => Buffer) {
	return (turn: Turn) => {
		for (const image of turn.images) image.bytes = change(image.bytes);
	};
}

/** Ends the bytes of one image early; what stands around it goes on. */
function cutImage(number: number, text?: string) {
	return (turn: Turn) => {
		const image = turn.images[number];
		if (!image) return;
		image.bytes = image.bytes.subarray(0, image.bytes.length / 2);
		turn.text = text ?? turn.text;
	};
}

async function fillWithNoise(turn: Turn, mebibytes: number): Promise<void> {
	if (turn.images.length > 0) turn.images = [await noiseImage(mebibytes)];
}

/** Replies that say or show something else. */
export const contents: Record<string, Profile> = {
	'two-images': {
		description: 'Two images, each in a chunk of its own and index 0 in both',
		style: { count: 2 },
	},
	'thought-images': {
		description: 'Three images: two drafts and the final one',
		style: { count: 3, imagesPerChunk: 3 },
	},
	refusal: {
		description: 'No image, apologetic text, finish_reason content_filter',
		turn: sayOnly(SORRY, 'content_filter'),
	},
	'refusal-stop': {
		description: 'No image, apologetic text, finish_reason stop',
		turn: sayOnly(SORRY, 'stop'),
	},
	'empty-reply': {
		description: 'No image and no text, finish_reason stop',
		turn: sayOnly('', 'stop'),
	},
	'empty-length': {
		description: 'Neither image, text nor reasoning, finish_reason length',
		turn: sayNothing('length'),
	},
	'empty-filter': {
		description: 'Neither image, text nor reasoning, finish_reason content_filter',
		turn: sayNothing('content_filter'),
	},
	'finish-length': {
		description: 'No image, text cut off, finish_reason length',
		turn: sayOnly('First I will sketch the', 'length'),
	},
	'finish-empty': {
		description: 'An image with finish_reason ""',
		turn: (turn) => void (turn.finishReason = ''),
	},
	'finish-null': {
		description: 'An image with finish_reason null',
		turn: (turn) => void (turn.finishReason = null),
	},
	'native-finish-reason': {
		description: 'No image, finish_reason stop, native_finish_reason image_prohibited_content',
		turn: sayOnly('', 'stop', 'image_prohibited_content'),
	},
	'delta-reasoning-only': {
		description: 'Reasoning, then neither text nor image, and [DONE]',
		turn: sayOnly('', 'stop'),
	},
	'images-null': {
		description: 'images is null, with text',
		style: { noImages: null },
		turn: sayOnly('I only have words today.', 'stop'),
	},
	'images-empty': {
		description: 'images is an empty list, with text',
		style: { noImages: [] },
		turn: sayOnly('I only have words today.', 'stop'),
	},
	jpeg: { description: 'A JPEG image', style: { format: 'jpeg' } },
	webp: { description: 'A WebP image', style: { format: 'webp' } },
	'wrong-label': {
		description: 'JPEG bytes labelled image/png',
		style: { format: 'jpeg', label: 'image/png' },
	},
	smaller: {
		description: 'An image of half the width and height that was asked for',
		style: { scale: 0.5 },
	},
	tiny: {
		description: 'An 8 x 8 PNG, cheap to make and another one for each prompt',
		style: { tiny: true },
	},
	placeholder: {
		description: 'An image of 45 bytes: a PNG signature and a bit',
		turn: replaceBytes((bytes) => bytes.subarray(0, 45)),
	},
	'not-an-image': {
		description: 'A data URL of a PNG that holds ASCII prose',
		turn: replaceBytes(() => Buffer.from('This is a sentence and not an image. '.repeat(200))),
	},
	'first-image-cut': {
		description: 'Two images, of which the bytes of the first end early',
		style: { count: 2 },
		turn: cutImage(0),
	},
	'second-image-cut': {
		description: 'Two images, of which the bytes of the second end early',
		style: { count: 2 },
		turn: cutImage(1),
	},
	'second-image-damaged': {
		description: 'Two images, of which the base64 of the second is broken in the middle',
		style: { count: 2 },
		frames: damageLast,
	},
	'image-cut': {
		description: 'One image, whose bytes end early',
		turn: cutImage(0),
	},
	'words-and-image-cut': {
		description: 'Text, and one image whose bytes end early',
		turn: cutImage(0, 'I only have words today.'),
	},
	'prose-base64': {
		description: 'A real image, and text that mentions a base64 data URL',
		turn: (turn) => {
			turn.text = 'A data URL looks like `data:image/png;base64,aGVsbG8=`, for example.';
		},
	},
	'big-line': {
		description: 'One SSE line of more than 10 MB in small writes, some inside a character',
		style: { pace: { fine: 4096, then: 16381 } },
		turn: (turn) => fillWithNoise(turn, 8),
		frames: (frames) => replaceText(frames, /"content":""/, '"content":"图像 🎨"'),
	},
	size: {
		description: 'size-<MiB>: a valid PNG of about that many MiB',
		number: [1, 512],
		turn: (turn, _exchange, mebibytes) => fillWithNoise(turn, mebibytes),
	},
	agent: {
		description:
			'The chat model of an agent: calls a tool, then gives its image or error, or edits it later',
		answer: answerAsAgent,
	},
	'models-need-key': {
		description: 'GET /models answers 401 without the key',
		modelsNeedKey: true,
	},
	'models-empty': { description: 'GET /models answers an empty list', models: () => [] },
	'no-image-models': {
		description: 'GET /models lists no image model',
		models: (ids) => ids.filter((id) => !/image|banana/.test(id)),
	},
	'raw-key-only': {
		description: 'Accepts only "Authorization: <key>"',
		scheme: 'raw',
	},
	'bearer-only': {
		description: 'Accepts only "Authorization: Bearer <key>"',
		scheme: 'bearer',
	},
};
