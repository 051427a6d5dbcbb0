import { glyphPath, GLYPH_WIDTH, LINE_HEIGHT } from './font';

interface Layout {
	lines: string[];
	cell: number;
}

function splitWord(word: string, columns: number): string[] {
	return word.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [];
}

function wrap(text: string, columns: number): string[] {
	const lines: string[] = [];
	let line = '';
	for (const word of text.split(/\s+/).flatMap((part) => splitWord(part, columns))) {
		if (line && line.length + 1 + word.length > columns) {
			lines.push(line);
			line = word;
		} else {
			line = line ? `${line} ${word}` : word;
		}
	}
	return line ? [...lines, line] : lines;
}

/** The largest lettering that fits; a text too long for the smallest one is cut with dots. */
function layOut(text: string, width: number, height: number, largest: number): Layout {
	const smallest = Math.max(1, Math.round(largest / 6));
	for (let cell = largest; ; cell--) {
		const columns = Math.max(1, Math.floor(width / (GLYPH_WIDTH * cell)));
		const rows = Math.max(1, Math.floor(height / (LINE_HEIGHT * cell)));
		const lines = wrap(text, columns);
		if (lines.length <= rows) return { lines, cell };
		if (cell > smallest) continue;
		const shown = lines.slice(0, rows);
		const last = (shown.pop() ?? '').slice(0, Math.max(0, columns - 3));
		return { lines: [...shown, `${last}...`], cell };
	}
}

function textPath({ lines, cell }: Layout, centerX: number, top: number): string {
	return lines
		.flatMap((line, row) => {
			const left = Math.round(centerX - (line.length * GLYPH_WIDTH * cell) / 2);
			const y = top + row * LINE_HEIGHT * cell;
			return [...line].map((char, column) =>
				glyphPath(char, left + column * GLYPH_WIDTH * cell, y, cell),
			);
		})
		.join('');
}

/** SVG of the text on a dark panel, in the middle or as a caption along the lower edge. */
export function textPanel(text: string, width: number, height: number, place: 'middle' | 'bottom') {
	const short = Math.min(width, height);
	const margin = Math.round(short / 24);
	const largest = Math.max(2, Math.round(short / (place === 'middle' ? 100 : 170)));
	const share = place === 'middle' ? 0.7 : 0.25;
	const layout = layOut(text.slice(0, 4000), width - 4 * margin, height * share, largest);
	if (layout.lines.length === 0) return '';
	const textHeight = (layout.lines.length * LINE_HEIGHT - 3) * layout.cell;
	const panelHeight = textHeight + 2 * margin;
	const top = place === 'middle' ? Math.round((height - panelHeight) / 2) : height - panelHeight;
	const left = place === 'middle' ? margin : 0;
	const path = textPath(layout, width / 2, top + margin);
	return (
		`<rect x="${left}" y="${top}" width="${width - 2 * left}" height="${panelHeight}" ` +
		`fill="#101418" fill-opacity="0.72"/><path d="${path}" fill="#ffffff"/>`
	);
}
