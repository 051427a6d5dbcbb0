import 'reflect-metadata';

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Container } from '@n8n/di';
import { BinaryDataService, ExecutionLifecycleHooks, WorkflowExecute } from 'n8n-core';
import {
	createRunExecutionData,
	Workflow,
	type IBinaryData,
	type ICredentialDataDecryptedObject,
	type ICredentialType,
	type INode,
	type INodeExecutionData,
	type INodeType,
	type IRun,
	type IWorkflowBase,
	type IWorkflowExecuteAdditionalData,
	type StructuredChunk,
	type WorkflowExecuteMode,
} from 'n8n-workflow';

import { createCredentialsHelper, type CredentialData } from './credentialsHelper';
import { DatabaseStore } from './databaseStore';
import { createNodeTypes } from './nodeTypes';

/** n8n's names: `default` keeps files in memory, as base64. */
export type BinaryMode = 'filesystem' | 'database' | 'default';

export interface EngineOptions {
	node: INodeType;
	credentialType: ICredentialType;
	credentials: ICredentialDataDecryptedObject;
	binaryMode?: BinaryMode;
}

export interface RunOptions {
	/** What the first node of the workflow outputs. */
	input?: INodeExecutionData[];
	mode?: WorkflowExecuteMode;
	/** Of the execution, where two are told apart. */
	executionId?: string;
	/** Instead of the engine's. */
	credentials?: CredentialData;
	/** Ends the execution the way the Stop button does. */
	signal?: AbortSignal;
	onChunk?: (chunk: StructuredChunk) => void;
	/** With the failure that ended the node, if there was one. */
	onNodeDone?: (name: string, error?: Error) => void;
	/** Where n8n says that it is reached. */
	instanceUrl?: string;
	/** Where n8n says that its API is reached, if that is another address. */
	restUrl?: string;
}

export interface RunResult {
	run: IRun;
	/** What a node sent to one of its outputs. */
	output(nodeName: string, output?: number): INodeExecutionData[];
	/** What a node tells the user beside its output. */
	hints(nodeName: string): string[];
	/** The failure that stopped the execution. */
	error: (Error & { description?: string | null; httpCode?: string | null }) | undefined;
}

type WorkflowJson = Pick<IWorkflowBase, 'nodes' | 'connections'> & Partial<IWorkflowBase>;

const EXECUTION_ID = '1';

/** n8n's real execution engine, binary storage and HTTP helpers, without the rest of n8n. */
export async function createEngine(options: EngineOptions) {
	const folder = mkdtempSync(join(tmpdir(), 'nexconn-engine-'));
	process.env.N8N_USER_FOLDER = folder;
	process.env.N8N_ENCRYPTION_KEY = 'engine-of-the-tests';
	process.env.N8N_LOG_LEVEL ??= 'silent';
	const storage = join(folder, 'storage');
	process.env.N8N_BINARY_DATA_STORAGE_PATH = storage;
	const binaryData = Container.get(BinaryDataService);
	Object.assign(binaryData, {
		config: {
			mode: options.binaryMode ?? 'filesystem',
			localStoragePath: storage,
			signingSecret: 's',
		},
	});
	await binaryData.init();
	binaryData.setManager('database', new DatabaseStore());

	const ourNodes: Record<string, INodeType> = {};
	const addNode = (node: INodeType) => void (ourNodes[node.description.name] = node);
	addNode(options.node);
	const nodeTypes = createNodeTypes(ourNodes);

	async function run(json: WorkflowJson, runOptions: RunOptions = {}): Promise<RunResult> {
		const workflowData: IWorkflowBase = {
			id: 'workflow',
			name: 'Test',
			active: false,
			isArchived: false,
			createdAt: new Date(),
			updatedAt: new Date(),
			activeVersionId: null,
			...json,
		};
		const mode = runOptions.mode ?? 'trigger';
		const executionId = runOptions.executionId ?? EXECUTION_ID;
		const instanceUrl = runOptions.instanceUrl ?? 'http://127.0.0.1';
		const hooks = new ExecutionLifecycleHooks(mode, executionId, workflowData);
		hooks.addHandler('sendChunk', (chunk) => runOptions.onChunk?.(chunk));
		hooks.addHandler('nodeExecuteAfter', (name, { error }) => runOptions.onNodeDone?.(name, error));
		const workflow = new Workflow({ ...workflowData, nodeTypes });
		const start = workflow.getStartNode() ?? (json.nodes[0] as INode);
		const execution = new WorkflowExecute(
			{
				credentialsHelper: createCredentialsHelper([options.credentialType], {
					[options.credentialType.name]: runOptions.credentials ?? options.credentials,
				}),
				hooks,
				executionId,
				currentNodeExecutionIndex: 0,
				restApiUrl: runOptions.restUrl ?? `${instanceUrl}/rest`,
				instanceBaseUrl: `${instanceUrl}/`,
				webhookWaitingBaseUrl: 'http://127.0.0.1/webhook-waiting',
				formWaitingBaseUrl: 'http://127.0.0.1/form-waiting',
				variables: {},
				logAiEvent: () => {},
				streamingEnabled: runOptions.onChunk !== undefined,
			} as unknown as IWorkflowExecuteAdditionalData,
			mode,
			createRunExecutionData({
				executionData: {
					nodeExecutionStack: [
						{ node: start, data: { main: [runOptions.input ?? [{ json: {} }]] }, source: null },
					],
				},
			}),
		).processRunExecutionData(workflow);
		runOptions.signal?.addEventListener('abort', () => execution.cancel(), { once: true });
		const result = await execution;
		return {
			run: result,
			error: result.data.resultData.error as RunResult['error'],
			hints: (nodeName) =>
				result.data.resultData.runData[nodeName]?.at(-1)?.hints?.map(({ message }) => message) ??
				[],
			output: (nodeName, output = 0) =>
				result.data.resultData.runData[nodeName]?.at(-1)?.data?.main?.[output] ?? [],
		};
	}

	return {
		run,
		/** Makes a further node type known, as one of this package. */
		addNode,
		/** Puts a file into binary storage, as a node before ours would. */
		async store(
			bytes: Buffer | Readable,
			fileName: string,
			mimeType: string,
			executionId = EXECUTION_ID,
		): Promise<IBinaryData> {
			return await binaryData.store(
				{ type: 'execution', workflowId: 'workflow', executionId },
				bytes,
				{ fileName, mimeType, data: '' },
			);
		},
		read: async (file: IBinaryData): Promise<Buffer> => await binaryData.getAsBuffer(file),
		/** The token of a signed link to a file. */
		sign: (file: IBinaryData, expiresIn: string): string =>
			binaryData.createSignedToken(file, expiresIn as '1 day'),
		/** The file behind the token of a signed link. Fails as n8n does if n8n has not signed it. */
		async openSigned(token: string) {
			const id = binaryData.validateSignedToken(token);
			const { fileSize, mimeType = '' } = await binaryData.getMetadata(id);
			return { content: await binaryData.getAsStream(id), fileSize, mimeType };
		},
		/** Where a stored file lies. */
		pathOf: (file: IBinaryData): string => binaryData.getPath(file.id as string),
		/** Empties binary storage. */
		clear: () => rmSync(join(storage, 'workflows'), { recursive: true, force: true }),
		/** The files in binary storage, half-written ones too. */
		files: (): string[] =>
			readdirSync(storage, { recursive: true, withFileTypes: true })
				.filter((entry) => entry.isFile() && !entry.name.endsWith('.metadata'))
				.map((entry) => entry.name),
		close: () => rmSync(folder, { recursive: true, force: true }),
	};
}

export type Engine = Awaited<ReturnType<typeof createEngine>>;

/** A workflow as n8n exports it. */
export function readWorkflow(file: string): WorkflowJson {
	return JSON.parse(readFileSync(file, 'utf8')) as WorkflowJson;
}
