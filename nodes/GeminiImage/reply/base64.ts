/** Any character that is not base64 of either alphabet (RFC 4648, sections 4 and 5). */
const SPECIAL = /[^A-Za-z0-9+/_-]/;
const SPECIALS = new RegExp(SPECIAL, 'g');
const ESCAPE = /\\(?:\/|u00([0-9a-fA-F]{2}))/y;
/** The end of a line, and perhaps an indent. */
const GAP = /(?:(?:\\[nrt]|\\u00(?:0[9a-dA-D]|20)) {0,16}){1,8}/y;
const BLANK_LINE = /\\(?:n|u000a).*\\(?:n|u000a)/i;
const CUT_ESCAPE = /^\\(?:u0{0,2}|u00[0-9a-fA-F]?)?$/;
const WELL_PADDED = /^[^=]*(?:[^=]|[^=]=|==)$/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

interface Base64Run {
	/** The run without JSON escapes and white space; may end in padding. */
	base64: string;
	/** Where in the text the run ends; undefined when the text ends first. */
	end?: number;
	/** Where in the text something begins that cannot be told before more text is there. */
	cut?: number;
}

/** Reads base64 from the start of `text`, the inside of a JSON string; `padded`: `=` came before. */
export function readBase64(text: string, padded = false): Base64Run {
	let base64 = '';
	let from = 0;
	let gap = { at: -1, end: -1 };
	SPECIALS.lastIndex = 0;
	for (let match = SPECIALS.exec(text); match; match = SPECIALS.exec(text)) {
		const at = match.index;
		if (padded && at > from) return { base64, end: from };
		base64 += text.slice(from, at);
		// White space in front of what ends the run does not belong to it.
		const stop = at === gap.end ? gap.at : at;
		const char = match[0] === '\\' ? unescape(text, at) : { value: match[0], length: 1 };
		if (!char && CUT_ESCAPE.test(text.slice(at, at + 6))) return { base64, cut: stop };
		if (!char || !isBase64(char.value, padded)) return { base64, end: stop };
		const end = at + char.length;
		if (char.value === '') {
			// Base64 may be in lines, but behind a second gap prose goes on.
			if (stop !== at) return { base64, end: stop };
			gap = { at, end };
		}
		padded ||= char.value === '=';
		base64 += char.value;
		from = SPECIALS.lastIndex = end;
	}
	if (padded && from < text.length) return { base64, end: from };
	if (gap.end === text.length) return { base64, cut: gap.at };
	return { base64: base64 + text.slice(from) };
}

/** Whether a character that is not of the alphabet as it stands belongs to the run all the same. */
function isBase64(char: string, padded: boolean): boolean {
	return char === '=' || (!padded && !SPECIAL.test(char));
}

/** The character that a JSON escape stands for, '' for white space; undefined for a blank line. */
function unescape(text: string, at: number) {
	GAP.lastIndex = ESCAPE.lastIndex = at;
	const gap = GAP.exec(text)?.[0];
	if (gap) return BLANK_LINE.test(gap) ? undefined : { value: '', length: gap.length };
	const match = ESCAPE.exec(text);
	if (!match) return undefined;
	const value = match[1] ? String.fromCharCode(parseInt(match[1], 16)) : '/';
	return { value, length: match[0].length };
}

/** Decodes one base64 run of a JSON string as its bytes arrive. */
export function createBase64Decoder() {
	/** Up to three characters that wait for the rest of their group of four. */
	let group = '';
	let padded = false;
	let isMalformed = false;

	function push(bytes: Buffer): { data: Buffer; rest: Buffer; ended: boolean } {
		return decodePlain(bytes) ?? decodeAny(bytes);
	}

	/** Nothing but base64 up to a quote or the end: by far the most common, so without a scan. */
	function decodePlain(bytes: Buffer) {
		if (padded || bytes.includes(BACKSLASH)) return undefined;
		const quote = bytes.indexOf(QUOTE);
		const end = quote === -1 ? bytes.length : quote;
		const base64 = group + bytes.toString('latin1', 0, end);
		const whole = base64.length - (base64.length % 4);
		const data = Buffer.from(base64.slice(0, whole), 'base64');
		if (data.length !== (whole / 4) * 3) return undefined;
		const open = base64.slice(whole);
		if (SPECIAL.test(open)) return undefined;
		group = open;
		return finish(data, bytes.subarray(end), quote !== -1);
	}

	function decodeAny(bytes: Buffer) {
		const { base64, end, cut } = readBase64(bytes.toString('latin1'), padded);
		const run = group + base64;
		const whole = run.length - (run.length % 4);
		group = run.slice(whole);
		padded ||= base64.includes('=');
		isMalformed ||= run.includes('=') && whole > 0 && !WELL_PADDED.test(run.slice(0, whole));
		const rest = bytes.subarray(end ?? cut ?? bytes.length);
		return finish(Buffer.from(run.slice(0, whole), 'base64'), rest, end !== undefined);
	}

	function finish(data: Buffer, rest: Buffer, ended: boolean) {
		if (!ended || group.length < 2 || padded) return { data, rest, ended };
		const tail = Buffer.from(group, 'base64');
		group = '';
		return { data: Buffer.concat([data, tail]), rest, ended };
	}

	/** After the end: whether no character is left over, and none stands behind padding. */
	const isWhole = () => group === '' && !isMalformed;
	const isPadded = () => padded;

	return { push, isWhole, isPadded };
}
