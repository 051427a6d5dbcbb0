import { core, gemini, type WorkflowNode } from '../../e2e/flows';
import { ownEdit, ownNodes } from '../../e2e/ownNodes';
import type { Case } from './cases';

/** A way to get an image through n8n. */
export interface Row {
	name: string;
	title: string;
	/** `url` leads to the stand-in of the APIs. */
	credential?: (url: string) => { type: string; data: object };
	nodes(measured: Case, credential: object, url: string): WorkflowNode[];
}

const KEY = 'bench';
const PROMPT = 'Paint it blue';
const OPTIONS = { binaryPropertyOutput: 'data' };

/** A node of n8n's package for language models. */
function langchain(type: string, typeVersion: number, parameters: object): WorkflowNode {
	const node = core('Image', type, typeVersion, {
		resource: 'image',
		prompt: PROMPT,
		...parameters,
	});
	return { ...node, type: `@n8n/n8n-nodes-langchain.${type}` };
}

/** A model that is named, not chosen from a list. */
const byId = (value: string) => ({ modelId: { __rl: true, mode: 'id', value } });

export const ROWS: Row[] = [
	{ name: 'frame', title: 'frame (trigger, read file, end)', nodes: () => [] },
	{
		name: 'this',
		title: 'this node',
		credential: (url) => ({
			type: 'nexconnApi',
			data: { apiKey: KEY, authorizationFormat: 'apiKey', baseUrl: `${url}/v1` },
		}),
		nodes: ({ isEdit }, credential) => {
			const operation = isEdit ? 'imageToImage' : 'textToImage';
			return [gemini('Image', { operation, prompt: PROMPT }, credential)];
		},
	},
	{
		name: 'google',
		title: "n8n's Google Gemini",
		credential: (url) => ({ type: 'googlePalmApi', data: { host: url, apiKey: KEY } }),
		nodes: ({ isEdit }, credential) => {
			const operation = isEdit ? 'edit' : 'generate';
			const model = byId('models/gemini-2.5-flash-image');
			const node = langchain('googleGemini', 1.1, { operation, ...model, options: OPTIONS });
			return [{ ...node, credentials: { googlePalmApi: credential } }];
		},
	},
	{
		name: 'openai',
		title: "n8n's OpenAI",
		credential: (url) => ({ type: 'openAiApi', data: { url: `${url}/v1`, apiKey: KEY } }),
		nodes: ({ isEdit }, credential) => {
			const operation = isEdit ? 'edit' : 'generate';
			const node = langchain('openAi', 2.3, { operation, ...byId('gpt-image-1') });
			return [{ ...node, credentials: { openAiApi: credential } }];
		},
	},
	{
		name: 'chain',
		title: 'Extract from File, HTTP Request, Edit Fields, Convert to File',
		nodes: ({ isEdit }, _credential, url) =>
			isEdit ? ownEdit(`${url}/v1`, KEY, PROMPT) : ownNodes(`${url}/v1`, KEY, `"${PROMPT}"`),
	},
];
