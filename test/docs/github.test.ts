import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

import manifest from '../../package.json';
import { read, readPage, ROOT } from './markdown';

interface Step {
	uses?: string;
	run?: string;
	with?: Record<string, string>;
	env?: Record<string, string>;
}

interface Workflow {
	on: Record<string, unknown>;
	permissions: unknown;
	jobs: Record<
		string,
		{ needs?: string; permissions?: unknown; environment?: string; steps?: Step[] }
	>;
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

	test(`The workflow ${file} may only read, and knows no secrets but the token of its job`, () => {
		expect(permissions).toEqual({ contents: 'read' });
		const others = text.replace(/^ +GH_TOKEN: \$\{\{ github\.token \}\}$/m, '');
		expect(others).not.toMatch(/secrets\.|_TOKEN|github\.token/);
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

describe('The release on GitHub', () => {
	const { jobs } = parse(read('.github/workflows/publish.yml')) as Workflow;
	const stepsOf = (job: string) => jobs[job]?.steps ?? [];
	const commandsOf = (job: string) => stepsOf(job).flatMap(({ run = '' }) => run.split('\n'));
	const tarball = `${manifest.name}-*.tgz`;

	test('The release on GitHub is made after publishing, by a job that can do nothing else', () => {
		expect(jobs.release).toMatchObject({ needs: 'publish', permissions: { contents: 'write' } });
		expect(Object.keys(jobs.release?.permissions ?? {})).toEqual(['contents']);
		expect(jobs.release).not.toHaveProperty('environment');
		const writers = Object.entries(jobs).filter(([, { permissions }]) =>
			JSON.stringify(permissions ?? {}).includes('"contents":"write"'),
		);
		expect(writers.map(([name]) => name)).toEqual(['release']);
	});

	test('The release on GitHub has the very file that npm got', () => {
		const made = commandsOf('publish').filter((command) => /^npm (?:pack|publish)/.test(command));
		expect(made).toEqual(['npm pack', `npm publish ./${tarball}`]);
		const handed = stepsOf('publish').find(({ uses = '' }) => uses.includes('upload-artifact'));
		const taken = stepsOf('release').find(({ uses = '' }) => uses.includes('download-artifact'));
		expect(handed?.with).toMatchObject({ path: tarball, 'if-no-files-found': 'error' });
		expect(taken?.with).toEqual({ name: handed?.with?.name });
		expect(commandsOf('release').join()).not.toMatch(/\bnpm\b|checkout/);
	});

	test('README installs the latest release by a name that each release has', () => {
		const asset = `${manifest.name}.tgz`;
		expect(commandsOf('release')).toContain(`cp ${tarball} ${asset}`);
		expect(commandsOf('release').join('\n')).toMatch(
			new RegExp(
				`^gh release upload "\\$TAG" .*${tarball.replaceAll(/[.*]/g, '\\$&')} ${asset}$`,
				'm',
			),
		);
		const address = manifest.repository.url.replace(/^git\+|\.git$/g, '');
		expect(read('README.md')).toContain(` ${address}/releases/latest/download/${asset}\n`);
	});
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
