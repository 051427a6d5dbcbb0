import { lexer, type MarkedToken, type Tokens } from 'marked';

/** A workflow as a file of `examples` has it. */
export interface Flow {
	active: boolean;
	nodes: FlowNode[];
	/** By the name of a node and the type of connection: the nodes that each output leads to. */
	connections: Record<string, Record<string, Array<Array<{ node: string }>>>>;
}

export interface FlowNode {
	name: string;
	type: string;
	typeVersion: number;
	position: [x: number, y: number];
	parameters: Record<string, unknown>;
	credentials?: Record<string, { id: string | null; name: string }>;
}

interface Box {
	name: string;
	left: number;
	top: number;
	right: number;
	bottom: number;
}

export const STICKY_NOTE = 'n8n-nodes-base.stickyNote';

/**
 * How n8n's editor draws, measured in n8n 2.41 in pixels: a node is a square, wider if others hang
 * below it; its name stands below, in lines of at most `NAME`, and some nodes have a subtitle.
 */
const [NODE, PARENT, NAME, NAME_LINE, SUBTITLE] = [96, 224, 192, 20, 16];
/** Within a note: the border and padding on both sides, and the space between its blocks. */
const [PADDING, BLOCK_GAP, ITEM_GAP] = [26, 8, 4];
/** The width of a character as a share of the font size; the font's own is some 0.45. */
const CHARACTER = 0.47;
const FONT = { size: 14, line: 18.9 };
const HEADINGS = [
	{ size: 32, line: 43.2 },
	{ size: 24, line: 32.4 },
	{ size: 16, line: 21.6 },
];
/** What the number or dot of a list takes of its width. */
const LIST_INDENT = 24;

/** Each pair of nodes and notes that touch, as n8n's editor draws them. */
export function touching({ nodes, connections }: Flow): string[] {
	const parents = new Set(
		Object.values(connections).flatMap((outputs) =>
			Object.entries(outputs)
				.filter(([type]) => type !== 'main')
				.flatMap(([, ends]) => ends.flat().map(({ node }) => node)),
		),
	);
	const boxes = nodes.map((node) => (isNote(node) ? noteBox(node) : nodeBox(node, parents)));
	return boxes.flatMap((one, index) =>
		boxes
			.slice(index + 1)
			.filter((other) => meet(one, other))
			.map((other) => `${one.name} and ${other.name}`),
	);
}

/** The notes whose text is longer than they are high. */
export function overfullNotes({ nodes }: Flow): string[] {
	const overfull = nodes.filter(isNote).filter((note) => {
		const { content, width, height } = note.parameters as unknown as Note;
		return heightOf(content, width - PADDING) + PADDING > height;
	});
	return overfull.map(({ name }) => name);
}

interface Note {
	content: string;
	width: number;
	height: number;
}

const isNote = ({ type }: FlowNode): boolean => type === STICKY_NOTE;

const meet = (one: Box, other: Box): boolean =>
	one.left <= other.right &&
	other.left <= one.right &&
	one.top <= other.bottom &&
	other.top <= one.bottom;

function noteBox({ name, position: [left, top], parameters }: FlowNode): Box {
	const { width, height } = parameters as unknown as Note;
	return { name, left, top, right: left + width, bottom: top + height };
}

function nodeBox({ name, position: [left, top] }: FlowNode, parents: Set<string>): Box {
	const width = parents.has(name) ? PARENT : NODE;
	const words = name.length * FONT.size * CHARACTER;
	const aside = Math.max(0, Math.min(words, NAME) - width) / 2;
	const bottom = top + NODE + Math.ceil(words / NAME) * NAME_LINE + SUBTITLE;
	return { name, left: left - aside, top, right: left + width + aside, bottom };
}

/** The height of Markdown in a note, in pixels, rather too large than too small. */
function heightOf(content: string, width: number): number {
	const blocks = lexer(content).filter(({ type }) => type !== 'space') as MarkedToken[];
	const gaps = BLOCK_GAP * (blocks.length - 1);
	return gaps + blocks.reduce((sum, block) => sum + blockHeight(block, width), 0);
}

function blockHeight(block: MarkedToken, width: number): number {
	if (block.type === 'heading') return linesOf(block.text, width, HEADINGS[block.depth - 1]);
	if (block.type !== 'list') return linesOf(block.raw, width);
	const heights = (block.items as Tokens.ListItem[]).map(
		({ text }) => ITEM_GAP + linesOf(text, width - LIST_INDENT),
	);
	return heights.reduce((sum, height) => sum + height, 0);
}

function linesOf(text: string, width: number, { size, line } = FONT): number {
	const perLine = width / (size * CHARACTER);
	const shown = text.trim().replace(/[*`]/g, '').split('\n');
	return shown.reduce((sum, each) => sum + Math.ceil(each.length / perLine) * line, 0);
}
