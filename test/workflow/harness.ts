import type {
	IDataObject,
	INodeExecutionData,
	INodeParameters,
	INodeType,
	OnError,
} from 'n8n-workflow';
import sharp from 'sharp';

import { GeminiImage, NexconnApi } from '../../index';
import { startEmulator, type Emulator } from '../emulator';
import { createEngine, type BinaryMode, type Engine, type RunOptions } from '../engine';

export interface Harness {
	emulator: Emulator;
	engine: Engine;
	/** Runs the node alone, after a node that outputs `input`. */
	run(parameters: INodeParameters, options?: NodeRunOptions): ReturnType<Engine['run']>;
	/** The body of the newest request. */
	lastBody(): IDataObject;
	close(): Promise<void>;
}

export interface NodeRunOptions extends RunOptions {
	/** Behaviour of the emulator. */
	profile?: string;
	onError?: OnError;
	binaryMode?: 'separate' | 'combined';
	/** A memory node that hangs on the node. */
	memory?: INodeType;
	/** The node runs as the tool of an agent. */
	isTool?: boolean;
	/** Settings of the node, as n8n saves them. */
	retryOnFail?: boolean;
	maxTries?: number;
	/** Milliseconds. */
	waitBetweenTries?: number;
	executeOnce?: boolean;
}

const NODE = 'Gemini Image';
const MEMORY_TYPE = 'n8n-nodes-nexconn.testMemory';

/** The node in n8n's real engine, talking to the emulator. */
export async function startHarness(binaryMode?: BinaryMode): Promise<Harness> {
	const emulator = await startEmulator();
	const credentials = { apiKey: emulator.apiKey, authorizationFormat: 'apiKey' };
	const tool = new GeminiImage();
	// What n8n makes of a node that an agent uses.
	Object.assign(tool.description, { name: 'geminiImageTool', inputs: ['main'] });
	const engine = await createEngine({
		node: new GeminiImage(),
		credentialType: new NexconnApi(),
		credentials: { ...credentials, baseUrl: emulator.baseUrl() },
		binaryMode,
	});
	engine.addNode(tool);

	return {
		emulator,
		engine,
		async run(parameters, { profile, ...options } = {}) {
			if (options.memory) engine.addNode(options.memory);
			return await engine.run(workflow(parameters, options), {
				credentials: { ...credentials, baseUrl: emulator.baseUrl(profile) },
				...options,
			});
		},
		lastBody: () => emulator.requests.at(-1)?.body as IDataObject,
		async close() {
			engine.close();
			await emulator.close();
		},
	};
}

function workflow(parameters: INodeParameters, options: NodeRunOptions) {
	const { onError, binaryMode, memory, isTool } = options;
	const { retryOnFail, maxTries, waitBetweenTries, executeOnce } = options;
	const common = { typeVersion: 1, position: [0, 0] as [number, number] };
	return {
		nodes: [
			{ ...common, id: 's', name: 'Start', type: 'n8n-nodes-base.manualTrigger', parameters: {} },
			{
				...common,
				id: 'n',
				name: NODE,
				type: `n8n-nodes-nexconn.geminiImage${isTool ? 'Tool' : ''}`,
				parameters,
				credentials: { nexconnApi: { id: '1', name: 'Nexconn account' } },
				onError,
				retryOnFail,
				maxTries,
				waitBetweenTries,
				executeOnce,
			},
			...(memory
				? [{ ...common, id: 'm', name: 'Memory', type: MEMORY_TYPE, parameters: {} }]
				: []),
		],
		connections: {
			Start: { main: [[{ node: NODE, type: 'main' as const, index: 0 }]] },
			...(memory && {
				Memory: { ai_memory: [[{ node: NODE, type: 'ai_memory' as const, index: 0 }]] },
			}),
		},
		settings: { executionOrder: 'v1', binaryMode } as IDataObject,
	};
}

/** A real image of one colour. */
export async function imageFile(
	format: 'png' | 'jpeg' | 'webp' | 'gif' = 'png',
	colour = '#c05020',
): Promise<Buffer> {
	const canvas = { width: 64, height: 48, channels: 3 as const, background: colour };
	return await sharp({ create: canvas }).toFormat(format).toBuffer();
}

/** An item with files, each stored as a node before ours would. */
export async function itemWith(
	engine: Engine,
	files: Record<string, Buffer>,
	json: IDataObject = {},
): Promise<INodeExecutionData> {
	const entries = Object.entries(files).map(async ([field, bytes]) => [
		field,
		await engine.store(bytes, `${field}.png`, 'image/png'),
	]);
	return { json, binary: Object.fromEntries(await Promise.all(entries)) };
}
