import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Published as ES modules only, which jest cannot load: it gets them as the build bundles them. */
const ES_MODULES = ['eventsource-parser', 'filenamify/browser', 'github-slugger', 'marked', 'p-limit'];
const outdir = fileURLToPath(new URL('../node_modules/.cache/nexconn', import.meta.url));

await build({
	entryPoints: ES_MODULES,
	outdir,
	outExtension: { '.js': '.cjs' },
	bundle: true,
	format: 'cjs',
	platform: 'node',
});

export default {
	rootDir: '..',
	testEnvironment: 'node',
	roots: ['<rootDir>/test'],
	// Without <rootDir>, as a folder above the repository may hold special characters of globs.
	testMatch: ['**/*.test.ts'],
	// The real n8n of the end-to-end tests has thousands of packages.
	modulePathIgnorePatterns: ['<rootDir>/test/e2e/n8n/', '<rootDir>/dist/'],
	moduleNameMapper: { [`^(${ES_MODULES.join('|')})$`]: `${outdir}/$1.cjs` },
	transform: {
		'\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }],
	},
	testTimeout: 20_000,
	// Many tests wait, for what a service does or does not send.
	maxWorkers: 4,
};
