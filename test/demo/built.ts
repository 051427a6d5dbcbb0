import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import type { ICredentialType, INodeType } from 'n8n-workflow';

import { root } from './settings';

const require = createRequire(join(root, 'package.json'));
const { main, n8n } = require('./package.json') as {
	main: string;
	n8n: { nodes: [string]; credentials: [string] };
};

/** The node and the credential out of `dist`, found and made the way n8n does it. */
export function loadBuilt(): { node: INodeType; credentialType: ICredentialType } {
	if (isOutdated()) build();
	return {
		node: make<INodeType>(n8n.nodes[0]),
		credentialType: make<ICredentialType>(n8n.credentials[0]),
	};
}

function isOutdated(): boolean {
	const outputs = [main, ...n8n.nodes, ...n8n.credentials].map(changedAt);
	const sources = ['nodes', 'credentials'].flatMap((folder) =>
		readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
			join(folder, file),
		),
	);
	return Math.min(...outputs) < Math.max(...['index.ts', ...sources].map(changedAt));
}

/** 0 for a file that does not exist. */
function changedAt(file: string): number {
	return statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function build(): void {
	console.log('Building the node …');
	const { status, stdout, stderr } = spawnSync('npm', ['run', 'build'], {
		cwd: root,
		encoding: 'utf8',
		// On Windows npm is a script, which only a shell can start.
		shell: process.platform === 'win32',
	});
	if (status === 0) return;
	console.error(`${stdout ?? ''}${stderr ?? ''}`);
	throw new Error('The node could not be built, see above.');
}

function make<T>(file: string): T {
	const module = require(join(root, file)) as Record<string, new () => T>;
	const className = basename(file).split('.')[0] ?? '';
	const Class = module[className];
	if (!Class) throw new Error(`${file} does not export ${className}.`);
	return new Class();
}
