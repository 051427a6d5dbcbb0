import { linksIn, withoutLinks } from '../../../../nodes/GeminiImage/reply/links';

const CAT = 'https://example.com/cat';

/** The URLs of a text, and what is left of it without them. */
const read = (text: string) => {
	const links = linksIn(text);
	return [links.map(({ url }) => url), withoutLinks(text, links)];
};

test.each<[string, string, string[], string]>([
	['markdown', `A ![cat](${CAT}) B`, [CAT], 'A  B'],
	['markdown with a title', `![cat](${CAT} "A cat")`, [CAT], ''],
	['linked markdown', `[![t](${CAT})](https://example.com/page) A`, [CAT], 'A'],
	['HTML', `<img alt="a" src="${CAT}"> A`, [CAT], 'A'],
	['HTML in capitals', `<IMG SRC='${CAT}'/>`, [CAT], ''],
	['the address of a file', `See ${CAT}.png.`, [`${CAT}.png`], 'See .'],
	['the address of a file with a query', `${CAT}.JPEG?a=1&b=2`, [`${CAT}.JPEG?a=1&b=2`], ''],
	['a link to a file', `[Download](${CAT}.webp) it`, [`${CAT}.webp`], 'it'],
	['a page', `See ${CAT}.`, [], `See ${CAT}.`],
	['a link to a page', `[cat](${CAT})`, [], `[cat](${CAT})`],
	['a file as a parameter of a page', `${CAT}?file=a.png`, [], `${CAT}?file=a.png`],
	['markdown that is open', `![cat](${CAT}`, [], `![cat](${CAT}`],
	[
		'other schemes',
		'![a](file:///etc/passwd) ![b](ftp://a/b.png)',
		[],
		'![a](file:///etc/passwd) ![b](ftp://a/b.png)',
	],
	['several', `![a](${CAT}/1)\n![b](${CAT}/2)\nHi`, [`${CAT}/1`, `${CAT}/2`], 'Hi'],
	['nothing', '', [], ''],
])('%s', (_name, text, urls, rest) => {
	expect(read(text)).toEqual([urls, rest]);
});

test.each(['https://', 'https://a.png?', '![', '[![a](', '![a](https://a', '<img ', '.png', '('])(
	'megabytes of %j are read to their end',
	(piece) => {
		const text = piece.repeat(4_000_000 / piece.length);
		for (const { start, end } of linksIn(text)) expect(end).toBeGreaterThan(start);
		expect(withoutLinks(text, linksIn(text)).length).toBeLessThanOrEqual(text.length);
	},
);
