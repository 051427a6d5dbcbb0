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

	test('one recipe is that of one container, and of all of n8n in queue mode', () => {
		expect(services).toMatchObject({ n8n: { build: '.' }, worker: { build: '.' } });
	});

	test('it has the n8n of the end-to-end tests, and the tarball, which is all that it gets', () => {
		const { dependencies } = JSON.parse(read('test/e2e/n8n/package.json')) as {
			dependencies: { n8n: string };
		};
		expect(recipe).toContain(`FROM n8nio/n8n:${dependencies.n8n}\n`);
		const [, tarball, target] = /^COPY --chown=node:node (\S+) (\S+)$/m.exec(recipe) ?? [];
		expect(tarball).toBe(`${manifest.name}-*.tgz`);
		expect(read('.dockerignore')).toBe(`*\n!${tarball}\n`);
		expect(recipe).toContain(` ${target}\n`);
	});

	test('n8n finds the package, where README lets the image have its own', () => {
		const folder = '/home/node/.n8n/nodes';
		expect(recipe).toMatch(new RegExp(`^RUN mkdir -p ${folder} .*\n +&& cd ${folder} `, 'm'));
		const [, name] = /^docker build -t (\S+) \.$/m.exec(COMMANDS) ?? [];
		expect(COMMANDS).toMatch(new RegExp(`^docker run .* -v ${folder} ${name}$`, 'm'));
	});
});
