import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodeExecutionData } from 'n8n-workflow';

import { readWorkflow, type Engine } from '../engine';
import { numbered, saveItem } from './outputFolder';
import { root } from './settings';
import type { Row } from './table';

export interface Example {
	/** Of its file in `examples`, and of the files it gives. */
	name: string;
	/** What a user would upload: the file and the field of the form. */
	upload?: { file: string; field: string };
}

export const examples: Example[] = [
	{ name: 'text-to-image' },
	{ name: 'image-to-image', upload: { file: 'photo.jpg', field: 'photo' } },
	{ name: 'chat' },
];

const OUR_TYPE = 'n8n-nodes-nexconn.geminiImage';

/**
 * Runs a workflow of `examples` and saves what the nodes of this package gave, with a row for each
 * image; if it fails, what the nodes before the failed one gave is saved first.
 */
export async function runExample(
	engine: Engine,
	example: Example,
	folder: string,
	rows: Row[],
): Promise<void> {
	const workflow = readWorkflow(join(root, 'examples', `${example.name}.json`));
	const ours = workflow.nodes.filter((node) => node.type === OUR_TYPE);
	console.log(`\n${workflow.name}`);
	for (const { name, parameters } of ours) console.log(`  ${name}: ${String(parameters.prompt)}`);

	const started = Date.now();
	const { run, error, output } = await engine.run(workflow, {
		input: await startItems(engine, example),
		onNodeDone: (name, failure) =>
			console.log(`  ${secondsSince(started)} s  ${name} ${failure ? 'has failed' : 'is done'}`),
	});

	for (const [step, node] of ours.entries()) {
		const milliseconds = run.data.resultData.runData[node.name]?.[0]?.executionTime ?? 0;
		const name = ours.length > 1 ? `${example.name}-${step + 1}` : example.name;
		for (const [index, item] of output(node.name).entries()) {
			if (item.json.text) console.log(`  ${node.name} says: ${String(item.json.text)}`);
			const images = await saveItem(folder, numbered(name, index), item, engine.read);
			rows.push(...images.map((image) => ({ ...image, seconds: milliseconds / 1000 })));
		}
	}
	if (error) throw error;
}

const secondsSince = (time: number) => ((Date.now() - time) / 1000).toFixed(1);

/** What the trigger hands on: a form gives the file that was uploaded. */
async function startItems(engine: Engine, { upload }: Example): Promise<INodeExecutionData[]> {
	if (!upload) return [{ json: {} }];
	const bytes = readFileSync(join(root, 'examples', upload.file));
	const file = await engine.store(bytes, upload.file, 'image/jpeg');
	return [{ json: {}, binary: { [upload.field]: file } }];
}
