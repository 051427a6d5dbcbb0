import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type { ICredentialType, INodeType } from 'n8n-workflow';
import { NodeHelpers } from 'n8n-workflow';

const root = resolve(__dirname, '..');
const fromRoot = createRequire(join(root, 'package.json'));
const manifest = fromRoot('./package.json') as {
	main: string;
	n8n: { nodes: string[]; credentials: string[] };
};

type Classes = Record<string, new () => never>;

/** Loads a built file the way n8n does: the class is named like the file. */
function load<T>(file: string): T {
	const [name] = file.split('/').at(-1)!.split('.');
	return new ((fromRoot(`./${file}`) as Classes)[name!] as unknown as new () => T)();
}

/** The operations that saved workflows rely on, and the fields that each has in a new node. */
const FIELDS: Array<[operation: string, fields: string[]]> = [
	['chat', ['operation', 'model', 'prompt', 'imageSource', 'aspectRatio', 'imageSize', 'options']],
	[
		'imageToImage',
		[
			...['operation', 'model', 'prompt', 'imageSource'],
			...['aspectRatio', 'imageSize', 'numberOfImages', 'options'],
		],
	],
	[
		'textToImage',
		['operation', 'model', 'prompt', 'aspectRatio', 'imageSize', 'numberOfImages', 'options'],
	],
];

describe('the built package', () => {
	const [nodeFile] = manifest.n8n.nodes as [string];
	const [credentialFile] = manifest.n8n.credentials as [string];
	const node = load<INodeType>(nodeFile);
	const credential = load<ICredentialType>(credentialFile);
	const { description } = node;

	test('The index of the built package exports the node and the credential', () => {
		expect(Object.keys(fromRoot(`./${manifest.main}`) as object).sort()).toEqual([
			'GeminiImage',
			'NexconnApi',
		]);
	});

	test('The built package carries the licenses of what is bundled into it', () => {
		const notices = readFileSync(join(root, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
		const named = notices.split('\n---\n\n').map((notice) => notice.split('\n')[0]);
		expect(named.sort()).toEqual([
			'eventsource-parser',
			'fastest-levenshtein',
			'filename-reserved-regex',
			'filenamify',
			'image-size',
			'ipaddr.js',
			'p-limit',
			'tlds',
			'yocto-queue',
		]);
		expect(notices.match(/^Copyright/gim)).toHaveLength(9);
	});

	test('The built node has the names, version and operations that saved workflows rely on', () => {
		expect(description).toMatchObject({
			displayName: 'Gemini Image',
			name: 'geminiImage',
			version: 1,
			usableAsTool: true,
			inputs: expect.stringContaining('"ai_memory"'),
			outputs: ['main'],
			credentials: [{ name: 'nexconnApi', required: true }],
		});
		const [resource, operation] = description.properties;
		expect(resource).toMatchObject({ name: 'resource', type: 'hidden', default: 'image' });
		expect(operation).toMatchObject({ name: 'operation', default: 'textToImage' });
		expect(operation?.options?.map((option) => 'value' in option && option.value)).toEqual(
			FIELDS.map(([value]) => value),
		);
	});

	test.each(FIELDS)(
		'A new node with the operation %s shows the fields that it uses',
		(operation, fields) => {
			const values = NodeHelpers.getNodeParameters(
				description.properties,
				{ operation },
				true,
				false,
				null,
				description,
			);
			expect(Object.keys(values ?? {})).toEqual(['resource', ...fields]);
		},
	);

	test('The built credential has its three fields with their defaults', () => {
		expect(credential.name).toBe('nexconnApi');
		expect(credential.properties.map(({ name, default: value }) => [name, value])).toEqual([
			['apiKey', ''],
			['authorizationFormat', 'apiKey'],
			['baseUrl', 'https://api-xmodel.nexconn.ai/v1'],
		]);
	});

	test('The icons and the codex of the built package are where n8n looks for them', () => {
		const folder = (file: string) => join(root, file, '..');
		for (const [file, icon] of [
			[nodeFile, description.icon],
			[credentialFile, credential.icon],
		] as const) {
			const { light, dark } = icon as { light: string; dark: string };
			expect(light).not.toBe(dark);
			for (const path of [light, dark]) {
				expect(existsSync(join(folder(file), path.replace('file:', '')))).toBe(true);
			}
		}
		const codex = JSON.parse(readFileSync(join(root, nodeFile.replace(/js$/, 'json')), 'utf8')) as {
			categories: string[];
		};
		expect(codex.categories).not.toContain('AI');
	});

	test('The built node requires nothing but what n8n provides', () => {
		const script = `
			const { Module } = require('node:module');
			const load = Module._load;
			const asked = new Set();
			Module._load = function (name, parent, ...rest) {
				if (parent?.filename.includes('/dist/nodes/GeminiImage')) asked.add(name);
				return load.call(this, name, parent, ...rest);
			};
			require('./${nodeFile}');
			console.log(JSON.stringify([...asked].sort()));`;
		const asked = execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' });
		expect(JSON.parse(asked)).toEqual(['crypto', 'n8n-workflow']);
	});
});
