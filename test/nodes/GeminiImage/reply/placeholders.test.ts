import { createPlaceholders } from '../../../../nodes/GeminiImage/reply/placeholders';

const { of, isImage, strip } = createPlaceholders();

test('each image of each reply has its own name', () => {
	const other = createPlaceholders();
	expect(new Set([of(0), of(1), of(10), other.of(0), other.of(1)]).size).toBe(5);
	expect(other.isImage(of(0))).toBe(false);
	expect(other.strip(`a ${of(0)}`)).toBe(`a ${of(0)}`);
});

test.each([
	['b64_json', of(0), true],
	['a data URL', `data:image/png;base64,${of(12)}`, true],
	['a data URL with parameters', `data:image/png;name=a.png;base64,${of(1)}`, true],
	['a web address', 'https://example.com/cat.png', false],
	['a data URL that was left', 'data:image/png;base64,iVBORw0KGgo=', false],
	['an image with something behind it', `data:image/png;base64,${of(0)} and more`, false],
	['a space behind the comma', `data:image/png;base64, ${of(0)}`, true],
	['capitals', `DATA:IMAGE/PNG;BASE64,${of(0)}`, true],
	['a quoted parameter', `data:image/png;name="a.png";base64,${of(0)}`, true],
	['no type', `data:;base64,${of(0)}`, true],
	['nothing', '', false],
])('as a URL: %s', (_name, url, expected) => {
	expect(isImage(url)).toBe(expected);
});

test.each([
	['markdown', `Here: ![image](data:image/png;base64,${of(0)}) done`, 'Here:  done'],
	['markdown with a title', `![a cat](data:image/png;base64,${of(0)} "A cat")`, ''],
	['markdown without text', `![](data:image/webp;base64,${of(3)})`, ''],
	['a link', `[open](data:image/png;base64,${of(0)})`, ''],
	['a bare data URL', `data:image/png;base64,${of(0)}\n\nA cat`, '\n\nA cat'],
	['several', `a![x](data:image/png;base64,${of(0)})b![y](data:image/png;base64,${of(1)})c`, 'abc'],
	['two-digit numbers', `data:image/png;base64,${of(12)}`, ''],
	['other markdown', '![cat](https://example.com/cat.png)', '![cat](https://example.com/cat.png)'],
	['a list with brackets', `[1] first\n${of(0)}[2] second`, '[1] first\n[2] second'],
	['an open bracket before it', `[0, 5) ![a](data:image/png;base64,${of(0)})`, '[0, 5) '],
	['a link before it', `data:image![a](data:image/png;base64,${of(0)})`, 'data:image'],
	[
		'the words of a data URL before it',
		`data: {"a": Look: data:a/b;base64,${of(0)}`,
		'data: {"a": Look: ',
	],
	['linked markdown', `[![t](data:image/png;base64,${of(0)})](https://example.com/) A`, ' A'],
	['a bracket before it', `![![a](data:image/png;base64,${of(0)})`, '!['],
	['HTML', `A <img class="a" src="data:image/png;base64,${of(0)}" alt="b"/> B`, 'A  B'],
	['HTML in capitals', `<IMG SRC='DATA:IMAGE/PNG;BASE64,${of(0)}'>`, ''],
	['a quoted parameter', `![a](data:image/png;name="a.png";base64,${of(0)})`, ''],
	['no type', `![a](data:;base64,${of(0)})`, ''],
	['a space behind the comma', `![a](data:image/png;base64, ${of(0)})`, ''],
	['markdown that is open', `![a](data:image/png;base64,${of(0)}`, '![a]('],
	['no image', 'An image: of course; no. 1', 'An image: of course; no. 1'],
])('out of prose: %s', (_name, prose, expected) => {
	expect(strip(prose)).toBe(expected);
});

test('the numbers of the images in a text', () => {
	const { numbersIn } = createPlaceholders();
	expect(numbersIn(of(1))).toEqual([]);
	const own = createPlaceholders();
	expect(own.numbersIn(`${own.of(12)} and ${own.of(0)}, ${own.of(12)}`)).toEqual([12, 0, 12]);
});
