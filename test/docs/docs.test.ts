import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { INodeProperties } from 'n8n-workflow';
import { parse } from 'yaml';

import manifest from '../../package.json';
import { AS_OF, findModel, MODELS } from '../../nodes/GeminiImage/form/models';
import { loadBuilt } from '../demo/built';
import { read, readPage, ROOT } from './markdown';

const PAGES = [
	...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'examples/README.md'],
	...readdirSync(join(ROOT, 'docs'))
		.filter((name) => name.endsWith('.md'))
		.map((name) => `docs/${name}`),
];

/** Who may be linked to; that they answer is not for a test without network. */
const HOSTS = [
	'ai.google.dev',
	'docs.n8n.io',
	'docs.npmjs.com',
	'github.com',
	'n8n.io',
	'nexconn.ai',
	'console.nexconn.ai',
];

/** Commands of npm itself. */
const NPM = ['ci', 'install', 'login', 'pack', 'publish', 'trust', 'uninstall', 'version', 'view'];

/** Folders that text names as code, from the root or from the node's folder. */
const PATH =
	/^(?:\.ci|\.github|bytes|credentials|docs|errors|examples|form|nodes|operations|reply|request|test|transport)\/[\w.{},/-]*$/;

describe.each(PAGES)('%s', (file) => {
	const page = readPage(file);

	test(`The links of ${file} lead somewhere, and it has no raw HTML`, () => {
		expect(page.links.filter((link) => !leadsSomewhere(file, link))).toEqual([]);
		expect(page.html).toEqual([]);
	});

	test(`The npm commands of ${file} exist`, () => {
		const lines = [...page.code, ...page.blocks.map(({ text }) => text)].join('\n');
		const commands = [...lines.matchAll(/\bnpm (run )?([a-z][\w:-]*)/g)];
		const unknown = commands.filter(
			([, run, name = '']) => !(name in manifest.scripts) && (run || !NPM.includes(name)),
		);
		expect(unknown.map(([command]) => command)).toEqual([]);
	});

	test(`The files that ${file} names exist`, () => {
		const paths = page.code.filter((text) => PATH.test(text));
		expect(paths.flatMap(expand).filter((path) => !isFile(path))).toEqual([]);
	});

	test(`The JSON and YAML of ${file} can be read`, () => {
		for (const { language, text } of page.blocks) {
			if (language === 'json') JSON.parse(text);
			if (language === 'yaml') parse(text);
		}
	});
});

describe('README', () => {
	const { tables } = readPage('README.md');
	const table = (heading: string) => tables.get(heading)?.[0] ?? [];
	const names = (heading: string) =>
		table(heading)
			.flatMap(([name = '']) => name.replaceAll('**', '').split(', '))
			.sort();
	const displayed = (list: unknown) =>
		[
			...new Set((list as INodeProperties[]).map(({ displayName, name }) => displayName ?? name)),
		].sort();

	const { node, credentialType } = loadBuilt();
	const property = (name: string) =>
		node.description.properties.find((candidate) => candidate.name === name);

	test('README tells of each operation, option and field of the credential, and of no other', () => {
		expect(names('Operations')).toEqual(displayed(property('operation')?.options));
		expect(names('Options')).toEqual(displayed(property('options')?.options));
		expect(names('Credentials')).toEqual(displayed(credentialType.properties));
	});

	test('README tells of each model, and as of when', () => {
		expect(
			read('README.md')
				.match(/[Aa]s of (\w+ \d{4})/g)
				?.map((text) => text.slice(6)),
		).toEqual([AS_OF, AS_OF, AS_OF]);
		expect(tables.get('Models')?.[0]).toEqual(
			MODELS.map(({ name, marketName, ids, ...model }) => [
				name,
				marketName ?? name,
				ids.map((text) => `\`${text}\``).join(', '),
				model.goodFor,
				model.status,
				findModel(model.successor ?? '')?.name ?? '',
			]),
		);
	});

	test('README tells what each model takes', () => {
		const rows = tables.get('Models')?.[1] ?? [];
		const told = rows.map(([name, ratios = '', ...others]) => [
			name,
			ratios.replace(/^the same(, and)?/, rows[0]?.[1] ?? '').trim(),
			...others,
		]);
		expect(told).toEqual(
			MODELS.map(({ name, aspectRatios, imageSizes, maxInputImages, inputTypes, ...model }) => [
				name,
				aspectRatios.join(' '),
				imageSizes.join(' '),
				`up to ${maxInputImages}: ${inputTypes.map(fileType).join(', ')}`,
				model.reasoningEfforts.join(', ') || 'no choice',
			]),
		);
	});

	test('README explains only messages that the node has', () => {
		const built = read('dist/nodes/GeminiImage/GeminiImage.node.js');
		const quoted = table('Troubleshooting').flatMap(([message = '']) => message.match(/`[^`]+`/g));
		const parts = quoted.flatMap((message) => message?.slice(1, -1).split(/ ?… ?/) ?? []);
		const fragments = parts.map((part) => part.replace(/ (?:Aspect Ratio|Image Size)$/, ''));
		expect(fragments.length).toBeGreaterThan(15);
		expect(fragments.filter((fragment) => !built.includes(fragment))).toEqual([]);
	});
});

test.each(['README.md', 'examples/README.md'])(
	'The page %s links each example and shows a screenshot of it',
	(file) => {
		const { links } = readPage(file);
		const shown = links.map((link) => join(dirname(file), link));
		const examples = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.json'));
		const wanted = examples.flatMap((name) => [
			`examples/${name}`,
			`docs/images/example-${name.replace(/json$/, 'png')}`,
		]);
		expect(wanted.filter((path) => !shown.includes(path))).toEqual([]);
	},
);

test('Each image of the documentation is shown, and smaller than a megabyte', () => {
	const shown = PAGES.flatMap((file) =>
		readPage(file).links.map((link) => join(dirname(file), link)),
	);
	const images = readdirSync(join(ROOT, 'docs/images')).map((name) => join('docs/images', name));
	expect(images.filter((image) => !shown.includes(image))).toEqual([]);
	const large = images.filter((image) => statSync(join(ROOT, image)).size >= 1_000_000);
	expect(large).toEqual([]);
});

function leadsSomewhere(from: string, link: string): boolean {
	const url = new URL(link, pathToFileURL(join(ROOT, from)));
	if (url.protocol !== 'file:') {
		// A bare http://localhost is a link to GitHub's reader, though none that is meant.
		return url.hostname === 'localhost' || (url.protocol === 'https:' && HOSTS.includes(url.host));
	}
	const target = relative(ROOT, fileURLToPath(url));
	if (target.startsWith('..') || !existsSync(join(ROOT, target))) return false;
	if (!url.hash) return true;
	return target.endsWith('.md') && readPage(target).anchors.has(decodeURI(url.hash.slice(1)));
}

/** `{a,b}.ts` means both. */
function expand(path: string): string[] {
	const [, before, choices, after] = /^(.*)\{(.*)\}(.*)$/.exec(path) ?? [];
	return choices?.split(',').map((choice) => `${before}${choice}${after}`) ?? [path];
}

const isFile = (path: string): boolean =>
	[ROOT, join(ROOT, 'nodes/GeminiImage')].some((folder) => existsSync(join(folder, path)));

const fileType = (mimeType: string): string =>
	mimeType.replace('image/', '').toUpperCase().replace('WEBP', 'WebP');
