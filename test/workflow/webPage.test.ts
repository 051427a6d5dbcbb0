import type { INodeParameters } from 'n8n-workflow';

import { imageFile, itemWith, startHarness, type Harness } from './harness';
import { startService } from './service';

const WORDS =
	'The service answered with a web page: the Base URL of the credential usually ends in /v1';
const HEAD = '<head><meta charset="utf-8"><title>New API</title></head>';
const PAGE = `<!doctype html>\n<html lang="en">${HEAD}<body><div id="root"></div></body></html>\n`;

const OPERATIONS: INodeParameters[] = [
	{ operation: 'textToImage' },
	{ operation: 'imageToImage' },
	{ operation: 'chat' },
];
const WAYS: INodeParameters[] = [
	...[true, false].flatMap((stream) =>
		OPERATIONS.map((operation) => ({ ...operation, options: { stream } })),
	),
	{ operation: 'textToImage', options: { endpoint: 'images' } },
	{ operation: 'imageToImage', options: { endpoint: 'images' } },
];

let harness: Harness;
let service: Awaited<ReturnType<typeof startService>>;
let answer: { type?: string; pieces: Array<string | Buffer> };

beforeAll(async () => {
	harness = await startHarness();
	service = await startService((request, response) => {
		request.resume().once('end', () => {
			const { type = 'text/html; charset=utf-8', pieces } = answer;
			response.writeHead(200, { 'content-type': type });
			for (const piece of pieces) response.write(piece);
			response.end();
		});
	});
});
afterAll(async () => {
	await service.close();
	await harness.close();
});

/** What a run says of a web page, in each operation, streamed or not; nothing comes out. */
async function expectPage(...pieces: Array<string | Buffer>) {
	const input = [await itemWith(harness.engine, { data: await imageFile() })];
	for (const type of [undefined, 'text/plain', 'application/json']) {
		answer = { type, pieces };
		for (const parameters of WAYS) {
			const before = harness.engine.files();
			const { error, output } = await harness.run(
				{ prompt: 'A fox', ...parameters },
				{ input, credentials: { apiKey: 'sk-0123456789', baseUrl: service.baseUrl } },
			);
			expect({ parameters, type, message: error?.message }).toEqual({
				parameters,
				type,
				message: WORDS,
			});
			expect(error?.description).toContain('Base URL');
			expect(output('Gemini Image')).toEqual([]);
			expect(harness.engine.files()).toEqual(before);
		}
	}
}

describe('a web page in the place of a reply', () => {
	test.each<[string, string]>([
		['with a doctype', PAGE],
		['without a doctype', PAGE.replace(/^<!doctype html>\n/, '')],
		['of a doctype alone', '<!DOCTYPE html>'],
		['in upper case', PAGE.toUpperCase()],
		['with an old doctype', PAGE.replace('html', 'HTML PUBLIC "-//W3C//DTD HTML 4.01//EN"')],
		['behind a comment', `<!-- built on Monday -->\n${PAGE}`],
		[
			'behind several comments, one of them long',
			`<!-- a -->${`<!-- ${'x'.repeat(900)} -->`}\n${PAGE}`,
		],
		['with a comment behind its doctype', PAGE.replace('\n', '\n<!-- {"error": 1} -->\n')],
		['behind a byte order mark', `\ufeff${PAGE}`],
		['behind blanks and lines', ` \r\n\t\n${PAGE}`],
		['behind an XML declaration', `<?xml version="1.0" encoding="UTF-8"?>\n${PAGE}`],
		['of a heading alone', '<h1>Welcome</h1>'],
		['of a redirect by script', '<script>location.href="/login"</script>'],
		['that is cut short', PAGE.slice(0, 40)],
	])(
		'A web page %s is called one in every operation, and no image comes out',
		async (_what, page) => {
			await expectPage(page);
		},
	);

	test('A web page that arrives byte by byte is called one', async () => {
		await expectPage(...[...Buffer.from(`\ufeff${PAGE}`)].map((byte) => Buffer.from([byte])));
	});

	test('A web page with an image in it is called one, and that image does not come out', async () => {
		const logo = `data:image/png;base64,${(await imageFile()).toString('base64')}`;
		await expectPage(PAGE.replace('<div id', `<img alt="Logo" src="${logo}"><div id`));
		await expectPage(PAGE.replace('</head>', `<link rel="icon" href="${logo}"></head>`));
		// As an application writes it that keeps its state in the page.
		const state = JSON.stringify({ choices: [{ message: { images: [{ url: logo }] } }] });
		await expectPage(PAGE.replace('</body>', `<script>var s = ${state};</script></body>`));
	});

	test('A web page with several large images in it is called one', async () => {
		const bytes = Buffer.concat([await imageFile(), Buffer.alloc(200_000, 7)]);
		const logo = `<img src="data:image/png;base64,${bytes.toString('base64')}">`;
		await expectPage(PAGE.replace('<div id', `${logo.repeat(3)}<div id`));
	});
});

describe('what is no web page', () => {
	test.each([
		['text', 'upstream connect error'],
		['an SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
		['XML', '<?xml version="1.0"?>\n<Error><Code>NoSuchBucket</Code></Error>'],
		['JSON that is cut inside words with a page', '{"choices":[{"message":{"content":"<html>'],
	])('A reply of %s is not called a web page', async (_what, text) => {
		answer = { pieces: [text] };
		for (const parameters of OPERATIONS.filter(({ operation }) => operation !== 'imageToImage')) {
			const { error } = await harness.run(
				{ prompt: 'A fox', ...parameters },
				{ credentials: { apiKey: 'sk-0123456789', baseUrl: service.baseUrl } },
			);
			expect(error?.message).not.toContain('web page');
			expect(error?.message).toBeDefined();
		}
	});

	test('An answer that holds a page as its words is an answer', async () => {
		answer = {
			type: 'application/json',
			pieces: [
				JSON.stringify({ choices: [{ message: { content: PAGE }, finish_reason: 'stop' }] }),
			],
		};
		const { error, output } = await harness.run(
			{ prompt: 'Write a page', operation: 'chat' },
			{ credentials: { apiKey: 'sk-0123456789', baseUrl: service.baseUrl } },
		);
		expect(error).toBeUndefined();
		expect(output('Gemini Image')[0]?.json.text).toBe(PAGE.trim());
	});
});
