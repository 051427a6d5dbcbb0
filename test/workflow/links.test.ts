import type { ServerResponse } from 'node:http';

import { serve } from '../server';
import { imageFile, startHarness, type Harness } from './harness';

const NODE = 'Gemini Image';
const SAME = {
	error: 'The reply links to an image that cannot be loaded',
	details: { description: expect.stringMatching(/^The call may have been billed/) as string },
};

let harness: Harness;
let service: Awaited<ReturnType<typeof startService>>;
beforeAll(async () => {
	harness = await startHarness();
	service = await startService(await imageFile());
});
afterEach(() => harness.engine.clear());
afterAll(async () => {
	await service.close();
	await harness.close();
});

/** A service at 127.0.0.1, and at every other name of this machine, that replies with a link. */
async function startService(image: Buffer) {
	const visits: string[] = [];
	let link = '';
	const redirect = (response: ServerResponse, location: string) =>
		response.writeHead(302, { location }).end('moved');
	const pages: Record<string, (response: ServerResponse) => void> = {
		'/image': (response) => response.end(image),
		'/page': (response) => response.end('<html>Sign in</html>'),
		'/half': (response) =>
			response.writeHead(200).write(image.subarray(0, 90), () => response.destroy()),
		'/silent': () => {},
		'/trickle': (response) => {
			response.write(image.subarray(0, 90));
			const more = setInterval(() => response.write('.'), 100);
			response.on('close', () => clearInterval(more));
		},
		'/reset': (response) => response.destroy(),
		'/hop-3': (response) => redirect(response, 'hop-2'),
		'/hop-2': (response) => redirect(response, '/hop-1'),
		'/hop-1': (response) => redirect(response, `${origin}/image`),
		'/hop-4': (response) => redirect(response, 'hop-3'),
		'/inside': (response) =>
			redirect(response, `${origin.replace('127.0.0.1', 'localhost')}/image`),
		'/mapped': (response) => redirect(response, `http://[::ffff:127.0.0.1]:${port}/image`),
		'/loop': (response) => redirect(response, '/loop'),
		'/nowhere': (response) => response.writeHead(302).end(),
	};
	const { origin, port, close } = await serve((request, response) => {
		const { method, url = '', headers } = request;
		if (method === 'POST') {
			const message = { images: [{ image_url: { url: link } }] };
			response.setHeader('content-type', 'application/json');
			response.end(JSON.stringify({ choices: [{ message, finish_reason: 'stop' }] }));
			return;
		}
		visits.push(`${headers.host} ${url} ${headers.authorization ?? 'no key'}`);
		const page = pages[url];
		if (page) page(response);
		else response.writeHead(404).end('no such file');
	});

	return {
		origin,
		port,
		/** What comes of a reply with this link, and the paths that were visited; `timeout` in seconds. */
		async reply(to: string, timeout = 0.6) {
			link = to;
			visits.length = 0;
			const { error, output } = await harness.run(
				{ operation: 'textToImage', prompt: 'A fox', options: { timeout } },
				{
					credentials: { apiKey: 'key', baseUrl: `${origin}/v1` },
					onError: 'continueRegularOutput',
				},
			);
			expect(error).toBeUndefined();
			return { item: output(NODE)[0], visits };
		},
		close,
	};
}

test.each([
	['/image', 1],
	['/hop-1', 2],
	['/hop-3', 4],
])('A link to %s at the host of the Base URL is loaded without the key', async (path, requests) => {
	// Longer than a busy machine takes.
	const { item, visits } = await service.reply(service.origin + path, 30);
	expect(item?.json.image).toMatchObject({ width: 64, height: 48 });
	expect(visits).toHaveLength(requests);
	for (const visit of visits) {
		expect(visit).toMatch(new RegExp(`^127\\.0\\.0\\.1:${service.port} /\\S+ no key$`));
	}
	expect(harness.engine.files()).not.toEqual([]);
});

test.each([
	['a closed port', () => 'http://127.0.0.1:1/a.png', 0],
	['a missing file', () => `${service.origin}/missing`, 1],
	['a page that is no image', () => `${service.origin}/page`, 1],
	['a connection that is reset', () => `${service.origin}/reset`, 1],
	['a connection lost in the image', () => `${service.origin}/half`, 1],
	['a silent server', () => `${service.origin}/silent`, 1],
	['a server that trickles for ever', () => `${service.origin}/trickle`, 1],
	['an unknown host', () => 'https://no-such-host.invalid/a.png', 0],
	['four redirects', () => `${service.origin}/hop-4`, 4],
	['redirects without end', () => `${service.origin}/loop`, 4],
	['a redirect to nowhere', () => `${service.origin}/nowhere`, 1],
	['a redirect to another name of this machine', () => `${service.origin}/inside`, 1],
	['a redirect to a mapped address', () => `${service.origin}/mapped`, 1],
	['another name of this machine', () => `http://localhost:${service.port}/image`, 0],
	['another address of this machine', () => `http://127.0.0.2:${service.port}/image`, 0],
	['a mapped address', () => `http://[::ffff:7f00:1]:${service.port}/image`, 0],
	['an address with user info', () => `http://user@127.0.0.1:${service.port}/image`, 0],
])(
	'A link to %s fails with the same error as every other, and stores nothing',
	async (_what, link, requests) => {
		const { item, visits } = await service.reply(link());
		expect(item?.json).toEqual(SAME);
		expect(visits).toHaveLength(requests);
		expect(harness.engine.files()).toEqual([]);
	},
);
