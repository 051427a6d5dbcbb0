import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from './n8n';
import { openPlayground } from './playground';

let folder: string;

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'nexconn-playground-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('The playground keeps what the user changed and deleted from start to start', async () => {
	const first = await openPlayground(folder);
	const { rest } = first.server;
	await rest('/workflows/text-to-image', 'PATCH', { name: 'Mine' });
	await rest('/workflows/chat/archive', 'POST', {});
	await rest('/workflows/chat', 'DELETE');
	const all = await rest<Array<{ id: string }>>('/workflows');
	await first.close();

	const second = await openPlayground(folder);
	await second.close();
	expect(second.server.url).toBe(first.server.url);
	expect(second.emulator.baseUrl()).toBe(first.emulator.baseUrl());
	const file = join(folder, 'exported.json');
	await run(second.environment, 'export:workflow', '--all', `--output=${file}`);
	const kept = JSON.parse(readFileSync(file, 'utf8')) as Array<{ id: string; name: string }>;
	expect(kept.map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id).sort());
	expect(kept.some(({ id }) => id === 'chat')).toBe(false);
	expect(kept.find(({ id }) => id === 'text-to-image')?.name).toBe('Mine');
});
