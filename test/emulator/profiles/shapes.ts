import { publish } from '../server/files';
import type { Exchange, Profile, Turn } from '../types';
import { mark } from '../wire/pieces';
import { afterLast, errorAfter, isJson, replaceText } from './frames';

function link(turn: Turn, { host }: Exchange, prefix?: string): void {
	for (const image of turn.images) image.url = publish(host, image, prefix);
}

/** Puts the address of the image in the place of all else. */
function sayAddress(change: (address: string) => string, prefix?: string) {
	return (turn: Turn, { host }: Exchange) => {
		const [image] = turn.images;
		if (!image) return;
		Object.assign(turn, { images: [], text: change(publish(host, image, prefix)) });
	};
}

const withoutExtension = (address: string) => address.replace(/\.\w+$/, '');

/** The same reply in other wire formats. */
export const shapes: Record<string, Profile> = {
	'usage-last-chunk': {
		description: 'Stream: usage stands on the last choice chunk',
		style: { usage: 'lastChunk' },
	},
	'no-done': { description: 'Stream: ends without [DONE]', style: { done: false } },
	markdown: {
		description: 'The image is markdown inside content, with text around it',
		style: { images: 'markdown' },
	},
	'content-array': {
		description: 'content is a list of parts, the image one of them',
		style: { images: 'parts' },
	},
	'image-url': {
		description: 'The image is an http URL served under /files',
		turn: (turn, exchange) => link(turn, exchange),
	},
	'image-url-missing': {
		description: 'The image is an http URL that answers 404',
		turn: (turn, exchange) => link(turn, exchange, 'missing-'),
	},
	'image-url-page': {
		description: 'The image is an http URL that answers an HTML page',
		turn: (turn, exchange) => link(turn, exchange, 'page-'),
	},
	'image-url-away': {
		description: 'The image is an http URL where nobody listens',
		turn: (turn) => {
			for (const image of turn.images) image.url = 'http://127.0.0.1:1/image.png';
		},
	},
	'words-and-image-url-missing': {
		description: 'Text, and an image that is an http URL that answers 404',
		turn: (turn, exchange) => {
			link(turn, exchange, 'missing-');
			turn.text = 'I drew a red fox for you.';
		},
	},
	address: {
		description: 'The text is the address of the image and nothing else',
		turn: sayAddress((address) => address),
	},
	'address-bare': {
		description: 'The text is the address of the image, without an extension',
		turn: sayAddress(withoutExtension),
	},
	'address-missing': {
		description: 'The text is an address without an extension that answers 404',
		turn: sayAddress(withoutExtension, 'missing-'),
	},
	'keep-alive': {
		description: 'Stream: ": ping" comments and CRLF line ends',
		style: { keepAlive: true },
	},
	'json-for-stream': {
		description: 'Answers JSON although a stream was asked for',
		style: { sse: false },
	},
	'error-mid-stream': {
		description: 'Stream: an error event after the reasoning, in a 200 reply',
		frames: (frames) => errorAfter(frames, 'reasoning'),
	},
	'error-after-image': {
		description: 'Stream: an error event after the image, without finish_reason',
		style: { finishWithImage: false },
		frames: (frames) => errorAfter(frames, 'image'),
	},
	'end-after-image-no-finish': {
		description: 'Stream: a clean end after the image, without finish_reason',
		style: { finishWithImage: false },
		frames: (frames) => (isJson(frames) ? frames : afterLast(frames, 'image', { act: 'end' })),
	},
	'two-choices': {
		description: 'Two choices, each with an image',
		style: { count: 2, twoChoices: true },
	},
	escaped: {
		description: 'JSON escapes inside the base64: \\/ \\u002b \\u003d and \\n',
		style: { encoding: 'escaped' },
	},
	'url-safe': { description: 'base64 in the URL-safe alphabet', style: { encoding: 'urlSafe' } },
	'reasoning-alias': {
		description: '`reasoning` takes the place of `reasoning_content`',
		style: { reasoningField: 'reasoning' },
	},
	'no-usage': { description: 'No usage anywhere', style: { usage: 'none' } },
	'usage-cost': {
		description: 'usage tells a cost of 0.25 as well, as some gateways do',
		frames: (frames) => replaceText(frames, /"usage":\{/, '"usage":{"cost":0.25,'),
	},
	'usage-null': { description: 'usage is null', style: { usage: 'null' } },
	'content-null': {
		description: 'content is null and not empty text',
		frames: (frames) => replaceText(frames, /"content":""/, '"content":null'),
	},
	'no-index': {
		description: 'The entries of images[] have no index',
		frames: (frames) => replaceText(frames, /("\}),"index":\d+\}/g, '$1}'),
	},
	gzip: { description: 'Content-Encoding gzip', style: { gzip: true } },
	'split-bytes': {
		description: 'Socket writes of 1-7 bytes, after 4 KB of 1000 bytes',
		style: { pace: { fine: 4096, then: 1000 } },
	},
	'tiny-text': { description: 'Stream: text deltas of one character', style: { textStep: 1 } },
	'task-id': {
		description: 'Images endpoints answer {task_id}, as asynchronous models do',
		imagesBody: () => ({ task_id: 'image-1764574464-1' }),
	},
	'b64-data-url': {
		description: 'Images endpoints put a whole data URL in b64_json',
		imagesBody: (body, turn) => ({
			...body,
			data: turn.images.map(({ mime }, i) => ({ b64_json: `data:${mime};base64,${mark(i)}` })),
		}),
	},
	'images-url': {
		description: 'Images endpoints answer data[].url',
		imagesBody: (body, turn, { host }) => ({
			...body,
			data: turn.images.map((image) => ({ url: publish(host, image) })),
		}),
	},
	'images-events': {
		description: 'Images endpoints answer with events, a .completed one for each image',
		style: { imageEvents: true },
	},
	'images-empty-data': {
		description: 'Images endpoints answer an empty data list',
		imagesBody: (body) => ({ ...body, data: [] }),
	},
};
