import {
	createPlaceholders,
	findImageLinks,
	withoutMentions,
} from '../../../../nodes/GeminiImage/reply/prose';

const { of, isImage, strip } = createPlaceholders();

test('Each image of each reply has a placeholder of its own', () => {
	const other = createPlaceholders();
	expect(new Set([of(0), of(1), of(10), other.of(0), other.of(1)]).size).toBe(5);
	expect(other.isImage(of(0))).toBe(false);
	expect(other.strip(`a ${of(0)}`)).toBe(`a ${of(0)}`);
});

test.each([
	['nothing but a placeholder is an image', of(0), true],
	['a data URL of a placeholder is an image', `data:image/png;base64,${of(12)}`, true],
	['a data URL with parameters is an image', `data:image/png;name=a.png;base64,${of(1)}`, true],
	['a web address is no image', 'https://example.com/cat.png', false],
	['a data URL without a placeholder is no image', 'data:image/png;base64,iVBORw0KGgo=', false],
	[
		'something behind the placeholder is no image',
		`data:image/png;base64,${of(0)} and more`,
		false,
	],
	['a space behind the comma is an image', `data:image/png;base64, ${of(0)}`, true],
	['a data URL in capitals is an image', `DATA:IMAGE/PNG;BASE64,${of(0)}`, true],
	['a quoted parameter is an image', `data:image/png;name="a.png";base64,${of(0)}`, true],
	['a data URL without a type is an image', `data:;base64,${of(0)}`, true],
	['two heads of a data URL is an image', `data:data:image/png;base64,${of(0)}`, true],
	['nothing in it is no image', '', false],
])('A URL field with %s', (_name, url, expected) => {
	expect(isImage(url)).toBe(expected);
});

test.each([
	['a markdown image', `Here: ![image](data:image/png;base64,${of(0)}) done`, 'Here:  done'],
	['a markdown image with a title', `![a cat](data:image/png;base64,${of(0)} "A cat")`, ''],
	['a markdown image without text', `![](data:image/webp;base64,${of(3)})`, ''],
	['a link', `[open](data:image/png;base64,${of(0)})`, ''],
	['a bare data URL', `data:image/png;base64,${of(0)}\n\nA cat`, '\n\nA cat'],
	[
		'several images',
		`a![x](data:image/png;base64,${of(0)})b![y](data:image/png;base64,${of(1)})c`,
		'abc',
	],
	['an image whose number has two digits', `data:image/png;base64,${of(12)}`, ''],
	['other markdown', '![cat](https://example.com/cat.png)', '![cat](https://example.com/cat.png)'],
	['a list with brackets', `[1] first\n${of(0)}[2] second`, '[1] first\n[2] second'],
	['an open bracket before the image', `[0, 5) ![a](data:image/png;base64,${of(0)})`, '[0, 5) '],
	[
		'the start of a data URL before the image',
		`data:image![a](data:image/png;base64,${of(0)})`,
		'data:image',
	],
	[
		'the words of a data URL before the image',
		`data: {"a": Look: data:a/b;base64,${of(0)}`,
		'data: {"a": Look: ',
	],
	[
		'a markdown image inside a link',
		`[![t](data:image/png;base64,${of(0)})](https://example.com/) A`,
		' A',
	],
	['a bracket before the image', `![![a](data:image/png;base64,${of(0)})`, '!['],
	['an HTML image', `A <img class="a" src="data:image/png;base64,${of(0)}" alt="b"/> B`, 'A  B'],
	['an HTML image in capitals', `<IMG SRC='DATA:IMAGE/PNG;BASE64,${of(0)}'>`, ''],
	['a quoted parameter', `![a](data:image/png;name="a.png";base64,${of(0)})`, ''],
	['a data URL without a type', `![a](data:;base64,${of(0)})`, ''],
	['a space behind the comma', `![a](data:image/png;base64, ${of(0)})`, ''],
	['a markdown image that is not closed', `![a](data:image/png;base64,${of(0)}`, '![a]('],
	['no image', 'An image: of course; no. 1', 'An image: of course; no. 1'],
])(
	'Placeholders and their markup, and nothing else, are cut out of a text with %s',
	(_name, prose, expected) => {
		expect(strip(prose)).toBe(expected);
	},
);

test('The numbers of the images in a text are found in their order, without those of other replies', () => {
	const { numbersIn } = createPlaceholders();
	expect(numbersIn(of(1))).toEqual([]);
	const own = createPlaceholders();
	expect(own.numbersIn(`${own.of(12)} and ${own.of(0)}, ${own.of(12)}`)).toEqual([12, 0, 12]);
});

const CAT = 'https://example.com/cat';

/** The URLs of a text, and what is left of it without them. */
const read = (text: string) => {
	const links = findImageLinks(text);
	return [links.map(({ address }) => address), withoutMentions(text, links).trim()];
};

test.each<[string, string, string[], string]>([
	['a markdown image', `A ![cat](${CAT}) B`, [CAT], 'A  B'],
	['a markdown image with a title', `![cat](${CAT} "A cat")`, [CAT], ''],
	['a markdown image in angle brackets', `![cat](<${CAT}> "A cat") B`, [CAT], 'B'],
	['a markdown image inside a link', `[![t](${CAT})](https://example.com/page) A`, [CAT], 'A'],
	['an HTML image', `<img alt="a" src="${CAT}"> A`, [CAT], 'A'],
	['an HTML image in capitals', `<IMG SRC='${CAT}'/>`, [CAT], ''],
	['the URL of a file', `See ${CAT}.png.`, [`${CAT}.png`], 'See .'],
	['the URL of a file with a query', `${CAT}.JPEG?a=1&b=2`, [`${CAT}.JPEG?a=1&b=2`], ''],
	['a link to a file', `[Download](${CAT}.webp) it`, [`${CAT}.webp`], 'it'],
	['the URL of a page', `See ${CAT}.`, [], `See ${CAT}.`],
	['a link to a page', `[cat](${CAT})`, [], `[cat](${CAT})`],
	[
		'the URL of a page with a file as its parameter',
		`See ${CAT}?f=a.png`,
		[],
		`See ${CAT}?f=a.png`,
	],
	['nothing but an address', ` ${CAT}?file=a.png\n`, [`${CAT}?file=a.png`], ''],
	['nothing but an address in brackets', `<${CAT}>`, [CAT], ''],
	['nothing but an address in bold', `**${CAT}**`, [CAT], ''],
	['nothing but an address as code in bold', `**\`${CAT}\`**`, [CAT], ''],
	['nothing but two addresses', `${CAT}/1\n\n${CAT}/2.`, [`${CAT}/1`, `${CAT}/2`], ''],
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
