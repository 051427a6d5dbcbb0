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

describe('A release', () => {
	const { on, jobs } = parse(read('.github/workflows/publish.yml')) as Workflow;
	const stepsOf = (job: string) => jobs[job]?.steps ?? [];
	const commandsOf = (job: string) =>
		stepsOf(job).flatMap(({ run }) => run?.trim().split('\n') ?? []);
	const tarball = `${manifest.name}-*.tgz`;

	test('A release is made of a tag, after all tests and the check of tag and changelog', () => {
		expect(on).toEqual({ push: { tags: ['v*'] } });
		expect(jobs).toMatchObject({
			test: { uses: './.github/workflows/ci.yml' },
			build: { needs: 'test' },
			release: { needs: 'build' },
			publish: { needs: 'build', environment: 'npm' },
		});
		const commands = commandsOf('build');
		expect(commands[0]).toBe('.ci/check-release "$GITHUB_REF_NAME"');
		expect(commands.slice(-2)).toEqual(['npm run build', 'npm pack']);
	});

	test('The job that publishes may prove who it is, the job of the release write, and no other anything', () => {
		const permitted = Object.entries(jobs).map(([name, { permissions }]) => [name, permissions]);
		expect(Object.fromEntries(permitted)).toEqual({
			test: undefined,
			build: undefined,
			release: { contents: 'write' },
			publish: { contents: 'read', 'id-token': 'write' },
		});
		expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true });
	});

	test('The jobs that may do something run nothing of the repository', () => {
		for (const job of ['release', 'publish']) {
			const used = stepsOf(job).flatMap(({ uses = '' }) => uses.replace(/@.*/, '') || []);
			expect(['actions/setup-node', 'actions/download-artifact']).toEqual(
				expect.arrayContaining(used),
			);
			expect(commandsOf(job).join('\n')).not.toMatch(/npm (?!publish)|\bnode\b|\.ci\//);
		}
	});

	test('Release and npm get the same file, which the build has packed', () => {
		const handed = stepsOf('build').find(({ uses = '' }) => uses.includes('upload-artifact'));
		expect(handed?.with).toMatchObject({ path: tarball, 'if-no-files-found': 'error' });
		for (const job of ['release', 'publish']) {
			const taken = stepsOf(job).find(({ uses = '' }) => uses.includes('download-artifact'));
			expect(taken?.with).toEqual({ name: handed?.with?.name });
		}
		expect(commandsOf('publish')).toEqual([`npm publish ./${tarball}`]);
	});

	test('README installs the latest release by a name that each release has', () => {
		const asset = `${manifest.name}.tgz`;
		const commands = commandsOf('release');
		expect(commands[0]).toBe(`cp ${tarball} ${asset}`);
		expect(commands).toContain(`gh release upload "$TAG" --clobber ${tarball} ${asset}`);
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
