import fc from 'fast-check';

import {
	cleanJson,
	createClean,
	withoutDataUrls,
} from '../../../../nodes/GeminiImage/errors/cleanText';

const KEY = 'sk-0123456789abcdef0123456789abcdef';

describe('foreign text in a message', () => {
	const base64 = Buffer.alloc(300, 7).toString('base64');
	test.each([
		[
			'stays as it is if it has nothing to hide',
			'Unknown parameter: "n"',
			'Unknown parameter: "n"',
		],
		['loses the key', `Key ${KEY} is wrong: ${KEY}.`, 'Key *** is wrong: ***.'],
		['loses a data URL', 'Bad image data:image/png;base64,iVBORw0KGgo=', 'Bad image [base64]'],
		['loses base64', `Bad image ${base64}, sorry`, 'Bad image [base64], sorry'],
		['loses URL-safe base64', `Bad image ${'_-aB'.repeat(40)}`, 'Bad image [base64]'],
		[
			'loses base64 with escaped slashes',
			`Bad image ${'aB/cd'.repeat(40).replaceAll('/', '\\/')}!`,
			'Bad image [base64]!',
		],
		[
			'loses base64 in lines',
			`Bad image ${base64.replace(/.{76}/g, '$&\n')}, sorry`,
			'Bad image [base64], sorry',
		],
		[
			'loses base64 in lines as JSON writes them',
			`Bad image ${base64.replace(/.{64}/g, '$&\\r\\n')}, sorry`,
			'Bad image [base64], sorry',
		],
		[
			'loses a data URL in lines',
			`Bad image data:image\\/png;base64,${base64.replace(/.{76}/g, '$&\n')}, sorry`,
			'Bad image [base64], sorry',
		],
		[
			'keeps a long path',
			'Model `projects/my-project-123456/locations/us-central1/publishers/google/models/x` is gone',
			'Model `projects/my-project-123456/locations/us-central1/publishers/google/models/x` is gone',
		],
		['is one line', 'First\r\n\tsecond\n', 'First second'],
		[
			'keeps a long sentence of short words',
			`${'word '.repeat(40)}end`,
			`${'word '.repeat(40)}end`,
		],
	])('Foreign text in a message %s', (_name, text, expected) => {
		expect(createClean([KEY])(text)).toBe(expected);
	});

	test('Foreign text in a message is cut to 600 characters', () => {
		const clean = createClean([])('many words '.repeat(500));
		expect(clean.length).toBeLessThanOrEqual(600);
		expect(clean.endsWith('…')).toBe(true);
	});

	test('Foreign text in a message stays as it is if the key to hide is empty', () => {
		expect(createClean([''])('No key given')).toBe('No key given');
	});
});

/** Some characters of keys by their names in HTML. */
const NAMES: Record<string, string> = {
	...{ '+': 'plus', '/': 'sol', '=': 'equals', _: 'lowbar', '.': 'period', ':': 'colon' },
	...{ $: 'dollar', '^': 'Hat', '*': 'ast', '(': 'lpar', ')': 'rpar', '[': 'lbrack' },
};

/** Ways to write a character; a service may mix them. */
const SPELLINGS: Record<string, (char: string, code: string) => string> = {
	percent: (_char, code) => `%${code}`,
	'percent, upper case': (_char, code) => `%${code.toUpperCase()}`,
	'percent, twice': (_char, code) => `%25${code}`,
	'percent, three times': (_char, code) => `%2525${code}`,
	JSON: (_char, code) => `\\u00${code}`,
	'JSON, upper case': (_char, code) => `\\u00${code.toUpperCase()}`,
	'JSON in JSON': (_char, code) => `\\\\u00${code}`,
	'escaped characters': (char) => (/\w/.test(char) ? char : `\\${char}`),
	HTML: (char) => `&#${char.charCodeAt(0)};`,
	'HTML, hexadecimal': (_char, code) => `&#x${code};`,
	'HTML, upper case': (_char, code) => `&#x${code.toUpperCase()};`,
	'HTML, names': (char) => (NAMES[char] ? `&${NAMES[char]};` : char),
};

const spelled = (text: string, spell: (char: string, code: string) => string) =>
	[...text].map((char) => spell(char, char.charCodeAt(0).toString(16))).join('');

describe('a secret in any spelling', () => {
	const secrets = fc.stringMatching(/^[\w.~+/=:$^*()[\]{}|?-]{12,60}$/);

	test.each(Object.entries(SPELLINGS))(
		'A secret in the spelling "%s" is hidden',
		(_name, spell) => {
			const property = fc.property(secrets, (secret) => {
				const text = `Key "${spelled(secret, spell)}" is wrong`;
				expect(createClean([secret])(text)).toBe('Key "***" is wrong');
			});
			fc.assert(property, { seed: 23, numRuns: 60 });
		},
	);

	test('A secret in a mix of spellings is hidden', () => {
		const spellings = [...Object.values(SPELLINGS), (char: string) => char];
		const property = fc.property(secrets, fc.infiniteStream(fc.nat()), (secret, choices) => {
			const text = spelled(secret, (char, code) => {
				return spellings[Number(choices.next().value) % spellings.length]!(char, code);
			});
			expect(createClean([secret])(`Key <${text}>`)).toBe('Key <***>');
		});
		fc.assert(property, { seed: 23, numRuns: 60 });
	});

	/** All that base64 in a text says, wherever its groups begin. */
	const decoded = (text: string) =>
		[...text.matchAll(/[\w+/-]+/g)].flatMap(([run]) =>
			[0, 1, 2, 3].map((at) => Buffer.from(run.slice(at), 'base64').toString('latin1')),
		);

	test.each<[string, (text: string) => string]>([
		['base64', (text) => Buffer.from(text).toString('base64')],
		['URL-safe base64', (text) => Buffer.from(text).toString('base64url')],
		['base64 in a URL', (text) => encodeURIComponent(Buffer.from(text).toString('base64'))],
		['base64 in JSON', (text) => Buffer.from(text).toString('base64').replaceAll('/', '\\/')],
	])('A secret inside %s is hidden, wherever it stands in it', (_name, encode) => {
		const around = fc.string({ maxLength: 5, unit: 'binary-ascii' });
		const property = fc.property(secrets, around, around, (secret, before, after) => {
			const clean = createClean([secret])(`Got ${encode(before + secret + after)} instead`);
			expect(clean).toMatch(/\*\*\*|\[base64\]/);
			const rest = decoded(
				clean.replaceAll('%2F', '/').replaceAll('%2B', '+').replaceAll('\\/', '/'),
			);
			for (const text of rest) expect(text).not.toContain(secret.slice(3, -3));
		});
		fc.assert(property, { seed: 23, numRuns: 100 });
	});

	/** What somebody quotes in something else. */
	const json = (text: string) => JSON.stringify(text).slice(1, -1);
	const html = (text: string) =>
		text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
	const bytesOf = (text: string, each: (byte: string) => string) =>
		[...Buffer.from(text, 'latin1')]
			.map((byte) => each(byte.toString(16).padStart(2, '0')))
			.join('');

	test.each<[string, (text: string) => string]>([
		['JSON in JSON', (text) => json(json(text))],
		['JSON in JSON in JSON', (text) => json(json(json(text)))],
		['HTML in HTML', (text) => html(html(text))],
		['JSON in HTML', (text) => html(json(text))],
		['HTML in JSON', (text) => json(html(text))],
		['JSON in a URL', (text) => encodeURIComponent(json(text))],
		['HTML in a URL', (text) => encodeURIComponent(html(text))],
		['a URL in JSON in HTML', (text) => html(json(encodeURIComponent(text)))],
		['a form', (text) => String(new URLSearchParams({ text })).slice('text='.length)],
		['UTF-8 taken for Latin-1', (text) => Buffer.from(text).toString('latin1')],
		['Latin-1 in a URL', (text) => bytesOf(text, (byte) => `%${byte}`)],
		['Latin-1 in base64', (text) => Buffer.from(text, 'latin1').toString('base64')],
		['hexadecimal', (text) => Buffer.from(text).toString('hex')],
		['hexadecimal in capitals', (text) => bytesOf(text, (byte) => byte.toUpperCase())],
		['escaped bytes', (text) => bytesOf(text, (byte) => `\\x${byte}`)],
		['HTML without semicolons', (text) => spelled(text, (char) => `&#${char.charCodeAt(0)}`)],
	])('A secret with odd characters in %s is hidden', (_name, quote) => {
		for (const secret of [KEY, 'sk-a"b\\c<d>&e%25f', 'sk-ab\\\\cd\\n&amp;x', 'sk two wörds é']) {
			// Base64 ends with what the last character shares with what follows.
			const told = createClean([secret])(`Key "${quote(secret)}" is wrong`);
			expect(told).toMatch(/^Key "\*\*\*(?:\w?={1,2})?" is wrong$/);
		}
	});

	test.each([1000, 5000, 20_000])('A key of %i characters is hidden', (length) => {
		const key = Buffer.alloc(length, 'sk-Ab1_').toString();
		for (const spell of [(text: string) => text, encodeURIComponent, JSON.stringify]) {
			expect(createClean([key])(`No <${spell(key)}>`)).toMatch(/^No <"?\*\*\*"?>$/);
		}
	});

	test('Each of several secrets is hidden, and an empty one hides nothing', () => {
		const clean = createClean(['', KEY, 'Bearer tok-1']);
		expect(clean(`a ${KEY} b Bearer tok-1 c`)).toBe('a *** b *** c');
	});

	test.each([0, 1, 20, KEY.length - 1])(
		'A secret of which the cut of a long text leaves %i characters is hidden',
		(left) => {
			const text = `${' '.repeat(64 * 1024 - left)}${KEY} and more`;
			expect(createClean([KEY])(`Hi${text.slice(2)}`)).toBe('Hi');
		},
	);
});

/** Foreign text that slow expressions stumble over. */
test.each([
	'-',
	'a',
	'A',
	'/',
	'\\',
	'%',
	'%25',
	'&#',
	'\n',
	' ',
	'haha',
	'data:',
	';base64,',
	'aB1/',
])('Megabytes of %j are cleaned down to at most 600 characters', (piece) => {
	const text = piece.repeat(Math.ceil(4_000_000 / piece.length));
	expect(createClean([KEY, '%25', '----------'])(text).length).toBeLessThanOrEqual(600);
	expect(withoutDataUrls(text).length).toBeLessThanOrEqual(text.length);
});

describe('text without data URLs', () => {
	const base64 = Buffer.alloc(300, 7).toString('base64');
	test.each([
		['of an image', `A data:image/png;base64,${base64} B`, 'A [base64] B'],
		['in capitals', `A DATA:IMAGE/PNG;BASE64,${base64} B`, 'A [base64] B'],
		['of SVG', `A data:image/svg+xml;base64,${base64} B`, 'A [base64] B'],
		['of sound', `A data:audio/wav;base64,${base64}`, 'A [base64]'],
		['without a type', `A data:;base64,${base64}`, 'A [base64]'],
		['with parameters', `A data:image/png;name="a.png";base64,${base64}`, 'A [base64]'],
		['in lines', `A data:a/b;base64,${base64.replace(/.{76}/g, '$&\n')}\nB`, 'A [base64]\nB'],
		[
			'in lines of Windows',
			`A data:a/b;base64,${base64.replace(/.{76}/g, '$&\r\n')}.`,
			'A [base64].',
		],
		['in markdown', `![a](data:image/png;base64,${base64})`, '![a]([base64])'],
		[
			'beside another one',
			`data:a/b;base64,${base64},data:a/b;base64,${base64} and data:`,
			'[base64],[base64] and data:',
		],
		['behind words that begin like one', `data: and data:x;base64,${base64}`, 'data: and [base64]'],
	])('A data URL %s becomes [base64] in a text', (_name, text, expected) => {
		expect(withoutDataUrls(text)).toBe(expected);
	});

	test.each([
		'Write data:image/png;base64,iVBORw0KGgo= into the page',
		'data:image/svg+xml,<svg/>',
		`;base64,${base64}`,
		'',
	])('The text %j has no data URL to cut out, and is kept', (text) => {
		expect(withoutDataUrls(text)).toBe(text);
	});

	test('A text of megabytes loses its data URL and keeps its last word', () => {
		const url = `data:image/png;base64,${Buffer.alloc(3_000_000, 7).toString('base64')}`;
		expect(withoutDataUrls(`${'words '.repeat(100_000)}${url} end`)).toBe(
			`${'words '.repeat(100_000)}[base64] end`,
		);
	});
});

describe('foreign JSON', () => {
	const clean = createClean([KEY]);

	test('Foreign JSON is clean in every text and name, and else as it was', () => {
		const value = { a: [1, null, true, `x ${KEY}`], [KEY]: { b: 0.5 } };
		expect(cleanJson(value, clean)).toEqual({ a: [1, null, true, 'x ***'], '***': { b: 0.5 } });
	});

	test('Foreign JSON is cut where it is deeper or wider than a reader needs', () => {
		const deep = JSON.parse(`${'['.repeat(20_000)}1${']'.repeat(20_000)}`) as unknown;
		expect(cleanJson(deep, clean)).toEqual([[[[[['…']]]]]]);
		const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`n${at}`, at]));
		expect(Object.keys(cleanJson(wide, clean) as object)).toHaveLength(1000);
		expect(cleanJson(Array(5000).fill(1), clean)).toHaveLength(1000);
	});

	test.each<[string, unknown]>([
		['texts', Array(1000).fill('word '.repeat(200))],
		[
			'names',
			Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`${at} `.repeat(200), 1])),
		],
		['numbers', Array(1000).fill(-1.234567890123456e-300)],
		['lists', { a: Array(30).fill(Array(30).fill('word '.repeat(200))) }],
		['one text that nobody cut', 'word '.repeat(100_000)],
	])('Foreign JSON of many %s is told in some 20,000 characters', (_what, value) => {
		for (const each of [clean, (text: string) => text]) {
			const { length } = JSON.stringify(cleanJson(value, each));
			expect(length).toBeGreaterThan(500);
			expect(length).toBeLessThan(25_000);
		}
	});

	test('Of foreign JSON whose texts are left out, no more than half a million characters are looked at', () => {
		const looked: number[] = [];
		const told = cleanJson(Array(500).fill('A'.repeat(60_000)), (text) => {
			looked.push(text.length);
			return '***';
		});
		expect(looked.length).toBeLessThan(10);
		expect(told).toHaveLength(500);
	});

	test('Foreign JSON that is too long keeps its first texts as they are', () => {
		const texts = Array.from({ length: 100 }, (_, at) => `${at} `.padEnd(500, 'word '));
		const told = cleanJson({ first: 'here', texts }, clean) as { first: string; texts: string[] };
		expect(told.first).toBe('here');
		expect(told.texts[0]).toBe(texts[0]!.trim());
		expect(told.texts.length).toBeGreaterThan(30);
	});
});
