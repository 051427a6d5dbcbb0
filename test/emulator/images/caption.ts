import type { Scene } from './paint';

// The classic 5x7 pixel font, ASCII 32-126: five columns per character, the lowest bit on top.
// Built in, so that prompts are readable on machines without any font.
const COLUMNS =
	'000000000000005f00000007000700147f147f14242a7f2a12231308646236495620500008070300' +
	'001c2241000041221c002a1c7f1c2a08083e08080050300000080808080800606000002010080402' +
	'3e5149453e00427f400042615149462141454b311814127f1027454545393c4a4949300171090503' +
	'3649494936064949291e003636000000563600000814224100141414141400412214080201510906' +
	'324979413e7e1111117e7f494949363e414141227f4141221c7f494949417f090909013e4149497a' +
	'7f0808087f00417f41002040413f017f081422417f404040407f020c027f7f0408107f3e4141413e' +
	'7f090909063e4151215e7f09192946464949493101017f01013f4040403f1f2040201f3f4038403f' +
	'631408146307087008076151494543007f41410002040810200041417f0004020102044040404040' +
	'000102040020545454787f484444383844444420384444487f3854545418087e0901020c5252523e' +
	'7f0804047800447d40002040443d007f1028440000417f40007c041804787c080404783844444438' +
	'7c14141408081414187c7c080404084854545420043f4440203c4040207c1c2040201c3c4030403c' +
	'44281028440c5050503c4464544c44000836410000007f000000413608000804081008';

function glyph(char: string, x: number, y: number, cell: number): string {
	const code = char.charCodeAt(0);
	const start = 10 * ((code >= 32 && code <= 126 ? code : '?'.charCodeAt(0)) - 32);
	const columns = [...Buffer.from(COLUMNS.slice(start, start + 10), 'hex')];
	const dots = columns.flatMap((bits, column) =>
		Array.from({ length: 7 }, (_, row) =>
			bits & (1 << row) ? `M${x + column * cell} ${y + row * cell}h${cell}v${cell}h-${cell}z` : '',
		),
	);
	return dots.join('');
}

/**
 * SVG of a strip along the lower edge that says in one line what the image is. The dots at its end
 * tell images apart whose prompts differ where the line is cut, and those of one prompt.
 */
export function captionSvg({ prompt, width, height }: Scene, random: () => number): string {
	const cell = Math.max(1, Math.round(Math.min(width, height) / 500));
	const columns = Math.floor(width / (6 * cell)) - 4;
	const text = `Emulated: ${prompt.trim().replace(/\s+/g, ' ')}`;
	const line = text.length > columns ? `${text.slice(0, Math.max(0, columns - 3))}...` : text;
	const top = height - 13 * cell;
	const glyphs = [...line].map((char, i) => glyph(char, 6 * cell * (i + 1), top + 3 * cell, cell));
	const dots = Array.from({ length: 56 }, (_, i) => {
		const [x, y] = [width - (2 + (i % 8)) * cell, top + (3 + Math.floor(i / 8)) * cell];
		return random() < 0.5 ? `M${x} ${y}h${cell}v${cell}h-${cell}z` : '';
	});
	return (
		`<rect y="${top}" width="${width}" height="${13 * cell}" fill="#101418" fill-opacity="0.55"/>` +
		`<path d="${glyphs.concat(dots).join('')}" fill="#fff" fill-opacity="0.9"/>`
	);
}
