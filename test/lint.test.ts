import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
const NODE = 'nodes/GeminiImage';
const ARROW = 'import-x/no-restricted-paths';

type Case = [filePath: string, text: string, ...broken: string[]];

/** What stands in a file, and the rules that it breaks. */
const CASES: Case[] = [
	// Down the house, and inside a room.
	[`${NODE}/operations/x.ts`, "export { split } from '../reply/splitter';"],
	[`${NODE}/operations/x.ts`, "export { exchange } from '../transport/response';"],
	[`${NODE}/request/x.ts`, "export { findModel } from '../form/models';"],
	[`${NODE}/transport/x.ts`, "export { findModel } from '../form/models';"],
	[
		`${NODE}/transport/x.ts`,
		"export { apiRootOf } from '../../../credentials/NexconnApi.credentials';",
	],
	[`${NODE}/errors/x.ts`, "export { asObject } from '../json';"],
	[`${NODE}/images/x.ts`, "export { peek } from './peek';"],
	[`${NODE}/images/x.ts`, "export type X = import('node:stream').Readable;"],

	// Up the house, in each way to write an import.
	[`${NODE}/reply/x.ts`, "import { send } from '../operations/send';\nsend;", ARROW],
	[`${NODE}/reply/x.ts`, "export { readPrompt } from '../request/prompt';", ARROW],
	[`${NODE}/request/x.ts`, "export { exchange } from '../transport/response';", ARROW],
	[
		`${NODE}/request/x.ts`,
		"export { apiRootOf } from '../../../credentials/NexconnApi.credentials';",
		ARROW,
	],
	[`${NODE}/transport/x.ts`, "export const x = async () => await import('../operations');", ARROW],
	[`${NODE}/transport/x.ts`, "export { peek } from '../images/peek';", ARROW],
	[`${NODE}/errors/x.ts`, "export { abortWith } from '../abort';", ARROW],
	[`${NODE}/form/x.ts`, "export { GeminiImage } from '../GeminiImage.node';", ARROW],
	[
		`${NODE}/images/x.ts`,
		"import type { JsonObject } from '../json';\nexport type X = JsonObject;",
		ARROW,
	],
	[`${NODE}/images/x.ts`, "export type X = import('../json').JsonObject;", 'no-restricted-syntax'],
	[`${NODE}/json.ts`, "export { peek } from './images/peek';", ARROW],
	['credentials/x.ts', "export { asObject } from '../nodes/GeminiImage/json';", ARROW],

	// A room without a row.
	[`${NODE}/attic/x.ts`, "export { asObject } from '../json';", ARROW],
	[`${NODE}/attic.ts`, "export { asObject } from './json';", ARROW],

	// The reply knows the shape of an answer, not how it is fetched.
	[
		`${NODE}/reply/x.ts`,
		"import type { Answer } from '../transport/response';\nexport type X = Answer;",
	],
	[
		`${NODE}/reply/x.ts`,
		"export { exchange } from '../transport/response';",
		'@typescript-eslint/no-restricted-imports',
	],

	// Expressions that take the square of the length of a text, and worse.
	[
		`${NODE}/errors/x.ts`,
		"export const x = (text: string) => text.replace(/a+$/, '');",
		'regexp/no-super-linear-move',
	],
	[
		`${NODE}/errors/x.ts`,
		'export const x = (text: string) => /^(?:a+b?)+$/.test(text);',
		'regexp/no-super-linear-backtracking',
	],
];

test('The linter refuses imports up the house and expressions slower than linear, and nothing else', () => {
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
