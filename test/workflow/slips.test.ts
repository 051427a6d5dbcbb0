import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { statusError } from '../../nodes/GeminiImage/errors/failures';
import { goneAdvice, idsInsteadOf } from '../../nodes/GeminiImage/errors/goneModel';
import { guessModel, listNames } from '../../nodes/GeminiImage/form/modelNames';
import { findModel } from '../../nodes/GeminiImage/form/models';
import { sentImages } from './chat';
import { imageFile, itemWith, startHarness, type Harness } from './harness';
import { editorContext, search } from './modelSearch';
import { expectRefusal, FLASH_31, model, tryItem } from './refusal';
import { completion, startService } from './service';

/** What n8n shows of a name in a list, in characters. */
const SHOWN_CHARS = 36;
const [one, two] = ['https://a.example/1.png', 'https://b.example/2.png'];
const edit: INodeParameters = { operation: 'imageToImage', prompt: 'Make it blue' };
const ofUrls = (imageUrls: unknown): INodeParameters => ({
	...edit,
	imageSource: 'url',
	imageUrls: imageUrls as string,
});

let harness: Harness;
beforeAll(async () => {
	harness = await startHarness();
});
afterAll(async () => await harness.close());

/** What is sent for a value of Image URLs that an expression gives. */
async function sentFor(value: unknown): Promise<string[] | string> {
	const json = { value } as IDataObject;
	const { item, requests } = await tryItem(harness, ofUrls('={{ $json.value }}'), { json });
	const { body } = requests[0] ?? {};
	return body ? sentImages(body as IDataObject) : `Not sent: ${String(item?.json.error)}`;
}

/** The words of the refusal of such a value. */
async function refusalOf(value: unknown) {
	const json = { value } as IDataObject;
	return await expectRefusal(harness, 'Image URLs', ofUrls('={{ $json.value }}'), { json });
}

describe('Image URLs', () => {
	test('A file of Slack, whose addresses need a sign-in, is sent by its address or refused with words on how to get it', async () => {
		const file = {
			id: 'F0',
			name: 'logo.png',
			mimetype: 'image/png',
			url_private: one,
			url_private_download: `${one}?download`,
			permalink: 'https://example.slack.com/files/U0/F0/logo.png',
		};
		const { item, requests } = await tryItem(harness, ofUrls('={{ $json.files }}'), {
			json: { files: [file] },
		});
		if (requests.length > 0) {
			expect([[one], [`${one}?download`]]).toContainEqual(
				sentImages(requests[0]!.body as IDataObject),
			);
			return;
		}
		const { description } = item?.json.details as { description: string };
		expect(`${String(item?.json.error)} ${description}`).toMatch(/\bdownload\b|Binary Field/i);
	});

	test.each(['={{ $binary.photo }}', '={{ [$binary.photo] }}'])(
		'The file that %s gives is called a file, as the one of $input.item.binary is',
		async (imageUrls) => {
			const input = await itemWith(harness.engine, { photo: await imageFile() });
			const { message, description } = await expectRefusal(
				harness,
				'Image URLs',
				ofUrls(imageUrls),
				input,
			);
			expect(message).toBe("'Image URLs' has a file, not an address");
			expect(description).toContain('Binary Field');
		},
	);

	test('The file that $binary gives without its content is called a file, where n8n keeps files in memory', async () => {
		const data = (await imageFile()).toString('base64');
		const input = {
			json: {},
			binary: { photo: { mimeType: 'image/png', fileName: 'a.png', data } },
		};
		const { message } = await expectRefusal(
			harness,
			'Image URLs',
			ofUrls('={{ $binary.photo }}'),
			input,
		);
		expect(message).toBe("'Image URLs' has a file, not an address");
	});

	test.each([null, '', false])(
		'An image whose url is %j is not said to be without one, with url among its fields',
		async (url) => {
			const value = { index: 0, fileName: 'image.png', mimeType: 'image/png', url };
			const { message } = await refusalOf(value);
			expect(message).toMatch(/'url'/);
			expect(message).not.toContain("without 'url'");
		},
	);

	test('The refusal of a data URL that holds no image shows what a data URL looks like', async () => {
		const { description } = await refusalOf('data:image/svg+xml;utf8,<svg/>');
		expect(description).toContain('data:image/png;base64,');
		expect(description).not.toContain('[base64]');
	});

	test('The refusal of an empty object lists no fields of nothing', async () => {
		const { description } = await refusalOf([{}]);
		expect(description).not.toMatch(/: \.$/);
	});

	test('An object with url is sent, however deep its other fields are nested', async () => {
		const text = JSON.parse(`${'['.repeat(12)}1${']'.repeat(12)}`) as unknown;
		expect(await sentFor({ url: one, text })).toEqual([one]);
	});

	test('A JSON list behind a byte order mark gives its addresses', async () => {
		expect(await sentFor(`\ufeff${JSON.stringify([one, two])}`)).toEqual([one, two]);
	});

	test.each([`['${one}', '${two}']`, `["${one}", "${two}",]`, `{'url': '${one}'}`])(
		'The text %s is refused as JSON that cannot be read',
		async (text) => {
			const { message, description } = await refusalOf(text);
			expect(`${message} ${description}`).toMatch(/JSON/);
		},
	);

	test('An address behind a character that nobody sees is not shown as if it were right', async () => {
		const { message } = await refusalOf(`\u200b${one}`);
		expect(message).not.toMatch(/\u200b/);
		expect(message).toMatch(/nobody sees|invisible/);
	});

	test('An address in several spellings counts once among those that a model takes', async () => {
		const urls = [one, one.replace('a.example', 'A.example'), two, 'https://c.example/3.png'];
		expect(await sentFor(urls)).toEqual([one, two, 'https://c.example/3.png']);
	});

	test.each([
		[
			'Image URLs',
			{ imageSource: 'url', imageUrls: '={{ (() => { const a = []; a.push(a); return a })() }}' },
		],
		[
			'Input Data Field Name',
			{
				imageSource: 'binary',
				binaryPropertyName: '={{ (() => { const a = {}; a.a = a; return a })() }}',
			},
		],
	])('A value of %s that holds itself is refused with its field', async (field, parameters) => {
		const { item, requests } = await tryItem(harness, { ...edit, ...parameters });
		expect(requests).toEqual([]);
		expect(item?.json.error).not.toContain('call stack');
		expect(item?.json.details).toMatchObject({ field });
	});

	test('A tool whose Image URLs are empty tells the agent to let the model fill them in', async () => {
		const { error } = await harness.run(
			{ ...edit, imageSource: 'url', imageUrls: [] },
			{ isTool: true },
		);
		expect(error?.message).toContain("'Image URLs'");
		expect(error?.message).toMatch(/let the model fill/);
	});
});

test('An object that an expression put into the words of the Prompt is not sent as [object Object] without a word', async () => {
	const { requests, hints } = await tryItem(
		harness,
		{ operation: 'textToImage', prompt: '=Draw {{ $json.output }}' },
		{ json: { output: { subject: 'a fox' } } },
	);
	const sent = JSON.stringify(requests.map(({ body }) => body));
	expect(sent.includes('[object Object]') && hints.length === 0).toBe(false);
});

test('A label of an attachment of Airtable has the name of its file, not the token that its address ends in', async () => {
	const url = 'https://v5.airtableusercontent.com/v3/u/35/35/1764000000000/abc/dEf_GhI-jkl';
	const { requests } = await tryItem(
		harness,
		{ ...ofUrls('={{ $json.photos }}'), ...model(FLASH_31), options: { labelImages: true } },
		{ json: { photos: [{ id: 'att1', url, filename: 'logo.png', type: 'image/png' }] } },
	);
	expect(JSON.stringify(requests[0]?.body)).toContain('Image 1 (logo.png):');
});

test('With Combine Items, the error tells which of the items lacks what is asked for', async () => {
	const urls = [one, two, undefined, 'https://c.example/3.png'];
	const { error } = await harness.run(
		{ ...ofUrls('={{ $json.url }}'), ...model(FLASH_31), options: { combineItems: true } },
		{ input: urls.map((url) => ({ json: { url } })) },
	);
	const { context } = error as unknown as { context: IDataObject };
	const isTold = context.itemIndex === 2 || /\b(item [23]|third item)\b/i.test(error!.message);
	expect({ message: error?.message, isTold }).toMatchObject({ isTold: true });
});

describe('answers about other things than the model', () => {
	test.each([
		'The model could not load the image: 404 not found',
		'Unable to process input image for model gemini-2.5-flash-image: image not found',
		'Unsupported model parameter: topK',
		'The model gemini-2.5-flash-image: thinking is not supported',
		'Model gemini-2.5-flash-image: system instruction not supported',
		'Model gemini-2.5-flash-image: streaming is not supported',
	])('A 400 with "%s" does not say that the model is not offered', (message) => {
		const error = { error: { message } };
		const told = statusError(400, {}, JSON.stringify(error), 'gemini-2.5-flash-image');
		expect(told.message).toMatch(/^The service did not accept the request \(400\)/);
		expect(told.advice).toBeUndefined();
	});
});

describe('answers about the model', () => {
	test.each<[number, string]>([
		[503, '分组 default 下模型 gemini-2.5-flash-image 的可用渠道不存在（distributor）'],
		[400, '模型 gemini-2.5-flash-image 不存在'],
		[404, '模型未找到'],
		[400, '不支持的模型'],
		[400, 'Model gemini-2.5-flash-image has reached its end of life'],
	])(
		'A %i with "%s" says that the model is not offered, and is not repeated',
		(status, message) => {
			const error = { error: { message } };
			const told = statusError(status, {}, JSON.stringify(error), 'gemini-2.5-flash-image');
			expect(told.message).toMatch(/^Nexconn does not offer the model 'gemini-2\.5-flash-image'/);
			expect(told.retryAfterMs).toBeUndefined();
		},
	);

	test('A 422 that says that there is no such model does not blame the prompt and the images', () => {
		const error = { error: { message: 'model not found' } };
		const told = statusError(422, {}, JSON.stringify(error), 'gemini-2.5-flash-imgae');
		expect(told.description).not.toContain('Change the prompt or the input images');
	});

	test.each([
		['fal-ai/nano-banana', 'gemini-2.5-flash-image'],
		['models/gemini-3-pro-image', 'gemini-3-pro-image'],
		['google/gemini-3.1-flash-lite-image', 'gemini-3.1-flash-lite-image'],
		['nano-banana-pro', 'gemini-3-pro-image'],
	])(
		'A plain 404 for %s, an id of another service, offers the model without what stands around it: %s',
		(id, nearest) => {
			for (const status of [404, 503]) {
				const { advice } = statusError(status, {}, '', id);
				expect([status, advice?.match(/set 'Model' to '([^']*)'/)?.[1]]).toEqual([status, nearest]);
			}
		},
	);
});

describe('the guess at a model', () => {
	test.each(['Nano Banana Pro 2', 'nano-banana-pro-2', 'nano banana pro 2.1', 'nano-banana-pro-3'])(
		'The name %s of a version that nobody knows is not taken for Nano Banana',
		(text) => {
			expect(guessModel(text)?.name).not.toBe('Gemini 2.5 Flash Image');
		},
	);

	test('The name Nano Banana Two is not taken for Nano Banana Pro', () => {
		expect(guessModel('Nano Banana Two')?.name).not.toBe('Gemini 3 Pro Image');
	});

	test.each(['gemini-3.1-flash-image-lite', 'nano-banana-2-light', 'nano-banana-lite'])(
		'The name %s means the Lite model',
		(text) => {
			expect(guessModel(text)?.name).toBe('Gemini 3.1 Flash Lite Image');
		},
	);

	test('The id gemini-2.5-flash-image-16:9 means the model without its ratio', () => {
		expect(idsInsteadOf('gemini-2.5-flash-image-16:9')[0]).toBe('gemini-2.5-flash-image');
	});

	test.each(['gemini-nano-banana-2.1-preview', 'nano-banana-preview'])(
		'Of %s, a preview that there never was, the advice does not say that Google has switched it off',
		(id) => {
			expect(goneAdvice(id)).not.toContain('switched off the preview');
		},
	);
});

describe('a search in the model list', () => {
	const CLOSED = { apiKey: 'sk-0123456789', baseUrl: 'http://127.0.0.1:9/v1' };

	test.each([
		['Gemini 2.5 Flash', 'Gemini 2.5 Flash Image'],
		['gemini 2.5', 'Gemini 2.5 Flash Image'],
		['gemini 3 pro', 'Gemini 3 Pro Image'],
		['Gemini 3 Pro Image', 'Gemini 3 Pro Image'],
		['gemini-3-pro-image', 'Gemini 3 Pro Image'],
		['gemini-3-pro-image-preview', 'Gemini 3 Pro Image'],
		['nano-banana-pro', 'Gemini 3 Pro Image'],
		['gemini 3.1 flash', 'Gemini 3.1 Flash Image'],
		['Gemini 3.1 Flash Lite', 'Gemini 3.1 Flash Lite Image'],
	])('A search for %s, as messages or ids call a model, finds %s', async (filter, name) => {
		const found = await search(editorContext(CLOSED), filter);
		expect(found.map(({ value }) => findModel(String(value))?.name)).toContain(name);
	});
});

test('The names of two ids in the model list differ by more than their capitals in what is shown', () => {
	const ids = ['gemini-2.5-flash-image', 'nano-banana'];
	const names = listNames(findModel(ids[0]!)!, ids);
	const shown = names.map((name) => name.slice(0, SHOWN_CHARS).toLowerCase());
	expect(new Set(shown).size).toBe(ids.length);
});

describe('a service of a test', () => {
	let service: Awaited<ReturnType<typeof startService>>;
	let answer: { status: number; type?: string; body: string };
	const listener: RequestListener = (request, response) => {
		request.resume().once('end', () => {
			const { status, type = 'application/json', body } = answer;
			response.writeHead(status, { 'content-type': type }).end(body);
		});
	};
	beforeAll(async () => {
		service = await startService(listener);
	});
	afterAll(async () => await service.close());

	test.each([
		['an error', JSON.stringify({ error: { message: 'Request Entity Too Large' } })],
		['nothing', ''],
		['a refusal', JSON.stringify(completion({ content: 'The image is too large' }))],
		['a web page', '<html><head><title>Request Entity Too Large</title></head></html>'],
	])(
		'The error of a request of more than 15 MB names its size where the service answers 200 with %s, and the run stops',
		async (_what, body) => {
			answer = { status: 200, body };
			const photo = Buffer.concat([await imageFile(), randomBytes(16_000_000)]);
			const { error } = await harness.run(edit, {
				input: [await itemWith(harness.engine, { photo })],
				credentials: { apiKey: 'sk-0123456789', baseUrl: service.baseUrl },
			});
			expect(error?.description).toMatch(/21\.\d MB.*15 MB/);
		},
	);
});
