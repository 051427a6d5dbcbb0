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

/** A reply without an image, which is a normal one for a chat alone. */
function says(profile: string, text: string | RegExp, finishReason: string, error: RegExp) {
	const nothing = /^The model answered without an image \(finish reason: none given\)$/;
	return [
		draws(profile, CHAT, { images: 0, text, finishReason }),
		fails(profile, error, IMAGES, { finishReason }),
		fails(profile, nothing, ENDPOINT),
	];
}

const SORRY = 'I am sorry, but I cannot create this image.';
const WORDS = 'I only have words today.';
const reasoned = (what: string) => new RegExp(`^The model ${what}\\): \\*\\*Composing the image`);
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

const shapes = [
	draws('usage-last-chunk'),
	draws('no-done'),
	draws('markdown', COMPLETIONS, { text: /^Here is your image\.\s+Tell me what to change\.$/ }),
	draws('markdown', ENDPOINT),
	draws('content-array', COMPLETIONS, { text: 'Here is your image.' }),
	draws('content-array', ENDPOINT),
	draws('image-url'),
	...['image-url-missing', 'image-url-page', 'image-url-away'].flatMap((profile) => [
		draws(profile, CHAT, { images: 0, hint: /^1 of 1 images that the reply links cannot be/ }),
		fails(profile, BROKEN_LINK, [...IMAGES, ...ENDPOINT]),
	]),
	draws('keep-alive'),
	draws('json-for-stream'),
	fails('error-mid-stream', UPSTREAM, ALL, INTERNAL),
	fails('error-after-image', UPSTREAM, ALL, INTERNAL),
	draws('end-after-image-no-finish', STREAMED, {
		finishReason: null,
		hasUsage: false,
		hint: /^The reply ended without saying that it is complete$/,
	}),
	draws('end-after-image-no-finish', [...JSONS, ...ENDPOINT]),
	draws('two-choices', ALL, { images: 2 }),
	draws('escaped'),
	draws('url-safe'),
	draws('reasoning-alias'),
	draws('no-usage', ALL, { hasUsage: false }),
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
	draws('images-empty-data', COMPLETIONS),
	fails('images-empty-data', /^The model answered without an image/, ENDPOINT),
];

const contents = [
	draws('two-images', ALL, { images: 2 }),
	draws('thought-images', ALL, { images: 3 }),
	...says('refusal', SORRY, 'content_filter', /^The model refused .* content_filter\): I am sorry/),
	...says('refusal-stop', SORRY, 'stop', /^The model answered .* reason: stop\): I am sorry/),
	...says('empty-reply', '', 'stop', reasoned('answered .* reason: stop')),
	...says('finish-length', 'First I will sketch the', 'length', /reason: length\): First I will/),
	draws('finish-empty', ALL, { finishReason: null }),
	draws('finish-null', ALL, { finishReason: null }),
	...says('native-finish-reason', '', 'stop', reasoned('refused .* image_prohibited_content')),
	...says('delta-reasoning-only', '', 'stop', reasoned('answered .* reason: stop')),
	...says('images-null', WORDS, 'stop', /reason: stop\): I only have words today\.$/),
	...says('images-empty', WORDS, 'stop', /reason: stop\): I only have words today\.$/),
	draws('jpeg', ALL, { mimeType: 'image/jpeg' }),
	draws('webp', ALL, { mimeType: 'image/webp' }),
	draws('wrong-label', ALL, { mimeType: 'image/jpeg' }),
	draws('smaller', STREAMED.slice(0, 1), { pixels: [256, 256] }),
	draws('tiny', ALL, { pixels: [8, 8] }),
	fails('placeholder', NO_IMAGE),
	fails('not-an-image', NO_IMAGE),
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
	fails('status-404', /^The service does not know this address or model \(404\)/, FEW),
	fails('status-413', /^The request is too large for the service \(413\)/, FEW),
	fails('status-418', /^The service did not accept the request \(418\)/, FEW),
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

export const OUTCOMES: Outcome[] = [...shapes, ...contents, ...errors, ...busy, ...faults];
