import type { SavedImage } from './outputFolder';

export interface Row extends SavedImage {
	seconds: number;
}

const HEADINGS = ['file', 'type', 'pixels', 'bytes', 'seconds'];
/** Columns of numbers stand flush right. */
const FIRST_NUMBER = 3;

export function formatTable(rows: Row[]): string {
	const lines = [
		HEADINGS,
		...rows.map(({ file, mimeType, width, height, bytes, seconds }) => [
			file,
			mimeType,
			`${width}x${height}`,
			String(bytes),
			seconds.toFixed(1),
		]),
	];
	const widths = HEADINGS.map((_heading, column) =>
		Math.max(...lines.map((line) => line[column]?.length ?? 0)),
	);
	return lines
		.map((line) =>
			line
				.map((cell, column) =>
					column < FIRST_NUMBER
						? cell.padEnd(widths[column] ?? 0)
						: cell.padStart(widths[column] ?? 0),
				)
				.join('  '),
		)
		.join('\n');
}
