import { readdirSync } from 'node:fs';

import { example, EXAMPLES } from './flows';
import { prepareN8n } from './prepare';
import { OWNER } from './server';
import { openStage } from './stage';

/** Opens a real n8n with the node, a credential for the emulator and the example workflows. */
async function main(): Promise<void> {
	prepareN8n();
	const interrupt = interrupted();
	const stage = await openStage();
	try {
		const { emulator } = stage;
		const examples = readdirSync(EXAMPLES).filter((file) => file.endsWith('.json'));
		await stage.importWorkflows(examples.map((file) => example(file.replace('.json', ''))));
		const server = await stage.startServer();
		console.log(`n8n:      ${server.url}`);
		console.log(`sign in:  ${OWNER.email}, password ${OWNER.password}`);
		console.log(`emulator: ${emulator.baseUrl()}, key ${emulator.apiKey}`);
		console.log('Ctrl+C ends it and removes everything.');
		await Promise.race([interrupt, server.ended]);
	} finally {
		await stage.close();
	}
}

/** From here on, these signals end nothing by themselves: what was started has to be cleaned up. */
async function interrupted(): Promise<void> {
	await new Promise<void>((resolve) => {
		for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
	});
}

main().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
