import { format } from 'node:util';
import { Logger } from '@n8n/backend-common';

const CONSOLE = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;

/** What n8n, the node and anything else write to n8n's log and the console, at every level. */
export function captureLogs() {
	const lines: string[] = [];
	const take = (...parts: unknown[]) => void lines.push(format(...parts));
	const spies = [
		// All levels and scopes of n8n's logger, silent or not, go through here.
		jest.spyOn(Logger.prototype as unknown as { log: typeof take }, 'log').mockImplementation(take),
		...CONSOLE.map((level) => jest.spyOn(console, level).mockImplementation(take)),
	];
	return {
		/** The lines since the last call. */
		take: () => lines.splice(0),
		stop: () => spies.forEach((spy) => spy.mockRestore()),
	};
}
