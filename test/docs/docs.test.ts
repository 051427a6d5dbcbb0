import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
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

const EXAMPLES = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.json'));

/** Who may be linked to; that they answer is not for a test without network. */
const HOSTS = [
	'ai.google.dev',
	'docs.n8n.io',
	'docs.npmjs.com',
	'github.com',
	'n8n.io',
	'nexconn.ai',
	'console.nexconn.ai',
	'nexconn-ai-docs.apifox.cn',
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

/** As `wc -w` counts. */
const wordsOf = (file: string): number => read(file).split(/\s+/).filter(Boolean).length;

/** The tables of a page under a heading. */
const tablesOf = (file: string, heading: string) => readPage(file).tables.get(heading) ?? [];

describe('README', () => {
	const { anchors, links } = readPage('README.md');

	test('README has at most 1,600 words', () => {
		expect(wordsOf('README.md')).toBeLessThanOrEqual(1600);
	});

	test("README has the chapters that n8n's verification wants", () => {
		const wanted = ['installation', 'operations', 'credentials', 'compatibility', 'usage'];
		expect([...anchors]).toEqual(
			expect.arrayContaining([...wanted, 'resources', 'version-history']),
		);
	});

	test('README links each example', () => {
		expect(links).toEqual(expect.arrayContaining(EXAMPLES.map((name) => `examples/${name}`)));
	});

	test('Every page of docs can be reached from README', () => {
		const reached = new Set(['README.md']);
		// A set that grows while it is walked.
		for (const file of reached) {
			for (const link of readPage(file).links) {
				const page = join(dirname(file), link.replace(/#.*/, ''));
				if (PAGES.includes(page)) reached.add(page);
			}
		}
		expect(PAGES.filter((page) => !reached.has(page))).toEqual([]);
	});
});

describe('The tables of README and docs', () => {
	const names = (rows: string[][] = []) =>
		rows.flatMap(([name = '']) => name.replaceAll('**', '').split(', ')).sort();
	const displayed = (list: unknown) =>
		[
			...new Set((list as INodeProperties[]).map(({ displayName, name }) => displayName ?? name)),
		].sort();

	const { node, credentialType } = loadBuilt();
	const property = (name: string) =>
		node.description.properties.find((candidate) => candidate.name === name);

	test('README and docs tell of each operation, option and field of the credential, and of no other', () => {
		expect(names(tablesOf('README.md', 'Operations')[0])).toEqual(
			displayed(property('operation')?.options),
		);
		expect(names(tablesOf('docs/options.md', 'Options')[0])).toEqual(
			displayed(property('options')?.options),
		);
		expect(names(tablesOf('README.md', 'Credentials')[0])).toEqual(
			displayed(credentialType.properties),
		);
	});

	test('README names the action of each operation', () => {
		const operations = property('operation')?.options as INodePropertyOptions[];
		const told = tablesOf('README.md', 'Operations')[0] ?? [];
		expect(Object.fromEntries(told.map(([name, action]) => [name, action]))).toEqual(
			Object.fromEntries(operations.map(({ name, action }) => [`**${name}**`, action])),
		);
	});

	test('README and docs tell as of when their facts are', () => {
		const asOf = (file: string) => read(file).match(/(?<=[Aa]s of )\w+ \d{4}/g);
		expect(asOf('README.md')).toEqual([AS_OF]);
		expect(asOf('docs/models.md')).toEqual([AS_OF]);
		expect(asOf('docs/gateways.md')).toEqual([AS_OF]);
	});

	test('The page of models tells of each model', () => {
		expect(tablesOf('docs/models.md', 'Models')[0]).toEqual(
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

	test('The page of models tells what each model takes', () => {
		const rows = tablesOf('docs/models.md', 'What the models take')[0] ?? [];
		const told = rows.map(([name, ratios = '', ...others]) => [
			name,
			ratios.replace(/^the same(, and)?/, rows[0]?.[1] ?? '').trim(),
			...others,
		]);
		expect(told).toEqual(
			MODELS.map(({ name, aspectRatios, imageSizes, maxInputImages, inputTypes, ...model }) => [
				name,
				aspectRatios.join(' '),
				imageSizes.length > 1 ? imageSizes.join(' ') : 'no choice',
				`up to ${maxInputImages}: ${inputTypes.map(fileType).join(', ')}`,
				model.reasoningEfforts.join(', ') || 'no choice',
			]),
		);
	});

	test('The models that README recommends are known, current, and go by the names of the page of models', () => {
		const chosen = /### Which model to choose\n+((?:- .*\n)+)/.exec(read('README.md'))?.[1] ?? '';
		const told = [...chosen.matchAll(/^- \*\*(.+?)\*\*(?: \((.+?)\))?/gm)];
		expect(told).toHaveLength(3);
		for (const [, name, other = ''] of told) {
			const model = MODELS.find((candidate) => candidate.name === name);
			expect(model).toBeDefined();
			expect(model?.successor).toBeUndefined();
			expect([model?.marketName, ...(model?.ids ?? [])]).toContain(other.replaceAll('`', ''));
		}
	});

	test('The page of messages explains only messages that node and credential have', () => {
		const built = [
			'dist/nodes/GeminiImage/GeminiImage.node.js',
			'dist/credentials/NexconnApi.credentials.js',
		];
		const code = built.map(read).join('\n');
		const rows = tablesOf('docs/messages.md', 'Messages')[0] ?? [];
		const quoted = rows.flatMap(([message = '']) => message.match(/`[^`]+`/g));
		const parts = quoted.flatMap((message) => message?.slice(1, -1).split(/ ?… ?/) ?? []);
		const fragments = parts.map((part) => part.replace(/ (?:Aspect Ratio|Image Size)$/, ''));
		expect(fragments.length).toBeGreaterThan(15);
		expect(fragments.filter((fragment) => !code.includes(fragment))).toEqual([]);
	});
});

test.each(['docs/usage.md', 'examples/README.md'])(
	'The page %s links each example and shows a screenshot of it',
	(file) => {
		const { links } = readPage(file);
		const shown = links.map((link) => join(dirname(file), link));
		const wanted = EXAMPLES.flatMap((name) => [
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
