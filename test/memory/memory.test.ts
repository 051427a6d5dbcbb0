import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { startImageServer } from './server';

const IMAGES = 200;
const BATCH = 20;

/**
 * The heap cannot hold ten of the images, and as base64 strings not even five. The test fails where
 * any of them is kept as a string, by the process running out of heap.
 */
test('A heap of 64 MiB lets 200 images of 8 MiB pass, every byte right', async () => {
	const server = await startImageServer(8);
	try {
		const { stdout } = await promisify(execFile)(
			process.execPath,
			[
				'--max-old-space-size=64',
				// Collected often, a small young generation frees the buffers of passing images; else V8
				// marks the whole heap again and again to get at them.
				'--max-semi-space-size=2',
				'--import',
				'tsx',
				`${__dirname}/child.ts`,
				server.baseUrl,
				String(IMAGES),
				String(BATCH),
			],
			{ maxBuffer: 1024 * 1024 },
		);
		const expected = Array.from({ length: IMAGES }, (_image, index) => server.hashOf(index));
		expect(JSON.parse(stdout)).toEqual(expected);
	} finally {
		await server.close();
	}
}, 120_000);
