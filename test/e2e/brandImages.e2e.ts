import sharp from 'sharp';

import { completion, json, startService } from '../workflow/service';
import { core, example, type Workflow } from './flows';
import { publishExample } from './gallery';
import { drawDirectly, photo, sha256 } from './drawnImages';
import { NODE_FOLDER } from './n8n';
import type { Server } from './server';
import { openStage, type Stage } from './stage';

const FORMATS = [
	{ format: 'square', ratio: '1:1', width: 1080, height: 1080 },
	{ format: 'story', ratio: '9:16', width: 1080, height: 1920 },
	{ format: 'banner', ratio: '16:9', width: 1920, height: 1080 },
];
const WISHES = 'A mug on a breakfast table';
/** How far apart two images may be that different programs made smaller; stretched ones are further. */
const MOST_DIFFERENCE = 3;
/** One of so many pixels of a side is compared. */
const COARSE = 8;

/** What the emulator draws no image for, and the item that it ends as. */
const REFUSED = { format: 'words only please', ratio: '9:16', width: 1080, height: 1920 };
const FAILED = {
	json: {
		...{ format: REFUSED.format, width: REFUSED.width, height: REFUSED.height },
		...{ fileName: '', altText: '', caption: '' },
		note: expect.stringMatching(/^No image: The model answered without an image/),
	},
	pairedItem: expect.anything(),
};

const TEXTS = { altText: 'A mug', caption: 'Good morning!' };
const NO_TEXTS = { altText: '', caption: '' };
const says = (content: string) => completion({ content });

/** Answers that ask for texts may get, with their status, and what comes of them. */
const ANSWERS: Array<[string, object, number, typeof TEXTS, unknown]> = [
	['is fenced', says(`Here:\n\`\`\`json\n${JSON.stringify(TEXTS)}\n\`\`\``), 200, TEXTS, ''],
	[
		'lacks a text',
		says('{"altText": "A mug"}'),
		200,
		{ ...TEXTS, caption: '' },
		'A text is missing, as the answer was: {"altText": "A mug"}',
	],
	['is no JSON', says('A {mug}.'), 200, NO_TEXTS, 'A text is missing, as the answer was: A {mug}.'],
	[
		'is an error',
		{ error: { message: 'Not this one' } },
		400,
		NO_TEXTS,
		expect.stringMatching(/^A text is missing, as the request failed: .*Not this one/),
	],
];

interface Item {
	json: Record<string, unknown>;
	binary?: { data: { id: string; mimeType: string; fileName: string } };
}

interface Body {
	model: string;
	messages: [{ content: Array<{ text?: string; image_url?: { url: string } }> }];
	image_config?: { aspect_ratio: string };
}

let stage: Stage;
let server: Server;
/** What the form takes, by the labels of the requests. */
let uploads: Array<[label: string, bytes: Buffer, type: string]>;

beforeAll(async () => {
	const logo = await sharp(photo).resize(200, 200).png().toBuffer();
	const style = await sharp(photo).grayscale().webp().toBuffer();
	uploads = [
		['logo', logo, 'image/png'],
		['product', photo, 'image/jpeg'],
		['style', style, 'image/webp'],
	];
});

function useServer(environment = {}): void {
	beforeAll(async () => {
		stage = await openStage(environment);
		server = await stage.startServer();
	});
	afterAll(async () => await stage?.close());
}

/** Fills in the form of the workflow; what its last node gives, and what was asked for it. */
async function fillIn(flow: Workflow) {
	const path = `/${flow.name}`;
	const before = stage.emulator.requests.length;
	const { trigger } = await publishExample(server, reporting(flow, path));
	const form = new FormData();
	for (const [index, [, bytes, type]] of uploads.entries()) {
		form.append(`field-${index}`, new Blob([new Uint8Array(bytes)], { type }), `IMG_${index}`);
	}
	form.append(`field-${uploads.length}`, WISHES);
	await server.call(`/form/${trigger}`, form);
	const items = JSON.parse((await stage.receiver.at(path)).body.toString()) as Item[];
	const bodies = stage.emulator.requests.slice(before).map(({ body }) => body as Body);
	return {
		items,
		drawings: bodies.filter(({ image_config }) => image_config),
		questions: bodies.filter(({ image_config }) => !image_config),
	};
}

/** The workflow with a node behind its last one that sends all items to the receiver. */
function reporting(flow: Workflow, path: string): Workflow {
	const report = core('Report', 'httpRequest', 4.2, {
		...{ method: 'POST', url: `${stage.receiver.url}${path}` },
		...{ sendBody: true, specifyBody: 'json', jsonBody: '={{ JSON.stringify($input.all()) }}' },
	});
	const main = [[{ node: report.name, type: 'main' as const, index: 0 }]];
	return {
		...flow,
		nodes: [...flow.nodes, { ...report, executeOnce: true }],
		connections: { ...flow.connections, 'Ready to Publish': { main } },
	};
}

function brandImages(name: string, formats?: object[]): Workflow {
	const flow = example('brand-images');
	if (formats) {
		nodeOf(flow, 'List the Formats').parameters.jsonOutput = JSON.stringify({ formats });
	}
	return { ...flow, name };
}

const nodeOf = ({ nodes }: Workflow, name: string) => nodes.find((node) => node.name === name)!;

/** The bytes of an item's file. */
async function fileOf({ binary }: Item): Promise<Buffer> {
	const id = encodeURIComponent(binary?.data.id ?? '');
	const response = await server.ask(`/rest/binary-data?id=${id}&action=view`);
	return Buffer.from(await response.arrayBuffer());
}

/** What the emulator draws for a request of the workflow. */
async function drawnFor(drawing: Body): Promise<Buffer> {
	const files = new Map(uploads.map(([, bytes]) => [sha256(bytes), bytes.toString('base64')]));
	const shortened = JSON.stringify(drawing);
	const whole = shortened.replace(
		/<\d+ bytes sha256=(\w+)>/g,
		(_url, hash: string) => files.get(hash)!,
	);
	return await drawDirectly(stage.emulator, '', {
		fields: { ...JSON.parse(whole), stream: false },
	});
}

const drawingOf = (drawings: Body[], ratio: unknown) =>
	drawings.find(({ image_config }) => image_config?.aspect_ratio === ratio)!;

/** The texts that the emulator writes for an image. */
function textsFor(image: Buffer) {
	const hash = sha256(image).slice(0, 12);
	return { altText: `The altText of image ${hash}`, caption: `The caption of image ${hash}` };
}

/** How far two images of one size are apart, of 255. */
async function difference(...images: [Buffer, Buffer]): Promise<number> {
	const [one, other] = await Promise.all(
		images.map(async (image) => {
			const { width, height } = await sharp(image).metadata();
			const size = { width: Math.round(width / COARSE), height: Math.round(height / COARSE) };
			return await sharp(image).removeAlpha().resize(size).raw().toBuffer();
		}),
	);
	const sum = one!.reduce((apart, value, index) => apart + Math.abs(value - other![index]!), 0);
	return sum / one!.length;
}

/** An item has the image of its format as WebP in the wanted pixels, cut off and not stretched. */
async function expectWebP(
	item: Item,
	{ format, ratio, width, height }: (typeof FORMATS)[number],
	drawings: Body[],
	words?: object,
): Promise<void> {
	const file = await fileOf(item);
	const fileName = `${format}.webp`;
	const said = words ?? { ...textsFor(file), note: '' };
	expect(item.json).toEqual({ format, width, height, fileName, ...said });
	expect(item.binary?.data).toMatchObject({ mimeType: 'image/webp', fileName });
	expect(await sharp(file).metadata()).toMatchObject({ format: 'webp', width, height });
	const drawn = await drawnFor(drawingOf(drawings, ratio));
	const expected = await sharp(drawn).resize(width, height, { fit: 'cover' }).png().toBuffer();
	expect(await difference(file, expected)).toBeLessThan(MOST_DIFFERENCE);
}

describe('with GraphicsMagick', () => {
	useServer();

	test('The example brand-images gives a WebP for each format, with texts of its own', async () => {
		const { items, drawings, questions } = await fillIn(brandImages('all'));
		expect(items).toHaveLength(FORMATS.length);
		for (const [index, wanted] of FORMATS.entries()) {
			await expectWebP(items[index]!, wanted, drawings);
		}
		expect([drawings.length, questions.length]).toEqual([FORMATS.length, FORMATS.length]);
		for (const { format, ratio } of FORMATS) {
			const { messages, model, image_config } = drawingOf(drawings, ratio);
			const [prompt, ...parts] = messages[0].content;
			expect(prompt?.text).toContain(`shows this: ${WISHES}\n`);
			expect(prompt?.text).toContain(`Compose it for the format ${format} (${ratio})`);
			expect({ model, image_config }).toEqual({
				model: 'gemini-nano-banana-2.1',
				image_config: { aspect_ratio: ratio, image_size: '2K' },
			});
			expect(parts).toEqual(
				uploads.flatMap(([label, bytes, type], place) => [
					{ type: 'text', text: `Image ${place + 1} (${label}):` },
					{
						type: 'image_url',
						image_url: {
							url: `data:${type};base64,<${bytes.length} bytes sha256=${sha256(bytes)}>`,
						},
					},
				]),
			);
		}
	});

	test('A format that is refused ends with its reason in brand-images, and the others arrive', async () => {
		const share = { format: 'share', ratio: '16:9', width: 1200, height: 630 };
		const flow = brandImages('refused', [REFUSED, FORMATS[0]!, share]);
		const { items, drawings, questions } = await fillIn(flow);
		const [square, cropped, ...others] = items;
		await expectWebP(square!, FORMATS[0]!, drawings);
		await expectWebP(cropped!, share, drawings);
		expect(others).toEqual([FAILED]);
		expect(questions).toHaveLength(2);
	});

	test('If every format is refused, brand-images gives the reasons', async () => {
		const { items, questions } = await fillIn(brandImages('none', [REFUSED, REFUSED]));
		expect(items).toEqual([FAILED, FAILED]);
		expect(questions).toEqual([]);
	});

	test.each(ANSWERS)(
		'An image of brand-images arrives if the answer for its texts %s',
		async (what, answer, status, texts, note) => {
			const service = await startService(json(() => answer, status));
			try {
				const credential = { id: what, name: what };
				const data = { apiKey: 'x', authorizationFormat: 'apiKey', baseUrl: service.baseUrl };
				await stage.importCredential(credential, 'nexconnApi', data);
				const flow = brandImages(what.replaceAll(' ', '-'), [FORMATS[0]!]);
				nodeOf(flow, 'Write the Texts').credentials = { nexconnApi: credential };
				const { items, drawings } = await fillIn(flow);
				expect(items).toHaveLength(1);
				await expectWebP(items[0]!, FORMATS[0]!, drawings, { ...texts, note });
			} finally {
				await service.close();
			}
		},
	);
});

describe('without GraphicsMagick', () => {
	// n8n looks for the Node of its task runner there, too.
	useServer({ PATH: NODE_FOLDER });

	test('Without GraphicsMagick, brand-images gives the images as drawn, and says why', async () => {
		const { items, drawings } = await fillIn(brandImages('bare'));
		expect(items).toHaveLength(FORMATS.length);
		for (const [index, { format, ratio }] of FORMATS.entries()) {
			const { json } = items[index]!;
			const file = await fileOf(items[index]!);
			expect(sha256(file)).toBe(sha256(await drawnFor(drawingOf(drawings, ratio))));
			const { width, height } = await sharp(file).metadata();
			expect(json).toEqual({
				...{ format, width, height, fileName: `${format}.png`, ...textsFor(file) },
				note: expect.stringMatching(/^The original image, as Edit Image failed: .*GraphicsMagick/),
			});
		}
	});
});
