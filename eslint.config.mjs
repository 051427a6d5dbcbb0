import eslint from '@eslint/js';
import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes';
import { globalIgnores } from 'eslint/config';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import n8nNodesBase from 'eslint-plugin-n8n-nodes-base';
import { configs as regexp } from 'eslint-plugin-regexp';
import typescript from 'typescript-eslint';

const NODE = 'nodes/GeminiImage';

const BOTTOM = ['json.ts', 'async.ts'];

/**
 * The house, from top to bottom: which rooms a room may import, and its files, each of which may
 * import those behind it. Types count, too, so there are no circles anywhere.
 */
const ROOMS = {
	operations: {
		below: ['reply', 'request', 'transport', 'errors', 'form', ...BOTTOM],
		files: [
			...['index', 'chat', 'images', 'run', 'plan', 'perform', 'liveText', 'hints', 'output'],
			...['memory', 'conversation', 'turn'],
		],
	},
	reply: {
		below: ['transport', 'errors', 'form', 'bytes', ...BOTTOM],
		files: [
			...['receive', 'splitter', 'base64', 'events'],
			...['reply', 'progress', 'prose', 'imageStore'],
		],
	},
	request: {
		below: ['transport', 'errors', 'form', 'bytes', 'json.ts'],
		files: [
			...['body', 'imageSources', 'fileFields', 'imageUrls', 'inputImage'],
			...['prompt', 'options', 'fileName', 'values'],
		],
	},
	transport: {
		below: ['errors', 'form', 'bytes', ...BOTTOM],
		files: ['modelList', 'client', 'download', 'signedLinks', 'exchange', 'retry'],
	},
	errors: {
		below: ['form', 'json.ts'],
		files: ['nodeError', 'failures', 'goneModel', 'waits', 'errorBody', 'cleanText', 'apiError'],
	},
	form: { below: [], files: ['fields', 'options', 'choices', 'modelNames', 'models', 'operations'] },
	bytes: { below: [], files: ['base64', 'stream', 'wholeness', 'imageType'] },
};
const KNOW_THE_CREDENTIAL = ['transport', 'errors'];

const ARROWS_RUN_DOWN = 'Arrows run down the house: the table is in eslint.config.mjs.';
const NEEDS_A_PLACE = 'A new room or file needs its place in the table of eslint.config.mjs.';
const strangers = `!(GeminiImage.node.ts|${[...Object.keys(ROOMS), ...BOTTOM].join('|')})`;

const zones = [
	...Object.entries(ROOMS).flatMap(([room, { below, files }]) => {
		const folder = `${NODE}/${room}`;
		return [
			{
				target: folder,
				from: NODE,
				except: [room, ...below].map((each) => `./${each}`),
				message: ARROWS_RUN_DOWN,
			},
			...files.map((file, index) => ({
				target: `${folder}/${file}.ts`,
				from: folder,
				except: files.slice(index + 1).map((each) => `./${each}.ts`),
				message: ARROWS_RUN_DOWN,
			})),
			{ target: `${folder}/!(${files.join('|')}).ts`, from: './nodes', message: NEEDS_A_PLACE },
			...(KNOW_THE_CREDENTIAL.includes(room) ? [] : [{ target: folder, from: './credentials' }]),
		];
	}),
	...BOTTOM.map((file) => ({ target: `${NODE}/${file}`, from: NODE, message: ARROWS_RUN_DOWN })),
	{
		target: [`${NODE}/${strangers}`, `${NODE}/${strangers}/**`],
		from: './nodes',
		message: NEEDS_A_PLACE,
	},
	{ target: `${NODE}/GeminiImage.node.ts`, from: './credentials', message: ARROWS_RUN_DOWN },
	{ target: './credentials', from: './nodes', message: ARROWS_RUN_DOWN },
];

/** `test(…)` and `test.each(…)(…)`. */
const TEST_CALL =
	'CallExpression:matches([callee.name=/^(?:test|it)$/], [callee.callee.object.name=/^(?:test|it)$/])';
/** Begins like one and has three words; the rest is for a reader to see. */
const SENTENCE = /^(?:[A-Z%$]|n8n|npm)\S*(?: \S+){2}/;

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
		files: ['test/**/*.{test,e2e}.ts'],
		rules: {
			'no-restricted-syntax': [
				'error',
				{
					selector: `${TEST_CALL} > Literal.arguments:first-child:not([value=${SENTENCE}])`,
					message: 'The title of a test is a whole sentence that says, alone, what broke.',
				},
			],
		},
	},
	{
		files: [`${NODE}/{reply,request}/**/*.ts`],
		rules: {
			// Of transport they know shapes alone: who sends and who fetches is told by operations.
			'@typescript-eslint/no-restricted-imports': [
				'error',
				{ patterns: [{ group: ['**/transport/**'], allowTypeImports: true }] },
			],
		},
	},
);
