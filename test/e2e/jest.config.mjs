import base from '../jest.config.mjs';

/** Each suite brings up real n8n processes, so they run one after the other. */
export default {
	...base,
	rootDir: '../..',
	testMatch: ['**/*.e2e.ts'],
	globalSetup: '<rootDir>/test/e2e/prepare.ts',
	testTimeout: 180_000,
	maxWorkers: 1,
};
