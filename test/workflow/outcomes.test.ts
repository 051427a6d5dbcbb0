import { resolve } from 'node:path';
import { inspect } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IDataObject, INodeExecutionData, OnError } from 'n8n-workflow';
import sharp from 'sharp';

import { chooseProfiles, profiles } from '../emulator/profiles';
import { itemWith, imageFile, startHarness, type Harness } from './harness';
import { captureLogs } from './logs';
import { OUTCOMES, WAYS, type Outcome, type Way } from './outcomes';
import { RECORDED_OUTCOMES } from './recordedOutcomes';

const NODE = 'Gemini Image';
const ROOT = resolve(__dirname, '../..');
const EXTENSIONS: Record<string, string> = {
	'image/png': 'png',
	'image/jpeg': 'jpg',
	'image/webp': 'webp',
};

interface Facts extends IDataObject {
	field?: string;
	fileName: string;
	mimeType: string;
	width: number;
	height: number;
	bytes: number;
}

// A rejection that nobody handles needs no check of ours: jest fails the test in which it occurs.
let harness: Harness;
let logs: ReturnType<typeof captureLogs>;
let runs = 0;

const SEVERAL = /^The service sent \d images for one request\. The last is usually/;
/** Those of sizes. */
const OTHER_HINTS = /^The service sent an image of \d+ x/;
/** That of a run whose only request was repeated. */
const REPEATED = /^1 request made (?:1 image|no images)\b.*\b1 request was repeated\b/;

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
const timersBefore = timers();

beforeAll(async () => {
	harness = await startHarness();
	logs = captureLogs();
});
afterEach(() => harness.engine.clear());
afterAll(async () => {
	logs.stop();
	await harness.close();
});

test('Every profile of the emulator has a row in the outcomes', () => {
	const covered = [...OUTCOMES, ...RECORDED_OUTCOMES].flatMap(({ profile }) =>
		chooseProfiles(profile.replace('*', 'x')),
	);
	const missing = Object.entries(profiles)
		.filter(([, profile]) => !covered.some((chosen) => chosen.profile === profile))
		.map(([name]) => name);
	expect(missing).toEqual([]);
});

test('The search for leaks tells base64 from the path of the repository', () => {
	const base64 = 'QUJD'.repeat(20);
	const root = `/tmp/${'folder'.repeat(20)}/repo`;
	const frame = `    at send (${root}/nodes/GeminiImage/operations/send.ts:1:1)`;
	expect(base64In(frame, root)).toBeUndefined();
	expect(base64In(`${frame} ${base64}`, root)).toBe(base64);
	expect(base64In(`${root}/${base64}`, root)).toBe(`/${base64}`);
});

const rows = [...OUTCOMES, ...RECORDED_OUTCOMES].flatMap((outcome) =>
	outcome.ways.map((way): [string, Way, Outcome] => [outcome.profile, way, outcome]),
);

test.each(rows)('Profile %s ends as its row says: %s', async (_profile, way, outcome) => {
	const { input, result, posts, fetches, ms } = await perform(
		way,
		outcome,
		'continueRegularOutput',
	);
	const items = result.output(NODE);
	expect(result.error).toBeUndefined();
	expect(posts).toBe(outcome.posts);
	expect(fetches).toBe(outcome.fetches ?? fetches);
	expect(ms).toBeLessThan(outcome.withinMs);
	if (outcome.error) expectFailure(items, outcome);
	else if (way.startsWith('chat')) await expectAnswer(items, outcome);
	else await expectImages(items, outcome, way);
	if (!outcome.error) expectHints(result.hints(NODE), outcome, way);
	expectNoLeak(result.run);
	expectNothingElseStored([...input, ...items]);
	await expectNoSocket();
});

const STOPPED: Array<[string, Way]> = [
	['refusal', 'text to image, stream'],
	['image-url-missing', 'text to image, JSON'],
	['error-after-image', 'image to image, stream'],
	['status-401', 'text to image, images'],
	['key-echo', 'chat, stream'],
	['base64-echo', 'image to image, images'],
	['reset-in-image', 'text to image, JSON'],
	['stall-in-image', 'image to image, JSON'],
];

test.each(STOPPED)(
	'Profile %s stops the workflow with the error of its row: %s',
	async (profile, way) => {
		const outcome = OUTCOMES.find((row) => row.profile === profile && row.ways.includes(way))!;
		const { input, result, posts } = await perform(way, outcome, 'stopWorkflow');
		expect(result.error?.message).toMatch(outcome.error as RegExp);
		expect(result.error?.description).toBeTruthy();
		expect(result.output(NODE)).toEqual([]);
		expect(posts).toBe(outcome.posts);
		expectNoLeak(result.run);
		expectNothingElseStored(input);
		await expectNoSocket();
	},
);

test('No timer is left after all runs', async () => {
	await sleep(600);
	// The one more is that of jest for this test.
	expect(timers()).toBeLessThanOrEqual(timersBefore + 1);
});

async function perform(way: Way, { profile }: Outcome, onError: OnError) {
	const { engine, emulator } = harness;
	const { operation, options } = WAYS[way];
	const takesImage = operation === 'imageToImage';
	const input = [takesImage ? await itemWith(engine, { data: await imageFile() }) : { json: {} }];
	const before = emulator.requests.length;
	const begun = Date.now();
	const result = await harness.run(
		{
			operation,
			model: { __rl: true, mode: 'id', value: 'gemini-3.1-flash-image-preview' },
			prompt: 'Draw a red fox',
			imageSize: '512',
			options: { ...options, timeout: 1.2, maxRetries: 1 },
		},
		{ input, profile: profile.replace('*', `x${runs++}`), onError },
	);
	const ms = Date.now() - begun;
	const requests = emulator.requests.slice(before);
	const posts = requests.filter(({ method }) => method === 'POST').length;
	const fetches = requests.filter(({ path }) => path.startsWith('/files/')).length;
	return { input, result, posts, fetches, ms };
}

function expectFailure(items: INodeExecutionData[], outcome: Outcome): void {
	const { error, details, description = /./ } = outcome;
	expect(items).toEqual([
		{
			json: { error: expect.stringMatching(error as RegExp), details: expect.any(Object) },
			pairedItem: { item: 0 },
		},
	]);
	const { json } = items[0] as INodeExecutionData;
	expect(json.details).toMatchObject({ ...details, description: expect.stringMatching(/\.$/) });
	expect((json.details as IDataObject).description).toMatch(description);
	// Agents see the message alone.
	const message = String(json.error);
	expect(message).toMatch(/^[A-Z].{15,600}$/);
	expect(message).not.toMatch(/undefined|\[object|null|NaN/);
}

async function expectImages(items: INodeExecutionData[], outcome: Outcome, way: Way) {
	expect(items).toHaveLength(outcome.images);
	const pixels = outcome.pixels ?? (way.startsWith('text') ? [512, 512] : [600, 448]);
	for (const [index, { json, binary, pairedItem }] of items.entries()) {
		expect(json.error).toBeUndefined();
		expect(Object.keys(binary ?? {})).toEqual(['data']);
		expect(pairedItem).toEqual({ item: 0 });
		await expectImage(json.image as Facts, items[index]!, outcome, pixels);
		const isFirst = index === 0;
		expectUsage(isFirst && outcome.hasUsage, outcome, json);
		const words = isFirst ? outcome : { ...outcome, text: '', reasoning: null };
		expectWords(json, words, way.endsWith('images'));
	}
}

async function expectAnswer(items: INodeExecutionData[], outcome: Outcome) {
	expect(items).toHaveLength(1);
	const { json, binary = {} } = items[0] as INodeExecutionData;
	expect(json.error).toBeUndefined();
	const images = json.images as Facts[];
	expect(images).toHaveLength(outcome.images);
	expect(Object.keys(binary)).toEqual(images.map(({ field }) => field));
	const pixels = outcome.pixels ?? [512, 512];
	for (const image of images) await expectImage(image, items[0]!, outcome, pixels);
	expectUsage(outcome.hasUsage, outcome, json);
	expectWords(json, outcome, false);
}

/** The facts that the item tells are those of the file, which decodes to its last pixel. */
async function expectImage(
	{ field = 'data', fileName, mimeType, width, height, bytes }: Facts,
	{ binary }: INodeExecutionData,
	outcome: Outcome,
	pixels: number[],
): Promise<void> {
	const file = binary![field]!;
	const stored = await harness.engine.read(file);
	const { info } = await sharp(stored).raw().toBuffer({ resolveWithObject: true });
	const { format } = await sharp(stored).metadata();
	expect([info.width, info.height]).toEqual(pixels);
	expect([width, height]).toEqual(pixels);
	expect(bytes).toBe(stored.length);
	expect([mimeType, file.mimeType, `image/${format}`]).toEqual(
		Array.from({ length: 3 }, () => outcome.mimeType),
	);
	expect(fileName).toMatch(new RegExp(`^image(_\\d)?\\.${EXTENSIONS[mimeType]}$`));
	expect(file.fileName).toBe(fileName);
}

function expectHints(told: string[], { hint, images, posts }: Outcome, way: Way): void {
	const several = images > 1 && !way.startsWith('chat') ? SEVERAL : undefined;
	const expected = [hint ?? several, posts > 1 ? REPEATED : undefined].filter(Boolean) as RegExp[];
	const hints = told.filter((each) => !OTHER_HINTS.test(each));
	expect(hints).toEqual(expected.map((each): unknown => expect.stringMatching(each)));
}

function expectUsage(isTold: boolean, { totalTokens }: Outcome, { usage }: IDataObject): void {
	const tokens = totalTokens ?? expect.any(Number);
	if (isTold) expect(usage).toMatchObject({ total_tokens: tokens });
	else expect(usage).toBeNull();
}

function expectWords(
	json: IDataObject,
	{ text = '', finishReason = 'stop', reasoning }: Outcome,
	alone: boolean,
) {
	expect(json.text).toEqual(typeof text === 'string' ? text : expect.stringMatching(text));
	expect(json.finishReason).toBe(alone ? null : finishReason);
	if (reasoning !== undefined) expect(json.reasoning).toBe(reasoning);
}

/** Neither the key nor base64 in what the run leaves behind or in what was logged. */
function expectNoLeak(run: unknown): void {
	const all = [JSON.stringify(run), inspect(run, { depth: 20 }), ...logs.take()].join('\n');
	expect(all).not.toContain(harness.emulator.apiKey);
	expect(base64In(all)).toBeUndefined();
}

function base64In(text: string, root = ROOT): string | undefined {
	// n8n's own links carry a token, and stack traces name files of this repository.
	const foreign = text.replace(/\/signed\?token=[\w.-]+/g, '').replaceAll(root, '.');
	return /[A-Za-z0-9+/=]{80,}/.exec(foreign)?.[0];
}

function expectNothingElseStored(items: INodeExecutionData[]): void {
	const files = items.flatMap(({ binary }) => Object.values(binary ?? {}));
	const named = files.map(({ id = '' }) => id.slice(id.lastIndexOf('/') + 1));
	expect(harness.engine.files().sort()).toEqual(named.sort());
}

/** n8n keeps no connection alive, so none may be left. */
async function expectNoSocket(): Promise<void> {
	const until = Date.now() + 1000;
	while (harness.emulator.openSockets() > 0 && Date.now() < until) await sleep(2);
	expect(harness.emulator.openSockets()).toBe(0);
}
