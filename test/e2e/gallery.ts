import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';

import { example, EXAMPLES, type Workflow } from './flows';
import type { Server } from './server';
import type { Stage } from './stage';
import { standInTelegram } from './telegram';

/** Of all files of `examples` that are workflows. */
export const NAMES = readdirSync(EXAMPLES)
	.filter((file) => file.endsWith('.json'))
	.map((file) => file.replace('.json', ''));

/** Puts all examples on a stage, with credentials for each service that they use. */
export async function importExamples(stage: Stage): Promise<void> {
	// The receiver takes what is stored; it tells no region, so that of the credential is used.
	const storage = { endpoint: stage.receiver.url, region: 'us-east-1', forcePathStyle: true };
	const keys = { accessKeyId: 'key', secretAccessKey: 'secret' };
	const agentUrl = stage.emulator.baseUrl('agent');
	const data: Record<string, object> = {
		s3: { ...storage, ...keys },
		openAiApi: { apiKey: stage.emulator.apiKey, url: agentUrl, header: false },
		telegramApi: standInTelegram(stage.receiver).credential,
	};
	// A workflow that is imported finds the credentials of its nodes by their names.
	for (const [type, name] of credentialsOfExamples()) {
		await stage.importCredential({ id: type, name }, type, data[type] ?? {});
	}
	await stage.importWorkflows(NAMES.map(example));
}

/** Publishes a copy with an address of its own, as the editor makes one when it imports. */
export async function publishExample(server: Server, flow: Workflow) {
	const [trigger, ...others] = flow.nodes;
	const webhookId = randomUUID();
	const nodes = [{ ...trigger!, webhookId }, ...others];
	const id = await server.publish({ ...flow, id: webhookId, nodes });
	return { id, trigger: webhookId };
}

/** All but that of the stage, by type. */
function credentialsOfExamples(): Map<string, string> {
	const entries = NAMES.map(example)
		.flatMap(({ nodes }) => nodes.flatMap(({ credentials = {} }) => Object.entries(credentials)))
		.filter(([type]) => type !== 'nexconnApi');
	return new Map(entries.map(([type, entry]) => [type, (entry as { name: string }).name]));
}
