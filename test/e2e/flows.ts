import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The credential that a stage has, for the emulator. */
export const CREDENTIAL = { id: 'nexconn', name: 'Nexconn account' };

export const EXAMPLES = resolve(__dirname, '../../examples');
/** Workflows before and after their move to Gemini Image, which docs/moving.md tells of. */
export const MOVING = join(__dirname, 'moving');

export interface WorkflowNode {
	name: string;
	type: string;
	typeVersion: number;
	parameters: Record<string, unknown>;
	position: [number, number];
	id: string;
	webhookId?: string;
	credentials?: Record<string, object>;
	onError?: string;
	executeOnce?: boolean;
	retryOnFail?: boolean;
	maxTries?: number;
	/** Milliseconds. */
	waitBetweenTries?: number;
}

type Connection = { node: string; type: 'main'; index: number };

export interface Workflow {
	id: string;
	name: string;
	active: boolean;
	nodes: WorkflowNode[];
	connections: Record<string, { main: Connection[][] }>;
	settings: Record<string, unknown>;
}

/** A node out of `n8n-nodes-base`. */
export function core(
	name: string,
	type: string,
	typeVersion: number,
	parameters: Record<string, unknown> = {},
): WorkflowNode {
	const place = { position: [0, 0] as [number, number], id: name };
	return { ...place, name, type: `n8n-nodes-base.${type}`, typeVersion, parameters };
}

export function gemini(
	name: string,
	parameters: Record<string, unknown>,
	credential: object = CREDENTIAL,
): WorkflowNode {
	return {
		...core(name, '', 1, parameters),
		type: 'n8n-nodes-nexconn.geminiImage',
		credentials: { nexconnApi: credential },
	};
}

/** The id of the model that a node of Gemini Image works with. */
export function modelOf({ parameters }: WorkflowNode): string {
	return (parameters.model as { value: string }).value;
}

/** A trigger at `/webhook/<path>`. */
export function webhook(path: string, parameters: Record<string, unknown>): WorkflowNode {
	const node = core('Webhook', 'webhook', 2.1, { httpMethod: 'POST', path, ...parameters });
	return { ...node, webhookId: path };
}

/** What a webhook answers with: the image that the last node gave. */
export const IMAGE_OF_LAST_NODE = {
	responseMode: 'lastNode',
	responseData: 'firstEntryBinary',
	responseBinaryPropertyName: 'data',
};

/** Sends the file of a field to a URL, as n8n's own nodes do. */
export function send(url: string, field: string): WorkflowNode {
	const body = { sendBody: true, contentType: 'binaryData', inputDataFieldName: field };
	return core('Send', 'httpRequest', 4.2, { method: 'POST', url, ...body });
}

/** Nodes that follow one another; a list among them is fed by the outputs of the one before it. */
export function workflow(id: string, steps: Array<WorkflowNode | WorkflowNode[]>): Workflow {
	const stages = steps.map((step) => [step].flat());
	const nodes = stages.flatMap((stage, x) =>
		stage.map((node, y) => ({ ...node, position: [240 * x, 200 * y] as [number, number] })),
	);
	const connections: Workflow['connections'] = {};
	for (const [x, stage] of stages.slice(0, -1).entries()) {
		const main = (stages[x + 1] ?? []).map(({ name }): Connection[] => [
			{ node: name, type: 'main', index: 0 },
		]);
		for (const { name } of stage.slice(0, 1)) connections[name] = { main };
	}
	const settings = { executionOrder: 'v1' };
	return { id, name: id, active: false, nodes, connections, settings };
}

/** A workflow of `examples`, with the credential of the stage. */
export const example = (name: string): Workflow => read(EXAMPLES, name);

/** A workflow of `moving`, with the credential of the stage. */
export const moving = (name: string): Workflow => read(MOVING, name);

function read(folder: string, name: string): Workflow {
	const file = join(folder, `${name}.json`);
	const content = JSON.parse(readFileSync(file, 'utf8')) as Omit<Workflow, 'id' | 'active'>;
	for (const { credentials } of content.nodes) {
		if (credentials?.nexconnApi) credentials.nexconnApi = CREDENTIAL;
	}
	return { id: name, active: false, ...content };
}
