import { findImageLinks, withoutMentions } from '../../../../nodes/GeminiImage/reply/prose';

const CAT = 'https://example.com/cat';

/** The URLs of a text, and what is left of it without them. */
const read = (text: string) => {
	const links = findImageLinks(text);
	return [links.map(({ address }) => address), withoutMentions(text, links).trim()];
};

test.each<[string, string, string[], string]>([
	['a markdown image', `A ![cat](${CAT}) B`, [CAT], 'A  B'],
	['a markdown image with a title', `![cat](${CAT} "A cat")`, [CAT], ''],
	['a markdown image inside a link', `[![t](${CAT})](https://example.com/page) A`, [CAT], 'A'],
	['an HTML image', `<img alt="a" src="${CAT}"> A`, [CAT], 'A'],
	['an HTML image in capitals', `<IMG SRC='${CAT}'/>`, [CAT], ''],
	['the URL of a file', `See ${CAT}.png.`, [`${CAT}.png`], 'See .'],
	['the URL of a file with a query', `${CAT}.JPEG?a=1&b=2`, [`${CAT}.JPEG?a=1&b=2`], ''],
	['a link to a file', `[Download](${CAT}.webp) it`, [`${CAT}.webp`], 'it'],
	['the URL of a page', `See ${CAT}.`, [], `See ${CAT}.`],
	['a link to a page', `[cat](${CAT})`, [], `[cat](${CAT})`],
	['the URL of a page with a file as its parameter', `${CAT}?file=a.png`, [], `${CAT}?file=a.png`],
	['a markdown image that is not closed', `![cat](${CAT}`, [], `![cat](${CAT}`],
	[
		'URLs of other schemes',
		'![a](file:///etc/passwd) ![b](ftp://a/b.png)',
		[],
		'![a](file:///etc/passwd) ![b](ftp://a/b.png)',
	],
	['several images', `![a](${CAT}/1)\n![b](${CAT}/2)\nHi`, [`${CAT}/1`, `${CAT}/2`], 'Hi'],
	['no words', '', [], ''],
])(
	'The links to images in a text with %s are found and cut out, and nothing else is',
	(_name, text, urls, rest) => {
		expect(read(text)).toEqual([urls, rest]);
	},
);

test.each(['https://', 'https://a.png?', '![', '[![a](', '![a](https://a', '<img ', '.png', '('])(
	'Megabytes of %j are searched for links to images up to their end',
	(piece) => {
		const text = piece.repeat(4_000_000 / piece.length);
		for (const { start, end } of findImageLinks(text)) expect(end).toBeGreaterThan(start);
		expect(withoutMentions(text, findImageLinks(text)).length).toBeLessThanOrEqual(text.length);
	},
);
