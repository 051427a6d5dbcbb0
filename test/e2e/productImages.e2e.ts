import { parse } from 'flatted';

import { example, type Workflow } from './flows';
import { importExamples, publishExample } from './gallery';
import { drawDirectly, sha256 } from './drawnImages';
import type { Server } from './server';
import { openStage, type Stage } from './stage';
import { until } from './until';

const FLOW = example('product-images');
const PATIENCE_MS = 120_000;
const BATCH = 8;
/** The three seconds or so of a batch are time enough to end n8n in the middle of it. */
const SLOW = 'tiny+slow-300';
const COSTLY = { id: 'costly', name: 'Costly account' };
const TWO = { id: 'two', name: 'Account of two images' };

interface Row {
	sku: string;
	product: string;
	style: string;
	status: 'done' | 'failed' | null;
	reason: string | null;
	fileName: string | null;
	model: string | null;
	promptTokens: number | null;
	completionTokens: number | null;
	cost: number | null;
}

let stage: Stage;
let server: Server;

beforeAll(async () => {
	stage = await openStage({}, SLOW);
	await importExamples(stage);
	await stage.importNexconn(COSTLY, 'tiny+usage-cost');
	await stage.importNexconn(TWO, 'tiny+two-images');
	server = await stage.startServer();
});

afterAll(async () => await stage?.close());

const uploads = () => stage.receiver.received.filter(({ method }) => method === 'PUT');
const prompts = () =>
	stage.emulator.requests.map(({ body }) => {
		const { messages } = body as { messages: [{ content: string }] };
		return messages[0].content;
	});

/** The example with a table of its own, at the credential that is asked for. */
async function open(name: string, change = (flow: string) => flow) {
	const table = `table of ${name}`;
	const flow = JSON.stringify(FLOW).replaceAll('gemini product images', table);
	const { id, trigger } = await publishExample(server, JSON.parse(change(flow)) as Workflow);

	/** Uploads the rows, and waits for the end of the execution. */
	async function run(rows: string[], mark = '') {
		await start(rows, mark);
		return await end();
	}

	async function start(rows: string[], mark = ''): Promise<void> {
		const form = new FormData();
		const csv = [`${mark}sku,product,style`, ...rows].join('\n');
		form.append('field-0', new Blob([csv], { type: 'text/csv' }), 'products.csv');
		const response = await server.call(`/form/${trigger}`, form);
		if (!response.ok) throw new Error(`n8n answered ${response.status}`);
	}

	let last = '';

	/** The newest execution, once it has ended; each counts once. */
	async function end() {
		const ended = await until(
			'the end of the execution',
			async () => {
				const execution = await server.newestExecution(id);
				if (!execution || execution.id === last) return undefined;
				return ['new', 'running'].includes(execution.status) ? undefined : execution;
			},
			PATIENCE_MS,
		);
		last = ended.id;
		return ended;
	}

	async function rows(): Promise<Row[]> {
		const { id: project } = await server.rest<{ id: string }>('/projects/personal');
		const tables = `/projects/${project}/data-tables`;
		const filter = encodeURIComponent(JSON.stringify({ name: table }));
		const found = await server.rest<{ data: Array<{ id: string }> }>(`${tables}?filter=${filter}`);
		const at = `${tables}/${found.data[0]!.id}/rows?take=200`;
		return (await server.rest<{ data: Row[] }>(at)).data;
	}

	/** Presses Execute workflow for the trigger without a spreadsheet. */
	async function goOn() {
		const workflowData = await server.rest<object>(`/workflows/${id}`);
		const triggerToStartFrom = { name: 'Go On' };
		await server.rest(`/workflows/${id}/run`, 'POST', { workflowData, triggerToStartFrom });
		return await end();
	}

	return { start, end, run, goOn, rows };
}

interface Written {
	resultData: {
		error?: { message: string };
		runData: Record<string, Array<{ data: { main: Array<Array<{ json: object }>> } }>>;
	};
}

/** Of all that n8n has written down of an execution: what it ended with. */
const errorIn = (data: string) => (parse(data) as Written).resultData.error?.message;

/** Of the same: what the node that adds up gave. */
function summaryIn(data: string): object[] {
	const { runData } = (parse(data) as Written).resultData;
	return runData['What It Cost']!.at(-1)!.data.main[0]!.map(({ json }) => json);
}

const products = (prefix: string, count: number) =>
	Array.from(
		{ length: count },
		(_row, index) => `${prefix}-${index},a lamp number ${index},on white`,
	);

test('A run that n8n was killed in goes on where it stopped, and pays for at most one batch again', async () => {
	const rows = products('KILL', 40);
	const flow = await open('killed');
	const [asked, stored] = [prompts().length, uploads().length];
	await flow.start(rows);
	await until('the third batch', () => prompts().length >= asked + 2 * BATCH + 3 || undefined);
	await server.stop('SIGKILL');
	server = await stage.startServer();
	expect((await flow.end()).status).toBe('crashed');
	const done = (await flow.rows()).filter(({ status }) => status === 'done');
	expect(done.length).toBeGreaterThanOrEqual(BATCH);
	expect(done.length).toBeLessThan(rows.length);
	const before = prompts().length;

	expect((await flow.run(rows)).status).toBe('success');
	const again = prompts().slice(before);
	for (const { product } of done) expect(again.join('\n')).not.toContain(`${product},`);
	expect(again).toHaveLength(rows.length - done.length);
	expect(prompts().length - asked - rows.length).toBeLessThanOrEqual(BATCH);

	const files = new Map(
		uploads()
			.slice(stored)
			.map(({ path, body }) => [path, body]),
	);
	expect([...files.keys()].sort()).toEqual(
		rows.map((_row, index) => `/images/products/KILL-${index}.png`).sort(),
	);
	const table = await flow.rows();
	expect(table).toHaveLength(rows.length);
	for (const { sku, status, fileName, model } of table) {
		expect({ status, fileName }).toEqual({ status: 'done', fileName: `${sku}.png` });
		expect(model).toBe('gemini-nano-banana-2.1');
		const prompt = prompts().find((text) => text.includes(` number ${sku.replace('KILL-', '')},`))!;
		const fields = { model, image_config: { aspect_ratio: '1:1' } };
		const drawn = await drawDirectly(stage.emulator, prompt, { profile: 'tiny', fields });
		expect(sha256(files.get(`/images/products/${fileName}`)!)).toBe(sha256(drawn));
	}
});

test('Rows that are refused end as failed with the reason, and the next run asks for these alone', async () => {
	const refused = [3, 5, 9];
	const rows = products('REF', 12).map((row, index) =>
		refused.includes(index) ? row.replace('lamp', 'lamp with words only') : row,
	);
	const flow = await open('refused');
	const first = await flow.run(rows);
	expect(summaryIn(first.data)).toMatchObject([
		{ status: 'done', count_sku: rows.length - refused.length },
		{ status: 'failed', count_sku: refused.length },
	]);
	const failed = (await flow.rows()).filter(({ status }) => status === 'failed');
	expect(failed.map(({ sku }) => sku)).toEqual(refused.map((index) => `REF-${index}`));
	for (const row of failed) {
		expect(row.reason).toContain('The model answered without an image');
		expect(row.completionTokens).toBeGreaterThan(0);
	}
	expect((await flow.rows()).filter(({ status }) => status === 'done')).toHaveLength(9);

	const before = prompts().length;
	const mended = rows.map((row) => row.replace(' with words only', ''));
	const { data } = await flow.run(mended);
	expect(prompts().slice(before)).toHaveLength(refused.length);
	for (const { status, reason } of await flow.rows()) {
		expect({ status, reason }).toEqual({ status: 'done', reason: '' });
	}
	expect(summaryIn(data)).toMatchObject([{ status: 'done', count_sku: refused.length }]);
});

test('A run that the storage stops stores its images by a retry, without paying for them again', async () => {
	const rows = products('RETRY', 10);
	const flow = await open('retried');
	const before = prompts().length;
	stage.receiver.answerWith(503);
	const stopped = await flow.run(rows);
	stage.receiver.answerWith(200);
	expect(stopped.status).toBe('error');
	expect(prompts().slice(before)).toHaveLength(BATCH);
	expect((await flow.rows()).filter(({ status }) => status)).toEqual([]);

	await server.rest(`/executions/${stopped.id}/retry`, 'POST', { loadWorkflow: false });
	expect((await flow.end()).status).toBe('success');
	expect(prompts().slice(before)).toHaveLength(rows.length);
	expect((await flow.rows()).map(({ status }) => status)).toEqual(rows.map(() => 'done'));
});

test('A run stops between two batches when its budget is used up, and the next one goes on', async () => {
	const rows = products('COST', 20);
	// Each image costs 0.25, told by the service.
	const flow = await open('costly', (text) =>
		text.replaceAll('"nexconn"', `"${COSTLY.id}"`).replace('"value":5', '"value":3.9'),
	);
	const { status, data } = await flow.run(rows);
	expect(status).toBe('error');
	expect(errorIn(data)).toMatch(/^The budget of 3\.9 is used up: 4 so far\./);
	const done = (await flow.rows()).filter((row) => row.status === 'done');
	expect(done.map(({ cost }) => cost)).toEqual(Array(2 * BATCH).fill(0.25));

	// What is left is one batch, which is the last.
	expect((await flow.goOn()).status).toBe('success');
	expect((await flow.rows()).map((row) => row.status)).toEqual(rows.map(() => 'done'));
});

test('A run ends with what it cost by model, told by the prices of the workflow', async () => {
	const flow = await open('priced');
	const { data } = await flow.run(products('SUM', 9));
	const rows = await flow.rows();
	const sum = (key: 'promptTokens' | 'completionTokens' | 'cost') =>
		rows.reduce((total, row) => total + row[key]!, 0);
	const cost = (1.5 * sum('promptTokens') + 30 * sum('completionTokens')) / 1_000_000;
	expect(sum('cost')).toBeCloseTo(cost, 9);
	expect(summaryIn(data)).toEqual([
		{
			model: 'gemini-nano-banana-2.1',
			status: 'done',
			count_sku: 9,
			sum_promptTokens: sum('promptTokens'),
			sum_completionTokens: sum('completionTokens'),
			sum_cost: sum('cost'),
		},
	]);
});

test('A row that gives two images keeps both, and one line in the table', async () => {
	const flow = await open('two', (text) => text.replaceAll('"nexconn"', `"${TWO.id}"`));
	const stored = uploads().length;
	await flow.run(products('TWO', 2));
	expect(
		uploads()
			.slice(stored)
			.map(({ path }) => path),
	).toEqual(
		['TWO-0.png', 'TWO-0_1.png', 'TWO-1.png', 'TWO-1_1.png'].map(
			(name) => `/images/products/${name}`,
		),
	);
	for (const row of await flow.rows()) {
		expect(row).toMatchObject({ status: 'done', fileName: `${row.sku}.png` });
		expect(row.completionTokens).toBeGreaterThan(0);
	}
});

test.each([
	['a product', 'A,,on white', 'B,a lamp,on white'],
	['a sku of its own', 'A,a lamp,on white', 'A,a cup,on white'],
	['UTF-8', 'A,a lamp,gr\ufffdn', 'B,a lamp,on white'],
	['rows'],
])('A table without %s is refused before anything is drawn', async (what, ...rows) => {
	const before = prompts().length;
	const { status, data } = await (await open(`none of ${what}`)).run(rows);
	expect(status).toBe('error');
	expect(errorIn(data)).toMatch(/^\d of \d rows are not fit to be drawn, so nothing was drawn\. /);
	expect(prompts()).toHaveLength(before);
});

test('Every row has a file of its own, whatever signs its sku has', async () => {
	const skus = ['A/1', 'A_1', 'a:b', 'a*b', 'A%41', '...', '007'];
	const flow = await open('signs');
	const stored = uploads().length;
	// Excel writes a byte order mark.
	await flow.run(
		skus.map((sku, index) => `${sku},a lamp number ${index},red`),
		'\ufeff',
	);
	const paths = uploads()
		.slice(stored)
		.map(({ path }) => decodeURIComponent(path));
	expect(new Set(paths).size).toBe(skus.length);
	const rows = await flow.rows();
	expect(rows.map(({ sku }) => sku)).toEqual(skus);
	expect(paths).toEqual(rows.map(({ fileName }) => `/images/products/${fileName}`));
	expect(paths).toContain('/images/products/007.png');
});

test('A run stops if nobody knows what its images cost', async () => {
	const flow = await open('unpriced', (text) => {
		const { nodes, ...rest } = JSON.parse(text) as Workflow;
		const prices = [{ id: 'prices', name: 'prices', type: 'object', value: '{}' }];
		const budget = [{ id: 'budget', name: 'budget', type: 'number', value: 5 }];
		const parameters = {
			assignments: { assignments: [...budget, ...prices] },
			includeOtherFields: true,
		};
		const changed = nodes.map((node) =>
			node.name === 'Prices and Budget' ? { ...node, parameters } : node,
		);
		return JSON.stringify({ ...rest, nodes: changed });
	});
	const { status, data } = await flow.run(products('FREE', 12));
	expect([status, errorIn(data)]).toEqual([
		'error',
		expect.stringMatching(/^What an image cost is not known/),
	]);
	expect((await flow.rows()).filter((row) => row.status === 'done')).toHaveLength(BATCH);
});
