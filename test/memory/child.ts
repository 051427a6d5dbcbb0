import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { pipeline } from 'node:stream/promises';
import type { ICredentialType, INodeType } from 'n8n-workflow';

import { createEngine } from '../engine';

/** Runs the built node over `count` items in batches, and prints the hash of each image. */
async function main(baseUrl: string, count: number, batch: number): Promise<void> {
	const built = createRequire(__filename)('../../dist') as {
		GeminiImage: new () => INodeType;
		NexconnApi: new () => ICredentialType;
	};
	const engine = await createEngine({
		node: new built.GeminiImage(),
		credentialType: new built.NexconnApi(),
		credentials: { apiKey: 'memory', authorizationFormat: 'apiKey', baseUrl },
	});
	const hashes: string[] = [];
	for (let first = 0; first < count; first += batch) {
		const { error, output } = await engine.run(workflow, {
			input: Array.from({ length: batch }, (_item, index) => ({ json: { index: first + index } })),
		});
		if (error) throw error;
		for (const item of output('Gemini Image')) {
			const hash = createHash('sha256');
			await pipeline(createReadStream(engine.pathOf(item.binary!.data!)), hash);
			hashes.push(hash.digest('hex'));
		}
		engine.clear();
	}
	engine.close();
	process.stdout.write(JSON.stringify(hashes));
}

const common = { typeVersion: 1, position: [0, 0] as [number, number] };
const workflow = {
	nodes: [
		{ ...common, id: '1', name: 'Start', type: 'n8n-nodes-base.manualTrigger', parameters: {} },
		{
			...common,
			id: '2',
			name: 'Gemini Image',
			type: 'n8n-nodes-nexconn.geminiImage',
			parameters: { operation: 'textToImage', prompt: '=image {{ $json.index }}' },
			credentials: { nexconnApi: { id: '1', name: 'Nexconn account' } },
		},
	],
	connections: { Start: { main: [[{ node: 'Gemini Image', type: 'main' as const, index: 0 }]] } },
};

const [baseUrl, count, batch] = process.argv.slice(2) as [string, string, string];
void main(baseUrl, Number(count), Number(batch));
