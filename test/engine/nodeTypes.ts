import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { INodeType, INodeTypes, IVersionedNodeType } from 'n8n-workflow';
import { NodeHelpers } from 'n8n-workflow';

const require = createRequire(__filename);
const baseFolder = dirname(require.resolve('n8n-nodes-base/package.json'));
const baseNodes = require('n8n-nodes-base/dist/known/nodes.json') as Record<
	string,
	{ className: string; sourcePath: string }
>;

type AnyNodeType = INodeType | IVersionedNodeType;

/** n8n's own nodes, and `ours` under the names that n8n gives them. */
export function createNodeTypes(ours: Record<string, AnyNodeType>): INodeTypes {
	const loaded = new Map<string, AnyNodeType>();

	function load(type: string): AnyNodeType {
		const known = baseNodes[type.replace(/^n8n-nodes-base\./, '')];
		if (!known) throw new Error(`There is no node type ${type}`);
		const file = join(baseFolder, known.sourcePath);
		if (!existsSync(file)) throw new Error(`n8n-nodes-base has no ${known.sourcePath}`);
		const module = require(file) as Record<string, new () => AnyNodeType>;
		const nodeType = new (module[known.className] as new () => AnyNodeType)();
		loaded.set(type, nodeType);
		return nodeType;
	}

	const getByName = (type: string) =>
		ours[type.replace(/^n8n-nodes-nexconn\./, '')] ?? loaded.get(type) ?? load(type);
	return {
		getByName,
		getByNameAndVersion: (type, version) =>
			NodeHelpers.getVersionedNodeType(getByName(type), version),
		getKnownTypes: () => ({}),
	};
}
