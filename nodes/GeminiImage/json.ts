/** Readings of JSON whose shape nobody guarantees: the value if it has the type, else undefined. */

export type JsonObject = Record<string, unknown>;

export function asObject(value: unknown): JsonObject | undefined {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
		? (value as JsonObject)
		: undefined;
}

export function asArray(value: unknown): unknown[] {
	return Array.isArray(value) ? value : [];
}

/** Text that says something: a non-empty string, or a number. */
export function asText(value: unknown): string | undefined {
	if (typeof value === 'number') return String(value);
	return typeof value === 'string' && value !== '' ? value : undefined;
}

export function asNumber(value: unknown): number | undefined {
	return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The first `most` fields of an object, or entries of a list: to list them all may take a second. */
export function fieldsOf(value: unknown, most: number): Array<[name: string, value: unknown]> {
	if (Array.isArray(value)) return Object.entries(value.slice(0, most));
	const object = asObject(value) ?? {};
	const names: string[] = [];
	for (const name in object) {
		if (names.length === most) break;
		names.push(name);
	}
	return names.map((name) => [name, object[name]]);
}

/** Whether a value is nested deeper than so many levels, or holds itself. */
export function isDeeperThan(levels: number, root: unknown): boolean {
	let level = [root].filter(isNested);
	for (let depth = 0; level.length > 0; depth++) {
		if (depth === levels) return true;
		// What several share is looked at once.
		level = [...new Set(level.flatMap((value) => Object.values(value)))].filter(isNested);
	}
	return false;
}

function isNested(value: unknown): value is object {
	return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
}

/** What a value is, in a word for a message. */
export function kindOf(value: unknown): string {
	if (Array.isArray(value)) return 'a list';
	return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** No service nests deeper; millions of brackets would take JSON.parse most of a second. */
const MAX_DEPTH = 100_000;

/** The value of a JSON text from anywhere. @throws SyntaxError */
export function parseJson(text: string): unknown {
	if (isTooDeep(text)) throw new SyntaxError('The JSON is nested too deep');
	return JSON.parse(text);
}

function isTooDeep(text: string): boolean {
	if (text.length < MAX_DEPTH) return false;
	const scan = createJsonScan();
	scan.push(text);
	return scan.isTooDeep();
}

const codesOf = (chars: string) => [...chars].map((char) => char.charCodeAt(0));
const [QUOTE, BACKSLASH] = codesOf('"\\');
const OPENING = codesOf('[{');
const CLOSING = codesOf(']}');

/** Follows the brackets of a JSON text that arrives in pieces. */
export function createJsonScan() {
	let depth = 0;
	let isInString = false;
	let isEscaped = false;

	return {
		/** How long this piece is up to where the first bracket of the text is closed; undefined if it is not. */
		push(piece: string): number | undefined {
			for (let at = 0; at < piece.length && depth < MAX_DEPTH; at++) {
				const char = piece.charCodeAt(at);
				if (isEscaped) isEscaped = false;
				else if (char === QUOTE) isInString = !isInString;
				else if (isInString) isEscaped = char === BACKSLASH;
				else if (OPENING.includes(char)) depth++;
				else if (CLOSING.includes(char) && --depth === 0) return at + 1;
			}
			return undefined;
		},

		/** Whether the text is nested deeper than any service nests. */
		isTooDeep: () => depth >= MAX_DEPTH,
	};
}
