import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import GithubSlugger from 'github-slugger';
import { lexer, walkTokens, type MarkedToken } from 'marked';

export const ROOT = resolve(__dirname, '../..');

export const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

type Row = string[];

/** What a Markdown page claims, for tests to hold it to. */
export interface Page {
	/** Where its links and images lead, as written. */
	links: string[];
	/** What links can name behind a #, by GitHub's rule. */
	anchors: Set<string>;
	/** Code within a line. */
	code: string[];
	blocks: Array<{ language: string; text: string }>;
	/** Tables without their head, by the heading above them. */
	tables: Map<string, Row[][]>;
	/** Raw HTML, in which nothing is looked at. */
	html: string[];
}

export function readPage(file: string): Page {
	const page: Page = {
		links: [],
		anchors: new Set(),
		code: [],
		blocks: [],
		tables: new Map(),
		html: [],
	};
	const slugger = new GithubSlugger();
	let heading = '';

	walkTokens(lexer(read(file)), (token) => {
		const known = token as MarkedToken;
		switch (known.type) {
			case 'heading':
				heading = known.text;
				page.anchors.add(slugger.slug(heading));
				break;
			case 'link':
			case 'image':
				page.links.push(known.href);
				break;
			case 'codespan':
				page.code.push(known.text);
				break;
			case 'code':
				page.blocks.push({ language: known.lang ?? '', text: known.text });
				break;
			case 'table': {
				const rows = known.rows.map((row) => row.map(({ text }) => text));
				page.tables.set(heading, [...(page.tables.get(heading) ?? []), rows]);
				break;
			}
			case 'html':
				page.html.push(known.raw);
				break;
		}
	});
	return page;
}
