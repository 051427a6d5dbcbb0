/**
 * What comes of each behaviour of the service, whichever way it is asked: one line per profile of
 * the emulator, and more where the ways differ.
 */
export interface Outcome {
	/** Behaviour of the emulator; `*` is another text each time. */
	profile: string;
	ways: Way[];
	/** POST requests that reach the service. */
	posts: number;
	/** The whole run, in milliseconds. */
	withinMs: number;
	/** The failed item. */
	error?: RegExp;
	details?: Record<string, string>;
	/** What the failed item says of how to get unstuck. */
	description?: RegExp;
	/** The images. */
	images: number;
	mimeType: string;
	/** Where they are not of the size that was asked for. */
	pixels?: [width: number, height: number];
	text?: string | RegExp;
	finishReason?: string | null;
	reasoning?: string | null;
	hasUsage: boolean;
	totalTokens?: number;
	/** Links that the node follows. */
	fetches?: number;
	/** What the user is told beside the output. */
	hint?: RegExp;
}

/** An operation and how it is asked: streamed, as one JSON, or through the Images endpoint. */
export type Way = keyof typeof WAYS;

export const WAYS = {
	'text to image, stream': { operation: 'textToImage', options: { stream: true } },
	'text to image, JSON': { operation: 'textToImage', options: { stream: false } },
	'image to image, stream': { operation: 'imageToImage', options: { stream: true } },
	'image to image, JSON': { operation: 'imageToImage', options: { stream: false } },
	'chat, stream': { operation: 'chat', options: { stream: true } },
	'chat, JSON': { operation: 'chat', options: { stream: false } },
	'text to image, images': { operation: 'textToImage', options: { endpoint: 'images' } },
	'image to image, images': { operation: 'imageToImage', options: { endpoint: 'images' } },
} as const;

const ALL = Object.keys(WAYS) as Way[];
const STREAMED = ALL.filter((way) => way.endsWith('stream'));
const JSONS = ALL.filter((way) => way.endsWith('JSON'));
const CHAT = ALL.filter((way) => way.startsWith('chat'));
export const ENDPOINT = ALL.filter((way) => way.endsWith('images'));
const COMPLETIONS = ALL.filter((way) => !ENDPOINT.includes(way));
const IMAGES = COMPLETIONS.filter((way) => !CHAT.includes(way));
/** Where each run takes its time. */
const FEW: Way[] = ['text to image, stream', 'image to image, JSON'];

export const DEFAULTS = {
	posts: 1,
	withinMs: 4000,
	images: 1,
	mimeType: 'image/png',
	hasUsage: true,
};

function draws(profile: string, ways = ALL, outcome: Partial<Outcome> = {}): Outcome {
	return { ...DEFAULTS, profile, ways, ...outcome };
}

function fails(
	profile: string,
	error: RegExp,
	ways = ALL,
	details: Record<string, string> = {},
	outcome: Partial<Outcome> = {},
): Outcome {
	return { ...DEFAULTS, profile, ways, error, details, ...outcome, images: 0 };
}

const NOTHING = /^The model answered without an image \(finish reason: none given\)$/;

/** A reply without an image, which is a normal one for a chat alone. */
function says(
	profile: string,
	text: string | RegExp,
	finishReason: string,
	error: RegExp,
	description?: RegExp,
) {
	return [
		draws(profile, CHAT, { images: 0, text, finishReason }),
		fails(profile, error, IMAGES, { finishReason }, { description }),
		fails(profile, NOTHING, ENDPOINT),
	];
}

/** A reply with neither words nor an image, which is an error for a chat as well. */
function saysNothing(
	profile: string,
	finishReason: string,
	inChat: RegExp,
	error: RegExp,
	description?: RegExp,
) {
	return [
		fails(profile, inChat, CHAT, { finishReason }, { description }),
		fails(profile, error, IMAGES, { finishReason }, { description }),
		fails(profile, NOTHING, ENDPOINT),
	];
}

const SORRY = 'I am sorry, but I cannot create this image.';
const WORDS = 'I only have words today.';
const DRAWN = 'I drew a red fox for you.';
const reasoned = (what: string) => new RegExp(`^The model ${what}\\): \\*\\*Composing the image`);
const NEITHER = 'answered with neither words nor an image';
const MORE_TOKENS = /^(?=.*Max Tokens)(?=.*Reasoning Effort)/;
const OTHER_INPUT = /prompt or the input images/;
const ADDRESS = /^http:\/\/127\.0\.0\.1:\d+\/files\/[\w-]+(?:\.png)?$/;
const PROSE = 'A data URL looks like `data:image/png;base64,aGVsbG8=`, for example.';

const UPSTREAM = /^The service reported an error in its reply: The upstream model stopped working$/;
const INTERNAL = { httpCode: '200', type: 'server_error', code: 'internal_error' };
const LOST = /^The connection was lost in the middle of the reply$/;
const INSIDE = /^The reply ended inside an image$/;
const CUT = /^The reply of the service ended before it was complete$/;
const NO_IMAGE = /^The service sent something that is not an image in the place of one$/;
const SILENT = /^The service sent nothing for 1\.2 seconds$/;
const PARAMETERS = /^The service did not accept the request \(400\): Invalid request parameters$/;
const RATE = /^The service limits the rate of requests \(429\): Rate limit reached$/;
const FAILED = /^The service failed \(500\): Internal server error$/;
const BROKEN_LINK = /^The reply links to an image that cannot be loaded$/;
const BROKEN_LINK_AND_WORDS = new RegExp(`${BROKEN_LINK.source.slice(0, -1)}: ${DRAWN}$`);
const CUT_IMAGE = /^The reply holds an image that is cut off$/;
/** Hints. */
const COMPLETE = /^The reply was complete/;
const UNFINISHED = /^The reply ended without saying that it is complete$/;
const ONE_LINK_GONE = /^1 of 1 images that the reply links cannot be loaded$/;
const ONE_OF_TWO = /^1 of 2 images in the reply/;
const ONE_OF_ONE = /^1 of 1 images in the reply/;

const shapes = [
	draws('usage-last-chunk'),
	draws('no-done'),
	draws('markdown', COMPLETIONS, { text: /^Here is your image\.\s+Tell me what to change\.$/ }),
	draws('markdown', ENDPOINT),
	draws('content-array', COMPLETIONS, { text: 'Here is your image.' }),
	draws('content-array', ENDPOINT),
	draws('image-url'),
	fails('image-url-missing', BROKEN_LINK),
	fails('image-url-page', BROKEN_LINK),
	fails('image-url-away', BROKEN_LINK),
	draws('words-and-image-url-missing', CHAT, { images: 0, text: DRAWN, hint: ONE_LINK_GONE }),
	fails('words-and-image-url-missing', BROKEN_LINK_AND_WORDS, IMAGES),
	fails('words-and-image-url-missing', BROKEN_LINK, ENDPOINT),
	...['address', 'address-bare'].flatMap((profile) => [
		draws(profile, IMAGES, { fetches: 1 }),
		draws(profile, CHAT, { images: 0, text: ADDRESS, fetches: 0 }),
	]),
	fails('address-missing', BROKEN_LINK, IMAGES, {}, { fetches: 1 }),
	draws('address-missing', CHAT, { images: 0, text: ADDRESS, fetches: 0 }),
	draws('keep-alive'),
	draws('json-for-stream'),
	fails('error-mid-stream', UPSTREAM, ALL, INTERNAL),
	fails('error-after-image', UPSTREAM, ALL, INTERNAL),
	draws('end-after-image-no-finish', STREAMED, {
		finishReason: null,
		hasUsage: false,
		hint: UNFINISHED,
	}),
	draws('end-after-image-no-finish', [...JSONS, ...ENDPOINT]),
	draws('two-choices', ALL, { images: 2 }),
	draws('escaped'),
	draws('url-safe'),
	draws('reasoning-alias'),
	draws('no-usage', ALL, { hasUsage: false }),
	draws('usage-cost', FEW),
	draws('usage-null', ALL, { hasUsage: false }),
	draws('content-null'),
	draws('no-index'),
	draws('gzip'),
	draws('split-bytes'),
	draws('tiny-text'),
	draws('task-id', COMPLETIONS),
	fails('task-id', /^The service started a task instead of answering with an image$/, ENDPOINT),
	draws('b64-data-url'),
	draws('images-url'),
	draws('images-events'),
	draws('images-empty-data', COMPLETIONS),
	fails('images-empty-data', NOTHING, ENDPOINT),
];

const contents = [
	draws('two-images', ALL, { images: 2 }),
	draws('thought-images', ALL, { images: 3 }),
	...says('refusal', SORRY, 'content_filter', /^The model refused .* content_filter\): I am sorry/),
	...says('refusal-stop', SORRY, 'stop', /^The model answered .* reason: stop\): I am sorry/),
	...saysNothing(
		'empty-reply',
		'stop',
		reasoned(`${NEITHER} \\(finish reason: stop`),
		reasoned('answered without an image .* reason: stop'),
	),
	...saysNothing(
		'empty-length',
		'length',
		/^The model answered with neither words nor an image \(finish reason: length\)$/,
		/^The model answered without an image \(finish reason: length\)$/,
		MORE_TOKENS,
	),
	...saysNothing(
		'empty-filter',
		'content_filter',
		/^The model refused to answer \(finish reason: content_filter\)$/,
		/^The model refused the image \(finish reason: content_filter\)$/,
		OTHER_INPUT,
	),
	...says(
		'finish-length',
		'First I will sketch the',
		'length',
		/reason: length\): First I will/,
		MORE_TOKENS,
	),
	draws('finish-empty', ALL, { finishReason: null }),
	draws('finish-null', ALL, { finishReason: null }),
	...saysNothing(
		'native-finish-reason',
		'stop',
		reasoned('refused to answer .* image_prohibited_content'),
		reasoned('refused the image .* image_prohibited_content'),
		OTHER_INPUT,
	),
	...saysNothing(
		'delta-reasoning-only',
		'stop',
		reasoned(`${NEITHER} \\(finish reason: stop`),
		reasoned('answered without an image .* reason: stop'),
	),
	...says('images-null', WORDS, 'stop', /reason: stop\): I only have words today\.$/),
	...says('images-empty', WORDS, 'stop', /reason: stop\): I only have words today\.$/),
	draws('jpeg', ALL, { mimeType: 'image/jpeg' }),
	draws('webp', ALL, { mimeType: 'image/webp' }),
	draws('wrong-label', ALL, { mimeType: 'image/jpeg' }),
	draws('smaller', STREAMED.slice(0, 1), { pixels: [256, 256] }),
	draws('tiny', ALL, { pixels: [8, 8] }),
	// What is drawn is no judgement.
	draws('judge-1-*', FEW),
	draws('judge-words-1-*', FEW),
	fails('placeholder', NO_IMAGE),
	fails('not-an-image', NO_IMAGE),
	draws('first-image-cut', FEW, { hint: ONE_OF_TWO }),
	draws('second-image-cut', ALL, { hint: ONE_OF_TWO }),
	draws('second-image-damaged', ALL, { hint: ONE_OF_TWO }),
	fails('image-cut', CUT_IMAGE),
	draws('words-and-image-cut', CHAT, { images: 0, text: WORDS, hint: ONE_OF_ONE }),
	fails('words-and-image-cut', CUT_IMAGE, [...IMAGES, ...ENDPOINT]),
	draws('prose-base64', COMPLETIONS, { text: PROSE }),
	draws('prose-base64', ENDPOINT),
	draws('big-line', FEW, { pixels: [1024, 2730], text: /^(?:(?:图像 🎨)+|)$/ }),
	draws('size-2', ENDPOINT, { pixels: [1024, 682] }),
	draws('models-need-key', FEW),
	draws('models-empty', FEW),
	draws('no-image-models', FEW),
	draws('agent', FEW),
	draws('raw-key-only'),
	fails('gateway', /^Nexconn refused the API key \(401\)/, FEW),
	fails('bearer-only', /^Nexconn refused the API key \(401\)/, ALL, { httpCode: '401' }),
];

const errors = [
	fails('status-401', /^Nexconn refused the API key \(401\): Invalid API key provided$/),
	fails('status-402', /^The balance of the Nexconn account is used up \(402\)/, FEW),
	fails('status-404', /^Nexconn does not offer the model '[\w.-]+' \(404\): The model/, FEW),
	fails('status-413', /^The request is too large for the service \(413\)/, FEW),
	fails('status-418', /^The service, or a proxy in front of it, refused the request \(418\)/, FEW),
	fails('status-422', /^The service could not process the request \(422\)/, FEW),
	fails('status-504', /^The service took too long \(504\)/, FEW, { httpCode: '504' }),
	fails('status-520', /^The service failed \(520\)/, FEW, { httpCode: '520' }),
	fails('status-524', /^The service took too long \(524\)/, FEW, { httpCode: '524' }),
	fails('flat-error', PARAMETERS, ALL, { requestId: 'req-flat-1', code: 'invalid_parameters' }),
	fails('string-error', PARAMETERS),
	fails('message-error', PARAMETERS),
	fails('html-error', /^The service could not reach the model \(502\): 502 Bad Gateway$/),
	fails('text-error', /^Nexconn denied access \(403\): error code: 1010$/),
	fails('empty-error', /^The service failed \(500\)$/),
	fails('access-denied', /^Nexconn denied access \(403\)/, ALL, { type: 'access_denied_error' }),
	fails('upstream-502', /^The service could not reach the model \(502\)/, ALL, {
		type: 'upstream_error',
	}),
	fails('key-echo', /^Nexconn refused the API key \(401\): Invalid API key provided: \*\*\*$/),
	fails('base64-echo', /\(400\): Cannot read \[base64\] as an image$/),
	fails('big-error', /^The service failed \(500\): 500 Internal Server Error$/),
	fails('request-id', FAILED, ALL, { requestId: 'req-emulator-1' }),
	fails('qiniu-request-id', FAILED, ALL, { requestId: 'req-qiniu-1' }),
	fails('error-200', /in its reply: Internal server error$/, ALL, INTERNAL),
	fails('error-200-string', /in its reply: Something went wrong upstream$/),
	fails('key-echo-200', /in its reply: Invalid API key provided: \*\*\*$/),
	fails('redirect', /^The service answered with a redirect \(307\): to http:.*\/v1\/\w+\/\w+$/),
	fails('redirect-away', /^The service .* redirect \(302\): to http:\/\/127\.0\.0\.1:1\/$/),
];

/** With one retry. */
const busy = [
	draws('busy-1-*', FEW, { posts: 2 }),
	draws('busy-after-1-*', CHAT.slice(1), { posts: 2 }),
	draws('busy-date-*', ENDPOINT.slice(0, 1), { posts: 2 }),
	draws('busy-ms-300-*', FEW.slice(0, 1), { posts: 2 }),
	draws('busy-delay-1-*', CHAT.slice(0, 1), { posts: 2 }),
	draws('busy-words-1-*', FEW.slice(1), { posts: 2 }),
	...['busy-ms-3600000-*', 'busy-delay-3600-*', 'busy-words-3600-*'].map((profile) =>
		fails(profile, /\(429\): .*It asks to wait 60 minutes$/, FEW, { httpCode: '429' }),
	),
	fails('daily-quota', /\(429\): You exceeded your current quota/, [...FEW, ...CHAT]),
	fails('insufficient-quota', /\(429\): You exceeded your current quota/, FEW, {
		code: 'insufficient_quota',
	}),
	draws('overloaded-1-*', CHAT.slice(0, 1), { posts: 2 }),
	fails('overloaded-9-*', /^The service is overloaded .*\(503\)/, FEW, {}, { posts: 2 }),
	draws('quota-60-*', FEW),
	draws('quota-untold-60-*', FEW),
	fails('spent-0', /^The balance of the Nexconn account is used up \(402\)/, FEW),
	fails('busy-forever', RATE, ENDPOINT.slice(1), { httpCode: '429' }, { posts: 2 }),
	fails('busy-hour', /\(429\): Rate limit reached\. It asks to wait 60 minutes$/, ALL, {
		httpCode: '429',
	}),
];

const faults = [
	fails('reset-before-headers', /could not be reached: the connection was closed before/),
	fails('reset-after-headers', LOST),
	fails('reset-in-image', LOST),
	fails('reset-in-escape', LOST),
	fails('end-in-image', INSIDE),
	fails('end-before-finish', CUT, STREAMED),
	fails('end-before-finish', INSIDE, [...JSONS, ...ENDPOINT]),
	fails('cut-content-length', LOST),
	fails('stall-before-headers', SILENT, FEW),
	fails('stall-mid-stream', SILENT, FEW),
	fails('stall-in-image', SILENT, FEW),
	draws('stall-after-done', ALL),
	draws('trickle-400', FEW.slice(0, 1), { withinMs: 8000 }),
	draws('typing-50', FEW),
	draws('slow-300', FEW),
	// What becomes of a large upload, `errors.test.ts` tells.
	draws('reset-in-upload-*', FEW),
	fails('refuse-upload', /^The request is too large for the service \(413\)/),
];

const late = { hint: COMPLETE };
/** Words and a finish reason, which may be a heartbeat: nothing says that this is all. */
const WORDS_ALONE = 'refusal-stop+no-usage';
const wordsAlone = { images: 0, text: SORRY, hasUsage: false, ...late };
const SORRY_ALONE = /^The model answered without an image \(finish reason: stop\): I am sorry/;

/** Each wait is one Timeout, or a little more. */
const endings = [
	draws('reset-after-finish', ALL, late),
	draws('close-after-finish', [...FEW, ...ENDPOINT.slice(0, 1)], late),
	draws('stall-after-finish', ['image to image, stream', 'chat, JSON'], late),
	draws('comments-after-finish', ['text to image, stream', 'text to image, images'], late),
	draws('deltas-after-finish', ['chat, stream'], late),
	draws('error-after-finish', ALL, late),
	draws('content-length-too-large', [...FEW, ...ENDPOINT.slice(0, 1)], late),
	draws('garbage-after-json', STREAMED.slice(0, 1)),
	draws('garbage-after-json', [...JSONS, ...ENDPOINT], late),
	draws('images-events+reset-after-finish', ENDPOINT, late),
	draws('images-events+comments-after-finish', ENDPOINT.slice(0, 1), late),

	draws('refusal-stop+reset-after-finish', CHAT, { images: 0, text: SORRY, ...late }),
	fails('refusal-stop+reset-after-finish', SORRY_ALONE, FEW, { finishReason: 'stop' }),
	fails('refusal-stop+error-after-finish', UPSTREAM, JSONS, INTERNAL),
	draws(`${WORDS_ALONE}+deltas-after-finish`, ['chat, stream'], wordsAlone),
	fails(`${WORDS_ALONE}+comments-after-finish`, SORRY_ALONE, ['text to image, stream']),

	fails('reset-after-image', LOST, STREAMED),
	fails('stop-before-image-reset', LOST, STREAMED),
	draws('stop-before-image-stall', ['text to image, stream'], { hasUsage: false, ...late }),
	draws('stop-around-image', ['chat, stream'], { hasUsage: false, ...late }),
	draws('words-after-image', ['image to image, stream'], { text: 'Slowly I find my words.' }),
];

export const OUTCOMES: Outcome[] = [
	...shapes,
	...contents,
	...errors,
	...busy,
	...faults,
	...endings,
];
