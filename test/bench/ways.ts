import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ICredentialType, INodeExecutionData, INodeParameters, INodeType } from 'n8n-workflow';

import { createEngine } from '../engine';
import { CommonNode } from './commonNode';
import { floor } from './floor';

const API_KEY = 'bench';
const built = createRequire(join(process.cwd(), 'package.json'))('./dist') as {
	GeminiImage: new () => INodeType;
	NexconnApi: new () => ICredentialType;
};

/** Sends the image of `file`, and receives one of so many MiB. Preparing is not part of the way. */
type Way = (file: string, mebibytes: number) => Promise<() => Promise<unknown>>;

interface Step {
	type: string;
	typeVersion?: number;
	parameters: INodeParameters;
}

export async function createWays(port: number) {
	const urlOf = (mebibytes: number, delayMs = 0, ending = 'at-once') =>
		`http://127.0.0.1:${port}/${delayMs}/${mebibytes}/${ending}/v1`;
	const engine = await createEngine({
		node: new built.GeminiImage(),
		credentialType: new built.NexconnApi(),
		credentials: {},
	});
	engine.addNode(new CommonNode());

	async function runSteps(steps: Step[], input: INodeExecutionData[], baseUrl: string) {
		const credentials = { apiKey: API_KEY, authorizationFormat: 'apiKey', baseUrl };
		const { error } = await engine.run(chain(steps), { input, credentials });
		if (error) throw error;
	}

	const prompt = { prompt: 'Paint it blue', model: { __rl: true, mode: 'id', value: 'bench' } };
	const node = (operation: string, options: INodeParameters = {}): Step => ({
		type: 'n8n-nodes-nexconn.geminiImage',
		parameters: { ...prompt, operation, options },
	});

	const throughEngine =
		(steps: (url: string) => Step[]): Way =>
		async (file, mebibytes) => {
			const data = await engine.store(createReadStream(file), 'image.png', 'image/png');
			const url = urlOf(mebibytes);
			return async () => await runSteps(steps(url), [{ json: {}, binary: { data } }], url);
		};

	const ways: Record<string, Way> = {
		node: throughEngine(() => [node('imageToImage')]),
		common: throughEngine((url) => [
			{ type: 'n8n-nodes-nexconn.commonWay', parameters: { url: `${url}/chat/completions` } },
		]),
		n8n: throughEngine(n8nSteps),
		floor: async (file, mebibytes) => async () =>
			await floor(`${urlOf(mebibytes)}/chat/completions`, API_KEY, file, `${file}.${process.pid}`),
	};

	return {
		ways,
		/** `count` images of so many MiB each, all from one run of the node. */
		many: async (
			count: number,
			mebibytes: number,
			{ concurrency = 8, delayMs = 0, ending = 'at-once' } = {},
		) => {
			const items = Array.from({ length: count }, () => ({ json: {} }));
			const step = node('textToImage', { maxConcurrency: concurrency });
			await runSteps([step], items, urlOf(mebibytes, delayMs, ending));
		},
		close: () => engine.close(),
	};
}

/** What a user builds from n8n's own nodes: file to base64, HTTP Request, base64 to file. */
function n8nSteps(url: string): Step[] {
	const body =
		'={{ { model: "bench", stream: false, messages: [{ role: "user", content: [{ type: "text", text: "Paint it blue" }, { type: "image_url", image_url: { url: "data:image/png;base64," + $json.data } }] }] } }}';
	return [
		{
			type: 'n8n-nodes-base.extractFromFile',
			parameters: {
				operation: 'binaryToPropery',
				binaryPropertyName: 'data',
				destinationKey: 'data',
				options: {},
			},
		},
		{
			type: 'n8n-nodes-base.httpRequest',
			typeVersion: 4.2,
			parameters: {
				method: 'POST',
				url: `${url}/chat/completions`,
				sendBody: true,
				specifyBody: 'json',
				jsonBody: body,
				options: {},
			},
		},
		{
			type: 'n8n-nodes-base.set',
			typeVersion: 3.4,
			parameters: {
				assignments: {
					assignments: [
						{
							id: '1',
							name: 'image',
							type: 'string',
							value: '={{ $json.choices[0].message.images[0].image_url.url.split(",")[1] }}',
						},
					],
				},
				options: {},
			},
		},
		{
			type: 'n8n-nodes-base.convertToFile',
			typeVersion: 1.1,
			parameters: {
				operation: 'toBinary',
				sourceProperty: 'image',
				options: { fileName: 'image.png', mimeType: 'image/png' },
			},
		},
	];
}

function chain(steps: Step[]) {
	const start: Step = { type: 'n8n-nodes-base.manualTrigger', parameters: {} };
	const nodes = [start, ...steps].map((step, index) => ({
		typeVersion: 1,
		...step,
		id: String(index),
		name: `Step ${index}`,
		position: [0, 0] as [number, number],
		credentials: { nexconnApi: { id: '1', name: 'Nexconn account' } },
	}));
	const connections = Object.fromEntries(
		steps.map((_step, index) => [
			`Step ${index}`,
			{ main: [[{ node: `Step ${index + 1}`, type: 'main' as const, index: 0 }]] },
		]),
	);
	return { nodes, connections };
}
