import 'reflect-metadata';

import { LoadOptionsContext } from 'n8n-core';
import {
	Workflow,
	type ICredentialDataDecryptedObject,
	type ILoadOptionsFunctions,
	type INode,
	type IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';

import { GeminiImage, NexconnApi } from '../../index';
import { listName } from '../../nodes/GeminiImage/form/modelNames';
import { MODELS } from '../../nodes/GeminiImage/form/models';
import { createCredentialsHelper } from '../engine/credentialsHelper';
import { createNodeTypes } from '../engine/nodeTypes';

export const ABSENT = "not in your account's list";

/** What is offered where nothing is known of the account. */
export const KNOWN = MODELS.map((model) => ({ name: listName(model), value: model.ids[0] }));

/** The editor's own context, with n8n's real HTTP helper. */
export function editorContext(credentials: ICredentialDataDecryptedObject): ILoadOptionsFunctions {
	const node: INode = {
		id: 'n',
		name: 'Gemini Image',
		type: 'n8n-nodes-nexconn.geminiImage',
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
		credentials: { nexconnApi: { id: '1', name: 'Nexconn account' } },
	};
	const nodeTypes = createNodeTypes({ geminiImage: new GeminiImage() });
	const workflow = new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes });
	const additionalData = {
		credentialsHelper: createCredentialsHelper([new NexconnApi()], { nexconnApi: credentials }),
		currentNodeParameters: {},
	} as unknown as IWorkflowExecuteAdditionalData;
	return new LoadOptionsContext(workflow, node, additionalData, 'parameters.model');
}

export async function search(context: ILoadOptionsFunctions, filter?: string) {
	const { searchModels } = new GeminiImage().methods.listSearch;
	return (await searchModels.call(context, filter)).results;
}
