import { spawn } from 'node:child_process';
import { join } from 'node:path';

const CLI = join(__dirname, 'cli.ts');
const TSX = require.resolve('tsx/cli');

interface Outcome {
	code: number | null;
	output: string;
	errors: string;
}

/** Runs the command line; a first output is answered with SIGTERM. */
function run(...args: string[]): Promise<Outcome> {
	return new Promise((resolve) => {
		const child = spawn(process.execPath, [TSX, CLI, ...args]);
		let [output, errors] = ['', ''];
		child.stdout.on('data', (data: Buffer) => {
			output += data.toString();
			if (output.includes('refuse-upload')) child.kill('SIGTERM');
		});
		child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
		child.on('close', (code) => resolve({ code, output, errors }));
	});
}

test('The command of the emulator prints address, key and profiles, and ends well on SIGTERM', async () => {
	const { code, output, errors } = await run('--port', '0', '--key', 'secret');
	expect([code, errors]).toEqual([0, '']);
	expect(output).toMatch(/^Base URL: +http:\/\/127\.0\.0\.1:\d+\/v1\nAPI key: +secret\n/);
	expect(output).toMatch(/\n {2}gzip +Content-Encoding gzip\n/);
}, 15_000);

test.each([
	[['--bogus'], /^Unknown option '--bogus'.*\n$/],
	[['--port', 'abc'], /^--port must be a number from 0 to 65535, not 'abc'.*\n$/],
	[['--port', '70000'], /^--port must be a number.*\n$/],
])(
	'The command of the emulator refuses %j in one line',
	async (args, message) => {
		const { code, output, errors } = await run(...args);
		expect([code, output]).toEqual([1, '']);
		expect(errors).toMatch(message);
	},
	15_000,
);
