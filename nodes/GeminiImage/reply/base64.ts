/**
 * Base64 as it stands inside a JSON string, in either alphabet (RFC 4648, sections 4 and 5): as it
 * is, escaped, or in lines. It runs to the first character that is none of this, in a value that is
 * the quote.
 */
const PLAIN = String.raw`[\w+/-]`;
const ESCAPED = String.raw`\\/|\\u00(?:2[bdfBDF]|3\d|4[1-9a-fA-F]|5[\daAfF]|6[1-9a-fA-F]|7[\daA])`;
const LINE_END = String.raw`(?:(?:\\r|\\u000[dD])?(?:\\n|\\u000[aA])|\\r) {0,16}`;
const PADDING = String.raw`(?:=|\\u003[dD])*`;
// Each text matches in one way only, so the expression never backtracks.
const RUN = new RegExp(
	`${PLAIN}*(?:(?:${ESCAPED}|${LINE_END}(?=${PLAIN}|${ESCAPED}))${PLAIN}*)*${PADDING}`,
	'y',
);
const MORE_PADDING = new RegExp(PADDING, 'y');
const ESCAPE = /\\(?:u00([\da-fA-F]{2})|([/nr])) {0,16}/g;
/** An escape or the end of a line that the end of the text may cut. */
const CUT = /^\\(?:[nru][\\nrudaADF\d ]{0,24})?$/;
const FOREIGN = /[^\w+/-]/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

interface Base64Run {
	/** The run without escapes and line ends; may end in padding. */
	base64: string;
	/** What of the text it takes, in characters. */
	length: number;
	/** Whether the run ends within the text; what is left of the text otherwise waits for more. */
	isEnded: boolean;
}

/**
 * Reads base64 from the start of `text`.
 *
 * @param isPadded padding came before, so only more of it may follow
 */
export function readBase64(text: string, isPadded = false): Base64Run {
	const run = isPadded ? MORE_PADDING : RUN;
	run.lastIndex = 0;
	const written = run.exec(text)?.[0] ?? '';
	const rest = text.slice(written.length);
	return {
		base64: written.includes('\\') ? written.replace(ESCAPE, unescaped) : written,
		length: written.length,
		isEnded: rest !== '' && !CUT.test(rest),
	};
}

/** The character of an escape; none for the end of a line. */
function unescaped(_escape: string, hex?: string, char?: string): string {
	if (hex) return String.fromCharCode(parseInt(hex, 16)).trim();
	return char === '/' ? char : '';
}

/** Decodes one base64 run of a JSON string as its bytes arrive. */
export function createBase64Decoder() {
	/** Up to three characters that wait for the rest of their group of four. */
	let group = '';
	let chars = 0;
	let padding = 0;

	/**
	 * Decodes the run as far as `bytes` hold it, and says how many of them it takes. The data stand at
	 * the start of `target`, which needs room for three quarters of `bytes` and three bytes more.
	 */
	function push(bytes: Buffer, target: Buffer): { data: Buffer; length: number; isEnded: boolean } {
		return pushPlain(bytes, target) ?? pushAny(bytes, target);
	}

	/** Nothing but base64 up to a quote or the end: by far the most common, so without a scan. */
	function pushPlain(bytes: Buffer, target: Buffer) {
		if (padding > 0 || bytes.includes(BACKSLASH)) return undefined;
		const quote = bytes.indexOf(QUOTE);
		const length = quote === -1 ? bytes.length : quote;
		const first = group === '' ? 0 : 4 - group.length;
		if (length < first) return undefined;
		const end = length - ((length - first) % 4);
		const open = bytes.toString('latin1', end, length);
		const start = group + bytes.toString('latin1', 0, first);
		let written = target.write(start, 'base64');
		written += target.write(bytes.toString('latin1', first, end), written, 'base64');
		if (written !== ((start.length + end - first) / 4) * 3) return undefined;
		if (FOREIGN.test(open)) return undefined;
		chars += length;
		group = open;
		return finish(target, written, length, quote !== -1);
	}

	function pushAny(bytes: Buffer, target: Buffer) {
		const { base64, length, isEnded } = readBase64(bytes.toString('latin1'), padding > 0);
		const run = group + base64;
		const whole = run.length - (run.length % 4);
		chars += base64.length;
		const at = base64.indexOf('=');
		if (at !== -1) padding += base64.length - at;
		group = run.slice(whole);
		return finish(target, target.write(run.slice(0, whole), 'base64'), length, isEnded);
	}

	function finish(target: Buffer, written: number, length: number, isEnded: boolean) {
		const isOpen = isEnded && group.length >= 2 && padding === 0;
		const end = isOpen ? written + target.write(group, written, 'base64') : written;
		return { data: target.subarray(0, end), length, isEnded };
	}

	/** After the end: whether no character is left over, and the padding fits. */
	const isWhole = () => (padding === 0 ? chars % 4 !== 1 : chars % 4 === 0 && padding < 3);

	return { push, isWhole };
}
