import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { read, ROOT } from './markdown';

const filesIn = (folder: string, ending: RegExp): string[] =>
	readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
		.filter((name) => ending.test(name))
		.map((name) => join(folder, name));

/** All that a user or a reader sees; the search of n8n's editor shows no aliases. */
const TEXTS = [
	...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
	...filesIn('docs', /\.md$/),
	...filesIn('examples', /\.(?:md|json)$/),
	...filesIn('.github', /\.(?:md|yml)$/),
	...filesIn('nodes', /\.ts$/),
	...filesIn('credentials', /\.ts$/),
];

test.each(TEXTS)('The file %s calls an image an image, never a picture', (file) => {
	expect(read(file).match(/.{0,40}picture.{0,40}/gi)).toBeNull();
});

test('The names of examples and of images of the documentation say image, never picture', () => {
	const names = [...filesIn('examples', /./), ...filesIn('docs', /./)];
	expect(names.filter((name) => /picture/i.test(name))).toEqual([]);
});

const PAGES = TEXTS.filter((file) => file.endsWith('.md'));

test.each(PAGES)('The page %s calls a field that holds a file a binary field', (file) => {
	expect(read(file).match(/.{0,40}\b(?:file|image|binary data) fields?\b.{0,40}/gi)).toBeNull();
});

test.each(filesIn('examples', /\.json$/))(
	'The notes of %s point at nothing outside n8n',
	(file) => {
		const { nodes } = JSON.parse(read(file)) as {
			nodes: Array<{ type: string; parameters: { content?: string } }>;
		};
		const notes = nodes.filter(({ type }) => type === 'n8n-nodes-base.stickyNote');
		expect(notes.length).toBeGreaterThan(0);
		for (const { parameters } of notes) {
			expect(parameters.content).not.toMatch(/this (?:folder|repository|file)|README|\.jpg|\.json/);
		}
	},
);
