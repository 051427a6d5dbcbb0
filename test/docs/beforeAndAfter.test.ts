import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { findModel } from '../../nodes/GeminiImage/form/models';
import { modelOf, moving, MOVING, type Workflow } from '../e2e/flows';
import { readPage } from './markdown';

const { tables } = readPage('docs/moving.md');

test.each(readdirSync(MOVING))('The workflow %s holds nothing of an instance', (file) => {
	const raw = readFileSync(join(MOVING, file), 'utf8');
	expect(raw).not.toMatch(/"(versionId|meta|pinData|instanceId|webhookId|owner|shared)"/);
	const { active, nodes } = JSON.parse(raw) as Workflow;
	expect(active).toBe(false);
	const credentials = nodes.flatMap((node) => Object.values(node.credentials ?? {}));
	for (const credential of credentials) expect(credential).toMatchObject({ id: null });
});

describe.each([
	['From OpenAI, with Google Drive', 'openai-drive', [7, 4], 'Upload File'],
	["From Google's API by HTTP Request, with Telegram", 'google-telegram', [7, 3], 'Send the Photo'],
])('%s', (heading, flow, counts, behind) => {
	const flows = [moving(`${flow}-before`), moving(`${flow}-after`)];

	test(`The page of moving names the nodes of ${flow} before and after, and fewer of them`, () => {
		const [rows = []] = tables.get(heading) ?? [];
		const told = [0, 1].map((column) =>
			rows.flatMap((row) => /^\*\*(.+?)\*\*/.exec(row[column] ?? '')?.[1] ?? []),
		);
		expect(told).toEqual(flows.map(({ nodes }) => nodes.map(({ name }) => name)));
		expect(told.map((names) => names.length)).toEqual(counts);
	});

	test(`The node ${behind}, behind the image, is the same before and after the move`, () => {
		const [before, after] = flows.map(({ nodes }) => nodes.find(({ name }) => name === behind)!);
		expect(before).toBeDefined();
		expect(after?.parameters).toEqual(before?.parameters);
		expect(after?.typeVersion).toBe(before?.typeVersion);
	});

	test(`The workflow ${flow}-after draws with a model that has no successor`, () => {
		const ours = flows[1]!.nodes.find(({ type }) => type === 'n8n-nodes-nexconn.geminiImage')!;
		const { name, successor } = findModel(modelOf(ours))!;
		expect(ours.parameters.model).toMatchObject({ cachedResultName: name });
		expect(successor).toBeUndefined();
	});
});
