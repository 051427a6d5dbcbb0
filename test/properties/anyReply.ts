import fc from 'fast-check';

import { anySpelling, spell, unicode, type Spelling } from './spelling';

/** A reply of the service, with what a reader must find in it. */
export interface AnyReply {
	reply: string;
	isEventStream: boolean;
	text: string;
	reasoning: string | null;
	finishReason: string | null;
	usage: object | null;
	/** As base64, in the order of the reply, as often as they stand there. */
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
	place: 'images' | 'part' | 'markdown' | 'prose';
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
		place: fc.constantFrom('images', 'part', 'markdown', 'prose'),
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
	return { ...saidBy(document, byChoice.flat()), ...filled(json, pieces) };
}

function imagesReply(document: Document): AnyReply {
	const { pieces, usage } = document;
	const images = pieces.filter((piece) => piece.kind === 'image');
	const data = images.map((piece, index) => {
		const isUrl = piece.place === 'part' || piece.place === 'prose';
		return { b64_json: (isUrl ? DATA_URL : '') + tokenOf(piece, pieces), index };
	});
	const json = written(document, { created: 1, data, usage });
	return { ...saidBy({ ...document, finish: null }, []), ...filled(json, pieces) };
}

function eventStream(document: Document): AnyReply {
	const { pieces, finish, usage, usageAt, eol } = document;
	const values: Array<Record<string, unknown>> = [
		...choicesOf(pieces).map((index) => chunk(index, { role: 'assistant', content: '' }, null)),
		...pieces.map((piece) => {
			const asParts = piece.kind === 'image' && piece.place === 'part';
			return chunk(piece.choice, messageOf([piece], pieces, asParts), '');
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
	return { ...saidBy(document, pieces), ...filled(stream, pieces) };
}

const DATA_URL = 'data:image/png;base64,';

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
	const parts: object[] = [];
	const images: object[] = [];
	let reasoning = '';
	for (const piece of own) {
		if (piece.kind === 'reasoning') reasoning += piece.text;
		if (piece.kind === 'text') parts.push({ type: 'text', text: piece.text });
		if (piece.kind !== 'image') continue;
		const url = DATA_URL + tokenOf(piece, all);
		const image = { type: 'image_url', image_url: { url } };
		if (piece.place === 'markdown') parts.push({ text: `![image](${url})` });
		else if (piece.place === 'prose') parts.push({ text: `Look: ${url}${piece.tail}` });
		else (asParts && piece.place === 'part' ? parts : images).push(image);
	}
	const content = parts.map((part) => ('text' in part ? part.text : '')).join('');
	return {
		content: asParts ? parts : content,
		...(reasoning && { reasoning_content: reasoning }),
		...(images.length > 0 && { images }),
	};
}

/** What a reader must find, whatever the shape, given the order of the pieces. */
function saidBy(document: Document, pieces: Piece[]): Omit<AnyReply, 'reply' | 'images'> {
	const textOf = (piece: Piece) => {
		if (piece.kind === 'image') return piece.place === 'prose' ? `Look: ${piece.tail}` : '';
		return piece.kind === 'text' ? piece.text : '';
	};
	const texts = [0, 1].map((index) => piecesOf(pieces, index).map(textOf).join(''));
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
function filled(text: string, pieces: Piece[]): Pick<AnyReply, 'reply' | 'images'> {
	const images: string[] = [];
	const reply = text.replace(/\{\{(\d+)\}\}/g, (_token, index: number) => {
		const piece = pieces[index] as ImagePiece;
		images.push(piece.image.toString('base64'));
		return spell(piece.image, piece.spelling);
	});
	return { reply, images };
}
