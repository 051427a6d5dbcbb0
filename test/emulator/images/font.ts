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

export const GLYPH_WIDTH = 6;
export const LINE_HEIGHT = 10;

function columnsOf(char: string): number[] {
	const code = char.charCodeAt(0);
	const index = (code >= 32 && code <= 126 ? code : '?'.charCodeAt(0)) - 32;
	return [...Buffer.from(COLUMNS.slice(index * 10, index * 10 + 10), 'hex')];
}

/** Path data of one character with its top left corner at x, y and `cell` pixels per dot. */
export function glyphPath(char: string, x: number, y: number, cell: number): string {
	let path = '';
	columnsOf(char).forEach((bits, column) => {
		for (let row = 0; row < 7; row++) {
			if (!(bits & (1 << row))) continue;
			const start = row;
			while (bits & (1 << (row + 1))) row++;
			const height = (row - start + 1) * cell;
			path += `M${x + column * cell} ${y + start * cell}h${cell}v${height}h-${cell}z`;
		}
	});
	return path;
}
