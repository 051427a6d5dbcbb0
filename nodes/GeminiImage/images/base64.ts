/** Any character that is not base64 of either alphabet (RFC 4648, sections 4 and 5). */
const SPECIAL = /[^A-Za-z0-9+/_-]/;
const SPECIALS = new RegExp(SPECIAL, 'g');
const ESCAPE = /\\(?:([/nrt])|u00([0-9a-fA-F]{2}))/y;
const CUT_ESCAPE = /^\\(?:u0{0,2}|u00[0-9a-fA-F]?)?$/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

interface Base64Run {
	/** The run without JSON escapes and white space; may end in padding. */
	base64: string;
	/** Where in the text the run ends; undefined when the text ends first. */
	end?: number;
	/** Where in the text a JSON escape begins that the end of the text cuts. */
	cut?: number;
}

/** Reads base64 from the start of `text`, the inside of a JSON string; `padded`: `=` came before. */
export function readBase64(text: string, padded = false): Base64Run {
	let base64 = '';
	let from = 0;
	SPECIALS.lastIndex = 0;
	for (let match = SPECIALS.exec(text); match; match = SPECIALS.exec(text)) {
		const at = match.index;
		if (padded && at > from) return { base64, end: from };
		base64 += text.slice(from, at);
		const char = match[0] === '\\' ? unescape(text, at) : { value: match[0], length: 1 };
		if (!char) return { base64, ...(CUT_ESCAPE.test(text.slice(at)) ? { cut: at } : { end: at }) };
		if (char.value === '=') padded = true;
		else if (padded && char.value !== '') return { base64, end: at };
		else if (SPECIAL.test(char.value)) return { base64, end: at };
		base64 += char.value;
		from = SPECIALS.lastIndex = at + char.length;
	}
	if (padded && from < text.length) return { base64, end: from };
	return { base64: base64 + text.slice(from) };
}

/** The character that a JSON escape stands for, '' for white space; undefined for any other. */
function unescape(text: string, at: number) {
	ESCAPE.lastIndex = at;
	const match = ESCAPE.exec(text);
	if (!match) return undefined;
	const char = match[2] ? String.fromCharCode(parseInt(match[2], 16)) : match[1] === '/' ? '/' : '';
	return { value: /\s/.test(char) ? '' : char, length: match[0].length };
}

/** Decodes one base64 run of a JSON string as its bytes arrive. */
export function createBase64Decoder() {
	/** Up to three characters that wait for the rest of their group of four. */
	let group = '';
	let padded = false;

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
		const rest = bytes.subarray(end ?? cut ?? bytes.length);
		return finish(Buffer.from(run.slice(0, whole), 'base64'), rest, end !== undefined);
	}

	function finish(data: Buffer, rest: Buffer, ended: boolean) {
		if (!ended || group.length < 2 || padded) return { data, rest, ended };
		const tail = Buffer.from(group, 'base64');
		group = '';
		return { data: Buffer.concat([data, tail]), rest, ended };
	}

	/** After the end: whether no character is left over. */
	const isWhole = () => group === '';

	return { push, isWhole };
}
