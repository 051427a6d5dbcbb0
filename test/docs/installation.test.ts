import { parse } from 'yaml';

import manifest from '../../package.json';
import { read, readPage } from './markdown';

/** All commands of README. */
const COMMANDS = readPage('README.md')
	.blocks.map(({ text }) => text)
	.join('\n');

test('README clones the repository of the package', () => {
	const address = manifest.repository.url.replace('git+', '');
	expect(COMMANDS).toContain(`git clone ${address}\ncd ${manifest.name}\n`);
});

describe('Docker', () => {
	const { services } = parse(read('docker-compose.yml'), { merge: true });
	const recipe = read('Dockerfile');

	test('The services n8n and worker of docker-compose.yml are built from the same Dockerfile', () => {
		expect(services).toMatchObject({ n8n: { build: '.' }, worker: { build: '.' } });
	});

	test('The Dockerfile has the n8n of the end-to-end tests, and gets nothing but the tarball', () => {
		const { dependencies } = JSON.parse(read('test/e2e/n8n/package.json')) as {
			dependencies: { n8n: string };
		};
		expect(recipe).toContain(`FROM n8nio/n8n:${dependencies.n8n}\n`);
		const [, tarball, target] = /^COPY --chown=node:node (\S+) (\S+)$/m.exec(recipe) ?? [];
		expect(tarball).toBe(`${manifest.name}-*.tgz`);
		expect(read('.dockerignore')).toBe(`*\n!${tarball}\n`);
		expect(recipe).toContain(` ${target}\n`);
	});

	test('The Dockerfile installs the package in the folder that the docker command of README keeps', () => {
		const folder = '/home/node/.n8n/nodes';
		expect(recipe).toMatch(new RegExp(`^RUN mkdir -p ${folder} .*\n +&& cd ${folder} `, 'm'));
		const [, name] = /^docker build -t (\S+) \.$/m.exec(COMMANDS) ?? [];
		expect(COMMANDS).toMatch(new RegExp(`^docker run .* -v ${folder} ${name}$`, 'm'));
	});
});
