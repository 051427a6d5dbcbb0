/** These are published as ES modules only; jest loads CommonJS. */
const ES_MODULES = ['eventsource-parser', 'p-limit', 'yocto-queue', 'image-size'];

export default {
	rootDir: '..',
	testEnvironment: 'node',
	testMatch: ['<rootDir>/test/**/*.test.ts'],
	transform: {
		'\\.[jt]s$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }],
	},
	transformIgnorePatterns: [`/node_modules/(?!(?:${ES_MODULES.join('|')})/)`, '/dist/'],
	testTimeout: 20_000,
	maxWorkers: 2,
};
