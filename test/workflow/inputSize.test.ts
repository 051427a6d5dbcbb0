import { createReadStream, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { imageFile, startHarness } from './harness';
import { startService } from './service';

const MEBIBYTE = 1024 * 1024;
const SIZE = 200 * MEBIBYTE;
const HEADER_BYTES = 33;

// Takes seconds, but a busy computer has needed more than the usual limit.
jest.setTimeout(90_000);

/** A PNG of that size, nearly all of it a hole. */
async function writeSparse(path: string): Promise<number> {
	const png = await imageFile();
	const length = Buffer.alloc(4);
	length.writeUInt32BE(SIZE);
	const start = Buffer.concat([png.subarray(0, HEADER_BYTES), length, Buffer.from('IDAT')]);
	const checksum = Buffer.alloc(4);
	const end = Buffer.concat([checksum, png.subarray(-12)]);
	const file = await open(path, 'w');
	await file.write(start, 0, start.length, 0);
	await file.write(end, 0, end.length, start.length + SIZE);
	await file.close();
	return start.length + SIZE + end.length;
}

/** Counts what it is sent, keeps none of it, and answers. */
async function startCounter() {
	let bytes = 0;
	const service = await startService((request, response) => {
		request.on('data', (chunk: Buffer) => (bytes += chunk.length));
		request.on('end', () => response.end('{"choices":[{"message":{"content":"Seen"}}]}'));
	});
	return { ...service, bytes: () => bytes };
}

// No limit of the service is documented, so the file is just sent.
test('A file of 200 MiB is sent without being held in memory', async () => {
	const harness = await startHarness();
	const server = await startCounter();
	const path = join(tmpdir(), `nexconn-sparse-${process.pid}.png`);
	const size = await writeSparse(path);
	const data = await harness.engine.store(createReadStream(path), 'large.png', 'image/png');
	rmSync(path);
	const used = () => process.memoryUsage().external + process.memoryUsage().heapUsed;
	const before = used();
	let peak = before;
	const watch = setInterval(() => (peak = Math.max(peak, used())), 5);
	const { error, output } = await harness.run(
		{ operation: 'chat', prompt: 'What is this?', imageSource: 'binary' },
		{
			input: [{ json: {}, binary: { data } }],
			credentials: { apiKey: 'x', baseUrl: server.baseUrl },
		},
	);
	clearInterval(watch);
	await server.close();
	await harness.close();
	expect(error).toBeUndefined();
	expect(output('Gemini Image')[0]?.json.text).toBe('Seen');
	expect(server.bytes()).toBeGreaterThan((4 / 3) * size);
	expect(server.bytes()).toBeLessThan((4 / 3) * size + 1000);
	expect((peak - before) / MEBIBYTE).toBeLessThan(SIZE / MEBIBYTE / 2);
});
