import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

export interface RecordedRequest {
	method: string;
	path: string;
	/** The path segment before /v1, '' without one. */
	profile: string;
	headers: IncomingHttpHeaders;
	bytes: number;
	/** Parsed JSON, each base64 data URL shortened to 'data:image/png;base64,<N bytes sha256=HEX>'. */
	body: unknown;
}

export interface Emulator {
	origin: string;
	port: number;
	apiKey: string;
	baseUrl(profile?: string): string;
	requests: RecordedRequest[];
	openSockets(): number;
	/** The most requests that were served at the same time since the last call. */
	peakRequests(): number;
	close(): Promise<void>;
}

export interface EmulatorOptions {
	port?: number;
	apiKey?: string;
	latencyMs?: number;
	/** Serves https with a certificate that nobody trusts. */
	tls?: boolean;
}

export type ImageFormat = 'png' | 'jpeg' | 'webp';

export interface Image {
	bytes: Buffer;
	mime: string;
	/** Set when the reply links to the image and does not carry it. */
	url?: string;
}

/** A validated request, the same for all three POST routes. */
export interface Ask {
	endpoint: 'chat' | 'images';
	model: string;
	prompt: string;
	inputs: string[];
	system: string;
	earlierTurns: number;
	stream: boolean;
	draws: boolean;
	aspectRatio?: string;
	imageSize?: string;
}

export interface Usage {
	textIn: number;
	imagesIn: number;
	reasoning: number;
	text: number;
	images: number;
}

/** What the model says, before it is put in one of the wire formats. */
export interface Turn {
	id: string;
	created: number;
	model: string;
	reasoning: string;
	text: string;
	images: Image[];
	finishReason: string | null;
	nativeFinishReason?: string;
	usage: Usage;
}

export type Encoding = 'plain' | 'escaped' | 'urlSafe';

export type Act = { act: 'reset' | 'close' | 'end' | 'stall' } | { wait: number };

export interface ImagePiece {
	image: Image;
	encoding: Encoding;
	until?: 'half' | 'backslash';
}

/** A reply body is a list of text, base64 written while it is sent, and things that happen. */
export type Piece = string | ImagePiece | Act;

export type FrameKind =
	| 'reasoning'
	| 'text'
	| 'image'
	| 'finish'
	| 'usage'
	| 'done'
	| 'error'
	| 'json'
	| 'extra';

export interface Frame {
	kind: FrameKind;
	pieces: Piece[];
}

/** How a turn is put on the wire; profiles change single members. */
export interface Style {
	sse: boolean;
	images: 'list' | 'markdown' | 'parts';
	/** Images endpoints answer with events. */
	imageEvents: boolean;
	/** What `images` holds without an image; undefined leaves the field out. */
	noImages: null | [] | undefined;
	reasoningField: 'reasoning_content' | 'reasoning';
	usage: 'chunk' | 'lastChunk' | 'none' | 'null';
	done: boolean;
	keepAlive: boolean;
	encoding: Encoding;
	finishWithImage: boolean;
	imagesPerChunk: number;
	twoChoices: boolean;
	textStep: number;
	format: ImageFormat;
	/** The MIME type that the reply claims, when it is not that of the bytes. */
	label: string | undefined;
	scale: number;
	count: number;
	gzip: boolean;
	/** Writes the first `fine` bytes 1-7 at a time, the rest in writes of `then` bytes. */
	pace: { fine: number; then: number } | undefined;
	contentLength: boolean;
	/** A few pixels that tell the prompt, in place of a painted image. */
	tiny: boolean;
}

export interface Host {
	origin: string;
	apiKey: string;
	latencyMs: number;
	/** Requests seen by counting profiles, by path segment. */
	counts: Map<string, number>;
	/** What counts requests against a quota, by path segment: gives the wait of a refused one. */
	quotas: Map<string, () => number>;
	/** Images that replies link to, by file name. */
	files: Map<string, Image>;
	requests: RecordedRequest[];
}

export interface Exchange {
	host: Host;
	req: IncomingMessage;
	res: ServerResponse;
	/** Aborted once the client is gone or the emulator closes. */
	signal: AbortSignal;
	/** The path after /v1. */
	path: string;
	profiles: Chosen[];
	record: RecordedRequest;
	/** Undefined when the request body was not JSON. */
	body: unknown;
}

export interface Profile {
	description: string;
	/** The range of the number in `<name>-<n>`. */
	number?: [min: number, max: number];
	/** What may follow in `<name>-<which>`. */
	names?: string[];
	/** May carry a suffix of letters, which gives a test its own counter. */
	counted?: true;
	scheme?: 'raw' | 'bearer';
	modelsNeedKey?: true;
	models?: (ids: string[]) => string[];
	/** Before authentication and before the request body is read; true when it answered. */
	early?: (exchange: Exchange, segment: string) => boolean | Promise<boolean>;
	/** Before validation; true when it answered. */
	answer?: (exchange: Exchange, n: number, segment: string) => boolean | Promise<boolean>;
	style?: Partial<Style>;
	turn?: (turn: Turn, exchange: Exchange, n: number, segment: string) => void | Promise<void>;
	imagesBody?: (body: Record<string, unknown>, turn: Turn, exchange: Exchange) => object;
	frames?: (frames: Frame[], n: number) => Frame[];
}

export interface Chosen {
	profile: Profile;
	n: number;
	segment: string;
}
