import eslint from '@eslint/js';
import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes';
import { globalIgnores } from 'eslint/config';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import n8nNodesBase from 'eslint-plugin-n8n-nodes-base';
import { configs as regexp } from 'eslint-plugin-regexp';
import typescript from 'typescript-eslint';

const NODE = 'nodes/GeminiImage';

/** What each room of the node may import of the others: arrows run down only. */
const ROOMS = {
	operations: ['reply', 'request', 'transport', 'errors', 'form', 'images', 'json.ts', 'abort.ts'],
	reply: ['transport', 'errors', 'images', 'json.ts', 'abort.ts'],
	request: ['errors', 'form', 'images', 'json.ts'],
	transport: ['errors', 'form', 'json.ts', 'abort.ts'],
	errors: ['json.ts'],
	form: [],
	images: [],
	'json.ts': [],
	'abort.ts': [],
};

const ARROWS_RUN_DOWN = 'Arrows run down the house: the table is in eslint.config.mjs.';
const strangers = `!(GeminiImage.node.ts|${Object.keys(ROOMS).join('|')})`;

/** A room may import itself and what its row names; only `transport` knows the credential. */
const zones = [
	...Object.entries(ROOMS).flatMap(([room, below]) => [
		{
			target: `${NODE}/${room}`,
			from: NODE,
			except: [room, ...below].map((each) => `./${each}`),
			message: ARROWS_RUN_DOWN,
		},
		...(room === 'transport' ? [] : [{ target: `${NODE}/${room}`, from: './credentials' }]),
	]),
	{
		target: [`${NODE}/${strangers}`, `${NODE}/${strangers}/**`],
		from: './nodes',
		message: 'A new room needs a row in the table of eslint.config.mjs.',
	},
	{ target: './credentials', from: './nodes', message: ARROWS_RUN_DOWN },
];

/**
 * The stock configuration of n8n-node, with the plugin's newest rules: the one that it brings does
 * not know yet that bundled development dependencies may be imported. Our own rules stand last.
 */
export default typescript.config(
	globalIgnores(['.playground', 'dist', 'demo-output', 'node_modules']),
	{
		files: ['**/*.ts'],
		extends: [eslint.configs.recommended, typescript.configs.recommended],
		rules: { 'prefer-spread': 'off', 'no-empty': ['error', { allowEmptyCatch: true }] },
	},
	{
		files: ['nodes/**/*.ts', 'credentials/**/*.ts', 'index.ts', 'package.json'],
		extends: [n8nCommunityNodesPlugin.configs.recommended],
		rules: { 'no-console': 'error' },
	},
	{ plugins: { 'n8n-nodes-base': n8nNodesBase } },
	{
		files: ['package.json'],
		rules: n8nNodesBase.configs.community.rules,
		languageOptions: {
			parser: typescript.parser,
			parserOptions: { extraFileExtensions: ['.json'] },
		},
	},
	{
		files: ['credentials/**/*.ts'],
		rules: {
			...n8nNodesBase.configs.credentials.rules,
			'n8n-nodes-base/cred-class-field-documentation-url-miscased': 'off',
			'n8n-nodes-base/cred-class-field-type-options-password-missing': 'off',
		},
	},
	{
		files: ['nodes/**/*.ts'],
		rules: {
			...n8nNodesBase.configs.nodes.rules,
			'n8n-nodes-base/node-class-description-inputs-wrong-regular-node': 'off',
			'n8n-nodes-base/node-class-description-outputs-wrong': 'off',
			'n8n-nodes-base/node-param-type-options-max-value-present': 'off',
		},
	},
	{
		files: ['nodes/**/*.ts', 'credentials/**/*.ts'],
		extends: [regexp['flat/recommended']],
		plugins: { 'import-x': importX },
		settings: {
			'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.cjs'] })],
		},
		rules: {
			'import-x/no-restricted-paths': ['error', { zones }],
			'no-restricted-syntax': [
				'error',
				// The rule above does not see these.
				{
					selector: 'TSImportType[source.value=/^\\./]',
					message: 'Use an import statement.',
				},
			],
			// Foreign text must not stall n8n.
			'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
			'regexp/no-super-linear-move': ['error', { report: 'potential' }],
		},
	},
	{
		files: [`${NODE}/reply/**/*.ts`],
		rules: {
			// Of transport it knows the shape of an answer alone.
			'@typescript-eslint/no-restricted-imports': [
				'error',
				{ patterns: [{ group: ['**/transport/**'], allowTypeImports: true }] },
			],
		},
	},
);
