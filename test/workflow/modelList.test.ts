import { listName } from '../../nodes/GeminiImage/form/modelNames';
import { currentIdOf, MODELS } from '../../nodes/GeminiImage/form/models';
import { ABSENT, editorContext, KNOWN, search } from './modelSearch';
import { startService } from './service';

const MARKED = MODELS.map((model) => ({ name: listName(model, ABSENT), value: model.ids[0] }));

describe('the model list of a service', () => {
	let service: Awaited<ReturnType<typeof startService>>;
	let reply: { body: string; type: string };
	let requests: string[] = [];

	beforeAll(async () => {
		service = await startService(({ method, url, headers }, response) => {
			requests.push(`${method} ${url} ${headers.authorization}`);
			response.writeHead(200, { 'Content-Type': reply.type }).end(reply.body);
		});
	});
	beforeEach(() => void (requests = []));
	afterAll(async () => await service.close());

	async function searchIn(body: unknown, filter?: string, type = 'application/json') {
		reply = { body: typeof body === 'string' ? body : JSON.stringify(body), type };
		const context = editorContext({ apiKey: 'k', baseUrl: service.baseUrl });
		const results = await search(context, filter);
		expect(requests).toEqual(['GET /v1/models k']);
		return results;
	}

	const list = (...models: Array<string | object>) => ({
		object: 'list',
		data: models.map((model) => (typeof model === 'string' ? { id: model } : model)),
	});
	const values = (results: Array<{ value: unknown }>) => results.map(({ value }) => value);
	const offered = async (...models: Array<string | object>) => {
		const results = await searchIn(list(...models));
		return values(results.filter(({ name }) => !name.includes(ABSENT)));
	};

	test('The model list shows known models by their market names, and marks those that the service lacks', async () => {
		const results = await searchIn(
			list('gemini-nano-banana-2.1', 'deepseek-v3', 'google/gemini-2.5-flash-image'),
		);
		expect(results).toEqual([
			{
				name: '2.5 Flash · ended Oct · Nano Banana · fast, 1K',
				value: 'google/gemini-2.5-flash-image',
			},
			{
				name: 'Nano Banana 2.1 · newest, all ratios, up to 4K',
				value: 'gemini-nano-banana-2.1',
			},
			...MARKED.slice(1, 4),
		]);
	});

	test('The model list is not asked for at a Base URL with a user, which would be sent in the place of the key', async () => {
		reply = { body: JSON.stringify(list('my-nano-banana-9')), type: 'application/json' };
		const baseUrl = service.baseUrl.replace('http://', 'http://me:hunter2@');
		expect(await search(editorContext({ apiKey: 'k', baseUrl }))).toEqual(KNOWN);
		expect(requests).toEqual([]);
	});

	test('The model list leaves out IDs that hold a line break or the like, and blanks around others', async () => {
		const broken = ['\n', '\r', '\0', '\u2028', '\u200b'].map((char) => `my${char}-nano-banana-9`);
		const ids = await offered(...broken, ' nano-banana-8\n', 'gemini-2.5-flash\n-image', '\n');
		expect(ids).toEqual(['nano-banana-8']);
	});

	test('The model list shows each spelling of the service once, and each other known model once', async () => {
		const ids = ['gemini-3.0-pro-image-preview', 'google/gemini-3-pro-image', 'nano-banana-pro'];
		const results = await searchIn(list(...ids, ids[0] as string));
		const differences = ['3.0 preview', 'google', 'nano banana'];
		expect(results).toEqual([
			...ids.map((value, at) => ({
				name: `3 Pro · ${differences[at]} · Nano Banana Pro · best quality and lettering, up to 4K`,
				value,
			})),
			...MARKED.filter(({ value }) => value !== ids[0]),
		]);
	});

	test('The model list puts new models behind the known ones and before those that the service lacks', async () => {
		const results = await searchIn(
			list('gemini-5-flash-image', 'gemini-nano-banana-4', 'gemini-2.5-flash-image'),
		);
		expect(values(results.slice(0, 4))).toEqual([
			'gemini-2.5-flash-image',
			'gemini-5-flash-image',
			'gemini-nano-banana-4',
			'gemini-3.0-pro-image-preview',
		]);
		expect(results[1]?.name).toBe('gemini-5-flash-image');
	});

	test('A list of the service without modalities is read by the names of the models', async () => {
		const drawing = ['google/gemini-9.1-ultra-image', 'nano_banana_x', 'Nano Banana 7'];
		const others = [
			...['gemini-2.5-flash', 'gemini-image-embedding', 'gemini-live-image', 'nano-banana-video'],
			...['gemini-3-vision-image', 'gemini-tts-image', 'gemini-audio-image', 'gpt-image-2'],
			...['gemini/imagen-4', 'imagen-4-gemini', 'veo-3.1', `gemini-${'x'.repeat(300)}-image`],
		];
		expect(await offered(...others, ...drawing)).toEqual([...drawing].sort());
	});

	test.each([
		['output_modalities', (output: unknown) => ({ output_modalities: output })],
		['architecture', (output: unknown) => ({ architecture: { output_modalities: output } })],
		['modalities', (output: unknown) => ({ modalities: { output } })],
	])('A list of the service with modalities in %s is read by these', async (_name, entry) => {
		const draws = [
			{ id: 'gpt-image-9', ...entry(['text', 'image']) },
			{ id: 'gemini-omni', ...entry('Image') },
			{ id: 'gemini-3.1-flash-image', ...entry(['text']) },
			{ id: 'gemini-6-image', ...entry(null) },
		];
		const draws_not = [
			{ id: 'gemini-7-image', ...entry(['text']) },
			{ id: 'nano-banana-8', ...entry([]) },
			{ id: 'gemini-9-image', ...entry([['image'], 7, null]) },
		];
		expect(await offered(...draws, ...draws_not)).toEqual([
			'gemini-3.1-flash-image',
			'gemini-6-image',
			'gemini-omni',
			'gpt-image-9',
		]);
	});

	test('A list of the service without any Gemini model marks no known model', async () => {
		const painter = { id: 'flux-9', output_modalities: ['image'] };
		expect(await searchIn(list('deepseek-v3', painter))).toEqual([
			...KNOWN,
			{ name: 'flux-9', value: 'flux-9' },
		]);
	});

	test('A Gemini text model in the list marks the known models only if an image model is there too', async () => {
		expect(await searchIn(list('gemini-2.5-pro'))).toEqual(KNOWN);
		requests = [];
		const painter = { id: 'flux-9', output_modalities: ['image'] };
		expect(await searchIn(list('gemini-2.5-pro', painter))).toEqual([
			{ name: 'flux-9', value: 'flux-9' },
			...MARKED,
		]);
	});

	test.each([
		['pro', ['gemini-3-pro-image']],
		[
			' NANO BANANA 2 ',
			['gemini-3.1-flash-image', 'gemini-3.1-flash-lite-image', 'gemini-nano-banana-2.1'],
		],
		['4-flash-im', ['gemini-4-flash-image']],
		['nothing like it', []],
	])(
		'A search for %j in the model list gives the models that match and no others',
		async (filter, expected) => {
			const all = list('gemini-4-flash-image', ...MODELS.map(currentIdOf));
			expect(values(await searchIn(all, filter))).toEqual(expected);
		},
	);

	test('A search for the mark in the model list gives the known models that the service lacks', async () => {
		const found = await searchIn(list('gemini-3.0-pro-image-preview'), 'not in your');
		expect(found).toEqual(MARKED.filter(({ value }) => value !== 'gemini-3.0-pro-image-preview'));
	});

	test.each([
		['an empty list', { data: [] }],
		['no list', { object: 'list' }],
		['null', 'null'],
		[
			'a list of other things',
			{ data: [null, 7, 'gemini-x-image', [], {}, { id: {} }, { id: '' }] },
		],
		['data that is no list', { data: { id: 'gemini-4-image' } }],
		['an error', { error: { message: 'no' } }],
		['text that is cut off', '{"data":[{"id":"gemini-4-im'],
		['nothing', ''],
	])('A list reply that is %s leaves the known models', async (_name, body) => {
		expect(await searchIn(body)).toEqual(KNOWN);
	});

	test('A list reply that is a page of HTML leaves the known models', async () => {
		const page = '<!doctype html><title>gemini-4-image</title>';
		expect(await searchIn(page, '', 'text/html')).toEqual(KNOWN);
	});

	test('A list of a hundred thousand models is cut to a thousand', async () => {
		const many = Array.from({ length: 100_000 }, (_, index) => `gemini-x${index}-image`);
		expect(await searchIn(list(...many))).toHaveLength(1000 + KNOWN.length);
	});
});
