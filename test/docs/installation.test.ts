import { parse } from 'yaml';

import manifest from '../../package.json';
import { read, readPage } from './markdown';

/** All commands of a page. */
const commandsOf = (file: string): string =>
	readPage(file)
		.blocks.map(({ text }) => text)
		.join('\n');

const COMMANDS = commandsOf('docs/installation.md');

test('The page of installation clones the repository of the package', () => {
	const address = manifest.repository.url.replace('git+', '');
	expect(COMMANDS).toContain(`git clone ${address}\ncd ${manifest.name}\n`);
});

test('README installs with the flags that the page of installation and the Dockerfile have', () => {
	const flags = '--legacy-peer-deps --ignore-scripts';
	const install = `npm install --prefix ~/.n8n/nodes ${flags} `;
	expect(commandsOf('README.md')).toContain(install);
	expect(COMMANDS).toContain(install);
	for (const flag of flags.split(' ')) expect(read('Dockerfile')).toContain(` ${flag} `);
});

describe('Docker', () => {
	const { services } = parse(read('docker-compose.yml'), { merge: true });
	const recipe = read('Dockerfile');
	const [, version = ''] = /^FROM n8nio\/n8n:(\S+)$/m.exec(recipe) ?? [];

	test('The services n8n and worker of docker-compose.yml are built from the same Dockerfile', () => {
		expect(services).toMatchObject({ n8n: { build: '.' }, worker: { build: '.' } });
	});

	test('The Dockerfile has an n8n that is not older than that of the end-to-end tests', () => {
		const { dependencies } = JSON.parse(read('test/e2e/n8n/package.json')) as {
			dependencies: { n8n: string };
		};
		const sorted = [version, dependencies.n8n].sort((a, b) =>
			a.localeCompare(b, 'en', { numeric: true }),
		);
		expect(version).toMatch(/^\d+\.\d+\.\d+$/);
		expect(sorted.at(-1)).toBe(version);
	});

	test.each(['docs/installation.md', 'docs/queue-mode.md', 'docs/compatibility.md'])(
		'The page %s names the n8n of the Dockerfile, and says that it was not run',
		(file) => {
			const told = read(file)
				.split('\n')
				.filter((line) => line.includes(version));
			expect(told).not.toEqual([]);
			expect(told.filter((line) => !/not (?:been )?run\b/.test(line))).toEqual([]);
		},
	);

	test('The Dockerfile lets n8n 3 install packages that are not verified', () => {
		expect(recipe).toContain('ENV N8N_UNVERIFIED_PACKAGES_ENABLED=true\n');
	});

	test('The Dockerfile gets nothing but the tarball', () => {
		const [, tarball, target] = /^COPY --chown=node:node (\S+) (\S+)$/m.exec(recipe) ?? [];
		expect(tarball).toBe(`${manifest.name}-*.tgz`);
		expect(read('.dockerignore')).toBe(`*\n!${tarball}\n`);
		expect(recipe).toContain(` ${target}\n`);
	});

	test('The Dockerfile installs the package in the folder that the docker command keeps', () => {
		const folder = '/home/node/.n8n/nodes';
		expect(recipe).toMatch(new RegExp(`^RUN mkdir -p ${folder} .*\n +&& cd ${folder} `, 'm'));
		const [, name] = /^docker build -t (\S+) \.$/m.exec(COMMANDS) ?? [];
		expect(COMMANDS).toMatch(new RegExp(`^docker run .* -v ${folder} ${name}$`, 'm'));
	});
});
