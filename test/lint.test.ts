import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
const NODE = 'nodes/GeminiImage';
const ARROW = 'import-x/no-restricted-paths';

type Case = [filePath: string, text: string, ...broken: string[]];

/** What stands in a file, and the rules that it breaks. */
const CASES: Case[] = [
	// Down the house, and down a room. A rule looks at the names of files alone.
	[`${NODE}/operations/chat.ts`, "export { split } from '../reply/splitter';"],
	[`${NODE}/operations/chat.ts`, "export { exchange } from '../transport/exchange';"],
	[`${NODE}/operations/chat.ts`, "export { textOf } from './conversation';"],
	[`${NODE}/operations/perform.ts`, "import type { Turn } from './turn';\nexport type X = Turn;"],
	[`${NODE}/request/prompt.ts`, "export { findModel } from '../form/models';"],
	[`${NODE}/transport/client.ts`, "export { findModel } from '../form/models';"],
	[`${NODE}/transport/client.ts`, "export { statusError } from '../errors/failures';"],
	[
		`${NODE}/transport/client.ts`,
		"export { apiRootOf } from '../../../credentials/NexconnApi.credentials';",
	],
	[
		`${NODE}/errors/nodeError.ts`,
		"export { apiKeyOf } from '../../../credentials/NexconnApi.credentials';",
	],
	[`${NODE}/errors/errorBody.ts`, "export { asObject } from '../json';"],
	[`${NODE}/bytes/stream.ts`, "export type X = import('node:stream').Readable;"],

	// Up the house, in each way to write an import.
	[`${NODE}/reply/receive.ts`, "import { perform } from '../operations/perform';\nperform;", ARROW],
	[`${NODE}/reply/receive.ts`, "export { readPrompt } from '../request/prompt';", ARROW],
	[
		`${NODE}/request/prompt.ts`,
		"export { apiRootOf } from '../../../credentials/NexconnApi.credentials';",
		ARROW,
	],
	[
		`${NODE}/transport/client.ts`,
		"export const x = async () => await import('../operations');",
		ARROW,
	],
	[`${NODE}/errors/errorBody.ts`, "export { pause } from '../async';", ARROW],
	[
		`${NODE}/GeminiImage.node.ts`,
		"export { apiRootOf } from '../../credentials/NexconnApi.credentials';",
		ARROW,
	],
	[`${NODE}/errors/failures.ts`, "export { abortWith } from '../transport/retry';", ARROW],
	[`${NODE}/form/fields.ts`, "export { GeminiImage } from '../GeminiImage.node';", ARROW],
	[
		`${NODE}/bytes/stream.ts`,
		"import type { JsonObject } from '../json';\nexport type X = JsonObject;",
		ARROW,
	],
	[
		`${NODE}/bytes/stream.ts`,
		"export type X = import('../json').JsonObject;",
		'no-restricted-syntax',
	],
	[`${NODE}/json.ts`, "export { peek } from './bytes/stream';", ARROW],
	[`${NODE}/json.ts`, "export { pause } from './async';", ARROW],
	['credentials/x.ts', "export { asObject } from '../nodes/GeminiImage/json';", ARROW],

	// Up a room: a circle of two files, of which one imports only types.
	[`${NODE}/operations/conversation.ts`, "export { openMemory } from './memory';", ARROW],
	[
		`${NODE}/operations/turn.ts`,
		"import type { FailedPlan } from './plan';\nexport type X = FailedPlan;",
		ARROW,
	],
	[`${NODE}/reply/splitter.ts`, "export { receive } from './receive';", ARROW],
	[`${NODE}/errors/apiError.ts`, "export { toNodeError } from './nodeError';", ARROW],

	// A room or a file without a place.
	[`${NODE}/attic/x.ts`, "export { asObject } from '../json';", ARROW],
	[`${NODE}/attic.ts`, "export { asObject } from './json';", ARROW],
	[`${NODE}/operations/attic.ts`, "export { asObject } from '../json';", ARROW],

	// Request and reply know the shape of an answer, not how it is fetched.
	[
		`${NODE}/reply/receive.ts`,
		"import type { Answer } from '../transport/exchange';\nexport type X = Answer;",
	],
	[
		`${NODE}/reply/receive.ts`,
		"export { exchange } from '../transport/exchange';",
		'@typescript-eslint/no-restricted-imports',
	],
	[
		`${NODE}/request/body.ts`,
		"export { createOwnLinks } from '../transport/signedLinks';",
		'@typescript-eslint/no-restricted-imports',
	],

	// Titles of tests.
	['test/x.test.ts', "test('The form has a default', () => {});"],
	['test/x.test.ts', "test.each([1])('%i is a whole number', () => {});"],
	['test/x.test.ts', "test('has a default value', () => {});", 'no-restricted-syntax'],
	['test/x.e2e.ts', "test.each([1])('of %i bytes each', () => {});", 'no-restricted-syntax'],

	// Expressions that take the square of the length of a text, and worse.
	[
		`${NODE}/errors/cleanText.ts`,
		"export const x = (text: string) => text.replace(/a+$/, '');",
		'regexp/no-super-linear-move',
	],
	[
		`${NODE}/errors/cleanText.ts`,
		'export const x = (text: string) => /^(?:a+b?)+$/.test(text);',
		'regexp/no-super-linear-backtracking',
	],
];

test('The linter refuses imports up the house, slow expressions and half titles, and nothing else', () => {
	const texts = CASES.map(([filePath, text]) => ({ filePath, text: `${text}\n` }));
	const args = [join(__dirname, 'lintTexts.mjs'), JSON.stringify(texts)];
	const found = JSON.parse(
		execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }),
	) as string[][];
	const watched = (rule: string) => /^import-x|restricted|super-linear/.test(rule);
	expect(
		CASES.map(([file, text], index) => [file, text, ...found[index]!.filter(watched)]),
	).toEqual(CASES);
});
