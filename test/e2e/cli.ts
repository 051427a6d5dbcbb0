import { join, relative } from 'node:path';

import { MODULES, ROOT } from './install';
import { openPlayground } from './playground';
import { prepareN8n } from './prepare';
import { formatSize, formatTime, sizeOf } from './progress';
import { OWNER } from './server';

/** Where the n8n of `npm run n8n` keeps the user's workflows. */
const FOLDER = join(ROOT, '.playground');

/** `npm run n8n`: a real n8n with the node, a credential for the emulator and the examples. */
async function main(): Promise<void> {
	const started = Date.now();
	await prepareN8n();
	const interrupt = interrupted();
	const { server, emulator, close } = await openPlayground(FOLDER);
	try {
		const [kept, installed] = [FOLDER, MODULES].map((folder) => relative(ROOT, folder));
		const size = formatSize(sizeOf(FOLDER) + sizeOf(MODULES));
		console.log(`Ready after ${formatTime(Date.now() - started)}, with ${size} on the disk.\n`);
		console.log(`n8n:      ${server.url}`);
		console.log(`sign in:  ${OWNER.email}, password ${OWNER.password}`);
		console.log(`emulator: ${emulator.baseUrl()}, key ${emulator.apiKey}\n`);
		console.log(`Ctrl+C ends it. ${kept} keeps your workflows for the next start.`);
		console.log(`To remove it all: rm -r ${kept} ${installed}`);
		await Promise.race([interrupt, server.ended]);
	} finally {
		await close();
	}
}

/** From here on, these signals end nothing by themselves: what was started has to be ended. */
async function interrupted(): Promise<void> {
	await new Promise<void>((resolve) => {
		for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
	});
}

main().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
