import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import sharp from 'sharp';

import { startEmulator } from '../emulator';
import { freePort } from '../server';
import { closeOutputFolder, openOutputFolder } from './outputFolder';

const root = resolve(__dirname, '../..');
const HEADING = /^file +type +pixels +bytes +seconds$/;

interface Ended {
	exitCode: number;
	stdout: string;
	stderr: string;
}

function runDemo(env: Record<string, string>, output: string): Promise<Ended> {
	// Blank where the test sets nothing: a key in the developer's environment must not be used.
	const blank = { NEXCONN_API_KEY: '', NEXCONN_BASE_URL: '', NEXCONN_AUTHORIZATION_FORMAT: '' };
	return new Promise((settle) => {
		const child = execFile(
			process.execPath,
			['--import', 'tsx', 'test/demo/index.ts'],
			{ cwd: root, env: { ...process.env, ...blank, DEMO_OUTPUT: output, ...env } },
			(_error, stdout, stderr) => settle({ exitCode: child.exitCode ?? -1, stdout, stderr }),
		);
	});
}

/** The table at the end, which nothing follows. */
function readTable(stdout: string): string[][] {
	const lines = stdout.trimEnd().split('\n');
	const heading = lines.findIndex((line) => HEADING.test(line));
	return lines.slice(heading + 1).map((line) => line.trim().split(/ {2,}/));
}

let output: string;

beforeEach(() => {
	output = mkdtempSync(join(tmpdir(), 'nexconn-demo-'));
});
afterEach(() => rmSync(output, { recursive: true, force: true }));

test('The demo without a key makes real images of the type and pixels that its table states', async () => {
	const { exitCode, stdout, stderr } = await runDemo({}, output);
	expect(stderr).toBe('');
	expect(exitCode).toBe(0);
	const rows = readTable(stdout);
	expect(rows.map(([file]) => file)).toEqual([
		'text-to-image.png',
		'image-to-image.png',
		'chat-2.png',
	]);
	for (const [file = '', type, pixels, bytes, seconds] of rows) {
		const image = sharp(join(output, file));
		const { format, width, height } = await image.metadata();
		expect([type, pixels]).toEqual([`image/${format}`, `${width}x${height}`]);
		expect((await image.stats()).isOpaque).toBe(true);
		expect(Number(bytes)).toBeGreaterThan(10_000);
		expect(seconds).toMatch(/^\d+\.\d$/);
	}
}, 60_000);

test('A wrong key ends the demo with one line that names NEXCONN_API_KEY', async () => {
	const emulator = await startEmulator();
	const env = { NEXCONN_API_KEY: 'wrong-key', NEXCONN_BASE_URL: emulator.baseUrl() };
	const { exitCode, stdout, stderr } = await runDemo(env, output);
	await emulator.close();
	expect(stderr).toMatch(/^.*NEXCONN_API_KEY.*\n$/);
	expect(stdout + stderr).not.toContain('wrong-key');
	expect(stdout).not.toMatch(/^file/m);
	expect(exitCode).toBe(1);
	expect(existsSync(output)).toBe(false);
}, 60_000);

test('A step of the demo that failed is called failed, and what was made before it is kept', async () => {
	const emulator = await startEmulator();
	// The second step of the chat, and thus the fourth request, is one too many.
	const env = { NEXCONN_API_KEY: emulator.apiKey, NEXCONN_BASE_URL: emulator.baseUrl('spent-3') };
	const { exitCode, stdout, stderr } = await runDemo(env, output);
	await emulator.close();
	expect(exitCode).toBe(1);
	expect(stderr).toMatch(/^The balance .*\(402\).*\n$/);
	expect(stdout).toMatch(/ Talk About an Idea is done\n.* Draw It has failed\n/);
	expect(stdout).not.toContain('Draw It is done');
	expect(readTable(stdout).map(([file]) => file)).toEqual([
		'text-to-image.png',
		'image-to-image.png',
	]);
	expect(readFileSync(join(output, 'chat-1.txt'), 'utf8')).not.toBe('');
}, 60_000);

test('Runs of the demo without a chosen folder each make a folder of their own', () => {
	jest.useFakeTimers({ now: new Date(2026, 10, 21, 18, 30, 5) });
	const folders = [openOutputFolder(undefined), openOutputFolder(undefined)];
	jest.useRealTimers();
	expect(folders.map((folder) => relative(root, folder))).toEqual([
		join('demo-output', '2026-11-21-18-30-05'),
		join('demo-output', '2026-11-21-18-30-05-2'),
	]);
	for (const folder of folders) closeOutputFolder(folder);
	expect(folders.filter(existsSync)).toEqual([]);
});

test('The demo refuses an output folder that holds something, before anything is sent', async () => {
	const emulator = await startEmulator();
	const kept = join(output, 'text-to-image.png');
	writeFileSync(kept, 'paid for');
	const env = { NEXCONN_API_KEY: emulator.apiKey, NEXCONN_BASE_URL: emulator.baseUrl() };
	const { exitCode, stderr } = await runDemo(env, output);
	await emulator.close();
	expect(stderr).toMatch(/^.*is not empty.*DEMO_OUTPUT.*\n$/);
	expect(exitCode).toBe(1);
	expect(emulator.requests).toEqual([]);
	expect(readFileSync(kept, 'utf8')).toBe('paid for');
}, 60_000);

test('A service that cannot be reached ends the demo with one line that names its address', async () => {
	const baseUrl = `http://127.0.0.1:${await freePort()}/v1`;
	const env = { NEXCONN_API_KEY: 'a-key', NEXCONN_BASE_URL: baseUrl };
	const { exitCode, stderr } = await runDemo(env, output);
	expect(stderr).toMatch(/^.*could not be reached.*\n$/);
	expect(stderr).toContain(baseUrl);
	expect(exitCode).toBe(1);
}, 60_000);
