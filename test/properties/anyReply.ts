import fc from 'fast-check';

import { joined, withoutDrafts } from './readWhole';
import { anySpelling, spell, unicode, type Spelling } from './spelling';

/** A reply of the service, with what a reader must find in it. */
export interface AnyReply {
	reply: string;
	isEventStream: boolean;
	text: string;
	reasoning: string | null;
	finishReason: string | null;
	usage: object | null;
	/** As base64, in the order of the reply, each once. */
	images: string[];
}

type Piece = Saying | ImagePiece;

interface Saying {
	kind: 'text' | 'reasoning';
	text: string;
	choice: number;
}

interface ImagePiece {
	kind: 'image';
	place: (typeof PLACES)[number];
	/** What stands in front of the base64 where a URL is due. */
	head: string;
	/** What stands behind a data URL in prose. */
	tail: string;
	image: Buffer;
	spelling: Spelling;
	choice: number;
}

interface Document {
	pieces: Piece[];
	/** Text parts and image parts instead of one text. */
	asParts: boolean;
	finish: string | null;
	finishTogether: boolean;
	usage: object | null;
	usageAt: number;
	isPretty: boolean;
	escapes: Array<'slashes' | 'unicode'>;
	isEventStream: boolean;
	done: boolean;
	eol: string;
	lines: string[];
	withoutEnd: boolean;
}

/** Where an image may stand: see `docs/architecture.md`. */
const PLACES = [
	'images',
	'part',
	'inline',
	'list',
	'markdown',
	'linked',
	'html',
	'prose',
	'thought',
] as const;

const HEADS = [
	'data:image/png;base64,',
	'data:image/png;base64,',
	'data:image/png;base64,',
	'DATA:IMAGE/PNG;BASE64,',
	'data:image/png;name="a.png";base64,',
	'data:application/octet-stream;base64,',
	'data:;base64,',
	'data:image/png;base64, ',
];

/** Text that a reader may trip over: what images and events begin with, brackets, several bytes. */
const SNIPPETS = [
	'猫 🐈',
	'data:image',
	'data:image/png;base64,',
	'data:image/png;base64,iVBORw0KGgo= ',
	'"b64_json":"',
	'"b64_json": ',
	'\\',
	'\\u00',
	'\n\n',
	'[0, 5) ',
	'![',
	'a/b+c==',
	'[DONE]',
	'\r\ndata: {"choices":',
];

/** Lines that an event stream may hold and no reader needs. */
const EXTRA_LINES = [
	': ping',
	': OPENROUTER PROCESSING',
	':',
	'event: message',
	'id: 1',
	'retry: 9',
];

const anyText = fc
	.array(
		fc.oneof(
			fc.constantFrom(...SNIPPETS),
			fc.string({ maxLength: 12 }),
			fc.string({ unit: 'grapheme', maxLength: 6 }),
			fc.string({ unit: 'binary', maxLength: 4 }),
		),
		{ minLength: 1, maxLength: 4 },
	)
	.map((texts) => texts.join(''));

function anyDocument(images: Buffer[]): fc.Arbitrary<Document> {
	const choice = fc.constantFrom(0, 0, 0, 1);
	const text = fc.record<Saying>({
		kind: fc.constantFrom('text', 'text', 'reasoning'),
		text: anyText,
		choice,
	});
	const image = fc.record<ImagePiece>({
		kind: fc.constant('image'),
		place: fc.constantFrom(...PLACES),
		head: fc.constantFrom(...HEADS),
		tail: fc.constantFrom(' ', '\n\n', '.', ',', '"', '>', ')'),
		image: fc.constantFrom(...images),
		spelling: anySpelling,
		choice,
	});
	return fc.record<Document>({
		pieces: fc.array(fc.oneof(text, image, image), { maxLength: 4 }),
		asParts: fc.boolean(),
		finish: fc.constantFrom('stop', 'length', 'content_filter', '', null),
		finishTogether: fc.boolean(),
		usage: fc.constantFrom(null, { total_tokens: 3 }, { input_tokens: 1, extra: { a: [null] } }),
		usageAt: fc.nat(9),
		isPretty: fc.boolean(),
		escapes: fc.subarray(['slashes', 'unicode']),
		isEventStream: fc.boolean(),
		done: fc.boolean(),
		eol: fc.constantFrom('\n', '\r\n', '\r'),
		lines: fc.array(fc.constantFrom('', ...EXTRA_LINES), { maxLength: 6 }),
		withoutEnd: fc.boolean(),
	});
}

/** Any reply of the shapes that `docs/architecture.md` lists, with some of `images` in it. */
export function anyReply(images: Buffer[]): fc.Arbitrary<AnyReply> {
	const builders = fc.constantFrom(completion, eventStream, imagesReply);
	return fc.tuple(anyDocument(images), builders).map(([document, build]) => build(document));
}

function completion(document: Document): AnyReply {
	const { pieces, asParts, finish, usage } = document;
	const byChoice = choicesOf(pieces).map((index) => piecesOf(pieces, index));
	const choices = byChoice.map((own, index) => ({
		index,
		message: messageOf(own, pieces, asParts),
		finish_reason: finish,
	}));
	const json = written(document, { id: 'c1', choices, usage });
	return { ...saidBy(document, byChoice.flat(), asParts), ...filled(json, pieces) };
}

function imagesReply(document: Document): AnyReply {
	const { pieces, usage } = document;
	const images = pieces.filter((piece) => piece.kind === 'image');
	const data = images.map((piece, index) => {
		const isUrl = piece.place === 'part' || piece.place === 'prose';
		return { b64_json: (isUrl ? piece.head : '') + tokenOf(piece, pieces), index };
	});
	const json = written(document, { created: 1, data, usage });
	return { ...saidBy({ ...document, finish: null }, [], false), ...filled(json, pieces, false) };
}

function eventStream(document: Document): AnyReply {
	const { pieces, finish, usage, usageAt, eol } = document;
	const values: Array<Record<string, unknown>> = [
		...choicesOf(pieces).map((index) => chunk(index, { role: 'assistant', content: '' }, null)),
		...pieces.map((piece) => {
			const isPart = piece.kind === 'image' && piece.place === 'part';
			return chunk(piece.choice, messageOf([piece], pieces, document.asParts || isPart), '');
		}),
	];
	if (document.finishTogether)
		Object.assign(values.at(-1)!.choices![0 as never], { finish_reason: finish });
	else values.push(chunk(0, {}, finish));
	if (usageAt < values.length) values[usageAt]!.usage = usage;
	else values.push({ choices: [], usage });
	const isOpen = !finish && !pieces.some(({ kind }) => kind === 'image');
	const data = values.map((value) => written({ ...document, isPretty: false }, value));
	if (document.done || isOpen) data.push('[DONE]');
	const events = data.map((text, at) => {
		const extra = document.lines[at] ? document.lines[at] + eol.repeat(1 + (at % 2)) : '';
		return `${extra}data: ${text}`;
	});
	const stream = events.join(eol + eol) + (document.withoutEnd ? '' : eol + eol);
	return { ...saidBy(document, pieces, true), ...filled(stream, pieces) };
}

const chunk = (index: number, delta: object, finish: string | null) => ({
	choices: [{ index, delta, finish_reason: finish }],
});

const choicesOf = (pieces: Piece[]) => (pieces.some(({ choice }) => choice === 1) ? [0, 1] : [0]);

const piecesOf = (pieces: Piece[], index: number) =>
	pieces.filter(({ choice }) => choice === index);

/** The place of the base64 of an image until {@link filled}. */
const tokenOf = (piece: Piece, all: Piece[]) => `{{${all.indexOf(piece)}}}`;

/** A message or a delta of these pieces. */
function messageOf(own: Piece[], all: Piece[], asParts: boolean): object {
	const parts: Array<{ type?: string; text?: string; thought?: boolean }> = [];
	const images: unknown[] = [];
	const inline: object[] = [];
	let reasoning = '';
	const think = (text: string) => {
		if (asParts) parts.push({ text, thought: true });
		else reasoning += text;
	};
	for (const piece of own) {
		if (piece.kind === 'reasoning') think(piece.text);
		if (piece.kind === 'text') parts.push({ type: 'text', text: piece.text });
		if (piece.kind !== 'image') continue;
		const base64 = tokenOf(piece, all);
		const url = piece.head + base64;
		const image = { type: 'image_url', image_url: { url } };
		const prose = proseAround(piece, url);
		if (piece.place === 'thought') think(prose);
		else if (prose !== '') parts.push({ text: prose });
		else if (piece.place === 'inline') inline.push({ inline_data: { data: base64 } });
		else if (piece.place === 'list') images.push(piece.choice === 0 ? url : base64);
		else (asParts && piece.place === 'part' ? parts : images).push(image);
	}
	return {
		content: asParts ? parts : parts.map(({ text = '' }) => text).join(''),
		...(reasoning && { reasoning_content: reasoning }),
		...(images.length > 0 && { images }),
		...(inline.length > 0 && { multi_mod_content: inline }),
	};
}

/** The words that an image stands in; none if it has a place of its own. */
function proseAround({ place, tail }: ImagePiece, url: string): string {
	if (place === 'markdown' || place === 'thought') return `![image](${url})`;
	if (place === 'linked') return `[![t](${url})](https://example.com/)`;
	if (place === 'html') return `<img alt="a" src='${url}'>`;
	return place === 'prose' ? `Look: ${url}${tail}` : '';
}

/** Where an image stands among words. */
const MARKUP = '\uE000';

const isInWords = ({ place }: ImagePiece): boolean =>
	['markdown', 'linked', 'html', 'prose'].includes(place);

/** What a reader must find, whatever the shape, given the order of the pieces. */
function saidBy(
	document: Document,
	pieces: Piece[],
	hasParts: boolean,
): Omit<AnyReply, 'reply' | 'images'> {
	const textOf = (piece: Piece) => {
		if (piece.kind === 'text') return piece.text;
		if (piece.kind !== 'image' || !isInWords(piece)) return '';
		return piece.place === 'prose' ? `Look: ${MARKUP}${piece.tail}` : MARKUP;
	};
	const texts = [0, 1].map((index) => {
		let isBehindImage = false;
		const text = piecesOf(pieces, index).reduce((before, piece) => {
			if (hasParts && piece.kind === 'image' && piece.place === 'part') isBehindImage = true;
			const after = textOf(piece);
			const all = joined(before, after, isBehindImage);
			isBehindImage &&= after === '';
			return all;
		}, '');
		return text.replaceAll(MARKUP, '');
	});
	const thoughts = pieces.map((piece) => (piece.kind === 'reasoning' ? piece.text : ''));
	return {
		isEventStream: document.isEventStream,
		text: texts
			.filter((text) => text !== '')
			.join('\n\n')
			.trim(),
		reasoning: thoughts.join('') || null,
		finishReason: document.finish || null,
		usage: document.usage,
	};
}

function written({ isPretty, escapes }: Document, value: object): string {
	let json = JSON.stringify(value, null, isPretty ? 1 : undefined);
	if (escapes.includes('slashes')) json = json.replaceAll('/', '\\/');
	if (escapes.includes('unicode')) json = json.replace(/[\x7f-\uffff]/g, unicode);
	return json;
}

/** `text` with the base64 of the images in the place of their tokens. */
function filled(
	text: string,
	pieces: Piece[],
	hasThoughts = true,
): Pick<AnyReply, 'reply' | 'images'> {
	const images: string[] = [];
	const drafts = new Set<number>();
	const reply = text.replace(/\{\{(\d+)\}\}/g, (_token, index: number) => {
		const piece = pieces[index] as ImagePiece;
		if (hasThoughts && piece.place === 'thought') drafts.add(images.length);
		images.push(piece.image.toString('base64'));
		return spell(piece.image, piece.spelling);
	});
	return { reply, images: withoutDrafts(images, drafts) };
}
