import { parseArgs } from 'node:util';

import { startEmulator } from './index';
import { profiles } from './profiles';

const USAGE = 'Usage: tsx test/emulator/cli.ts --port N [--key K]';

function readOptions() {
	const { values } = parseArgs({ options: { port: { type: 'string' }, key: { type: 'string' } } });
	const port = Number(values.port ?? '0');
	if (!/^\d*$/.test(values.port ?? '') || port > 65_535) {
		throw new Error(`--port must be a number from 0 to 65535, not '${values.port}'`);
	}
	if (values.key?.trim() === '') throw new Error('--key must not be empty');
	return { port, apiKey: values.key };
}

function profileList(): string {
	const width = Math.max(...Object.keys(profiles).map((name) => name.length));
	return Object.entries(profiles)
		.map(([name, { description }]) => `  ${name.padEnd(width)}  ${description}`)
		.join('\n');
}

async function main(): Promise<void> {
	const emulator = await startEmulator(readOptions());
	console.log(`Base URL:  ${emulator.baseUrl()}`);
	console.log(`API key:   ${emulator.apiKey}`);
	console.log(`Profiles:  ${emulator.baseUrl('<profile>')}, several joined with +`);
	console.log(profileList());
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		process.once(signal, () => void emulator.close());
	}
}

main().catch((error: unknown) => {
	const message = error instanceof Error ? error.message : String(error);
	console.error(`${message.split('\n')[0]} (${USAGE})`);
	process.exitCode = 1;
});
