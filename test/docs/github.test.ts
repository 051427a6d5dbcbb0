import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

import manifest from '../../package.json';
import { read, readPage, ROOT } from './markdown';

interface Step {
	uses?: string;
	run?: string;
}

interface Workflow {
	on: Record<string, unknown>;
	permissions: unknown;
	jobs: Record<string, { permissions?: unknown; environment?: string; steps?: Step[] }>;
}

const FILES = readdirSync(join(ROOT, '.github'), { recursive: true, encoding: 'utf8' })
	.filter((name) => name.endsWith('.yml'))
	.map((name) => `.github/${name}`);

test.each(FILES)('The file %s can be read as YAML', (file) => {
	expect(parse(read(file))).toEqual(expect.any(Object));
});

describe.each(FILES.filter((file) => file.includes('/workflows/')))('%s', (file) => {
	const text = read(file);
	const { permissions, jobs } = parse(text) as Workflow;
	const steps = Object.values(jobs).flatMap((job) => job.steps ?? []);

	test(`The actions of ${file} are pinned by commit, with their version beside`, () => {
		const used = text.match(/^.*\buses:.*$/gm) ?? [];
		const loose = used.filter(
			(line) => !/uses: (?:\.\/|[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/.test(line),
		);
		expect(loose).toEqual([]);
	});

	test(`The workflow ${file} may only read, and knows no secrets`, () => {
		expect(permissions).toEqual({ contents: 'read' });
		expect(text).not.toMatch(/secrets\.|_TOKEN/);
	});

	test(`The scripts that ${file} runs exist`, () => {
		for (const { run = '' } of steps) {
			for (const [, script = ''] of run.matchAll(/npm run ([\w:-]+)/g)) {
				expect(manifest.scripts).toHaveProperty([script]);
			}
			for (const [path] of run.matchAll(/^\.ci\/[\w-]+/gm)) {
				expect(existsSync(join(ROOT, path))).toBe(true);
			}
		}
	});
});

test('The job that publishes may prove who it is, and runs on a tag, after all tests', () => {
	const { on, jobs } = parse(read('.github/workflows/publish.yml')) as Workflow;
	expect(on).toEqual({ push: { tags: ['v*'] } });
	expect(jobs).toMatchObject({
		test: { uses: './.github/workflows/ci.yml' },
		publish: {
			needs: 'test',
			environment: 'npm',
			permissions: { contents: 'read', 'id-token': 'write' },
		},
	});
	expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true });
});

/** Where an address of the repository is written down, beside package.json's `repository`. */
test.each([
	'package.json',
	'credentials/NexconnApi.credentials.ts',
	'nodes/GeminiImage/GeminiImage.node.json',
	'.github/ISSUE_TEMPLATE/config.yml',
])('The addresses in %s lead to the repository, and to chapters that its README has', (file) => {
	const repository = manifest.repository.url.replace(/^git\+https:\/\/|\.git$/g, '');
	const { anchors } = readPage('README.md');
	const addresses = read(file).match(/github\.com\/[\w.#/-]*nexconn[\w.#/-]*/g) ?? [];
	const wrong = addresses.filter((address) => {
		const [page = '', anchor = 'readme'] = address.replace(/\.git$/, '').split('#');
		const isOurs = page === repository || page.startsWith(`${repository}/`);
		return !isOurs || !(anchor === 'readme' || anchors.has(anchor));
	});
	expect(addresses).not.toEqual([]);
	expect(wrong).toEqual([]);
});
