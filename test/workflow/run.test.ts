import { setTimeout as sleep } from 'node:timers/promises';
import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';

import { tinyImage } from '../emulator/images/tiny';
import { createMemoryNode } from '../engine/memoryNode';
import { imageFile, itemWith, startHarness, type Harness, type NodeRunOptions } from './harness';
import { completion, drawn, refused, startModel, timesIn } from './service';

const NODE = 'Gemini Image';
const WORDS = [
	...['ant', 'bee', 'cat', 'dog', 'eel', 'fox'],
	...['gnu', 'hen', 'ibis', 'jay', 'kite', 'lynx'],
];
const PROMPTS = WORDS.map((word) => `Draw ${word}`);
const [FIRST, LAST] = ['Draw ant', 'Draw lynx'];
const RETRY = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 };

type Say = Parameters<typeof startModel>[0];

let harness: Harness;
beforeAll(async () => {
	harness = await startHarness();
});
afterEach(() => harness.engine.clear());
afterAll(async () => await harness.close());

const inputOf = (words = WORDS): INodeExecutionData[] => words.map((word) => ({ json: { word } }));

/** Runs the node on twelve items, one word each, with a model of its own. */
async function ask(say: Say, parameters: INodeParameters = {}, options: NodeRunOptions = {}) {
	return await withModel(say, async (asked, run) => {
		const result = await run(parameters, options);
		return { ...result, asked, items: result.output(NODE) };
	});
}

/** Several runs with one model. */
async function withModel<T>(
	say: Say,
	work: (
		asked: string[],
		run: Harness['run'],
		credentials: { apiKey: string; baseUrl: string },
	) => Promise<T>,
): Promise<T> {
	const { asked, credentials, close } = await startModel(say);
	const run: Harness['run'] = async (parameters, options) =>
		await harness.run(
			{ prompt: '=Draw {{ $json.word }}', ...parameters },
			{ input: inputOf(), credentials, ...options },
		);
	try {
		return await work(asked, run, credentials);
	} finally {
		await close();
	}
}

/** Refuses one prompt, always or so many times, and draws all others. */
const refusing =
	(refusedPrompt: string, times = Infinity): Say =>
	async (prompt, time) =>
		prompt === refusedPrompt && time <= times ? refused() : await drawn(prompt);

/** Goes on once it is so, or after ten seconds, so that what never comes fails a test alone. */
async function until(isSo: () => boolean): Promise<void> {
	for (const end = Date.now() + 10_000; !isSo() && Date.now() < end; ) await sleep(5);
}

const never = async (): Promise<never> => await new Promise(() => {});

/** How often each of the twelve prompts was asked. */
const countsOf = (asked: string[]) => PROMPTS.map((prompt) => timesIn(asked, prompt));

/** So many times for the prompt that is refused, and once for each other. */
const onceBut = (prompt: string, times: number) =>
	PROMPTS.map((each) => (each === prompt ? times : 1));

/** The items are the images of the twelve prompts, in their order. */
async function expectImages(items: INodeExecutionData[], prompts = PROMPTS): Promise<void> {
	expect(items.map(({ json }) => json.error)).toEqual(prompts.map(() => undefined));
	expect(items.map(({ pairedItem }) => pairedItem)).toEqual(
		prompts.map((_each, item) => ({ item })),
	);
	for (const [index, prompt] of prompts.entries()) {
		const file = items[index]!.binary!.data!;
		const { bytes } = await tinyImage(prompt);
		expect((await harness.engine.read(file)).equals(bytes)).toBe(true);
	}
}

describe('a run with Retry On Fail', () => {
	test('Tries of a run that is refused again and again ask once for each good item', async () => {
		const { asked, error, items } = await ask(refusing(FIRST!), {}, RETRY);
		expect(error?.message).toMatch(/\(402\)/);
		expect(items).toEqual([]);
		expect(asked.length).toBeLessThanOrEqual(11 + 3);
		expect(timesIn(asked, FIRST!)).toBe(3);
		expect(Math.max(...countsOf(asked).slice(1))).toBe(1);
	});

	test.each(['textToImage', 'imageToImage', 'chat'])(
		'The second try of %s asks again for what was refused alone, and gives the files of both in order',
		async (operation) => {
			const { engine } = harness;
			const photo = await imageFile();
			const input = await Promise.all(
				WORDS.map(async (word) => await itemWith(engine, { data: photo }, { word })),
			);
			const before = engine.files().length;
			const { asked, error, items } = await ask(
				refusing('Draw eel', 1),
				{ operation },
				{ ...RETRY, input },
			);
			expect(error).toBeUndefined();
			expect(countsOf(asked)).toEqual(onceBut('Draw eel', 2));
			await expectImages(items);
			expect(engine.files()).toHaveLength(before + WORDS.length);
			const names = items.map(({ binary }) => binary?.data?.fileName);
			expect(new Set(names).size).toBe(WORDS.length);
		},
	);

	test('Requests under way when a failure stops a try are let finish, and no new ones begin', async () => {
		let begun: number | undefined;
		const { asked, items } = await ask(
			async (prompt, time, all) => {
				if (time > 1 || begun !== undefined) return await drawn(prompt);
				// At Max Concurrency 8.
				await until(() => all.length === 8);
				if (prompt === FIRST) return refused();
				await sleep(150);
				begun ??= all.length;
				return await drawn(prompt);
			},
			{},
			RETRY,
		);
		expect(begun).toBe(8);
		expect([...asked.slice(0, 8)].sort()).toEqual(PROMPTS.slice(0, 8).sort());
		expect(countsOf(asked)).toEqual(onceBut(FIRST!, 2));
		await expectImages(items);
	});

	test('Requests under way when a failure stops the last try are ended', async () => {
		const { asked, error } = await ask(
			async (prompt, time, all) => {
				if (prompt === 'Draw bee') return time === 1 ? refused(500) : await never();
				if (time === 2) await until(() => timesIn(all, 'Draw bee') === 2);
				return refused();
			},
			{},
			{ ...RETRY, maxTries: 2, input: inputOf(['ant', 'bee']) },
		);
		expect(error?.message).toMatch(/\(402\)/);
		expect([timesIn(asked, FIRST!), timesIn(asked, 'Draw bee')]).toEqual([2, 2]);
	});

	test('A cancel ends a run that lets its requests finish before another try', async () => {
		const cancel = new AbortController();
		const { asked, run } = await ask(
			async (prompt, _time, all) => {
				await until(() => all.length === 2);
				if (prompt !== FIRST) return await never();
				// A moment later, as the Stop button is pressed while the node waits.
				setTimeout(() => cancel.abort(), 200);
				return refused();
			},
			{},
			{ ...RETRY, input: inputOf(['ant', 'bee']), signal: cancel.signal },
		);
		expect(run.status).toBe('canceled');
		expect(asked).toHaveLength(2);
	});

	test('With On Error: Continue, tries for a first item that fails ask once for the good ones', async () => {
		const onError = 'continueRegularOutput';
		const { asked, items } = await ask(refusing(FIRST!), {}, { ...RETRY, onError });
		expect(countsOf(asked)).toEqual(onceBut(FIRST!, 3));
		expect(items.map(({ json }) => json.error !== undefined)).toEqual(
			PROMPTS.map((prompt) => prompt === FIRST),
		);
		expect(items[0]?.json.error).toMatch(/\(402\)/);
		expect(items[0]?.json).not.toHaveProperty('prompt');
	});

	test('With an error output, tries for a first item that fails ask once for the good ones', async () => {
		const onError = 'continueErrorOutput';
		const { asked, output } = await ask(refusing(FIRST!), {}, { ...RETRY, onError });
		expect(countsOf(asked)).toEqual(onceBut(FIRST!, 3));
		expect(output(NODE, 0).map(({ pairedItem }) => pairedItem)).toEqual(
			WORDS.slice(1).map((_word, index) => ({ item: index + 1 })),
		);
		expect(output(NODE, 1)).toMatchObject([{ json: { word: 'ant' }, pairedItem: { item: 0 } }]);
	});

	test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'With On Error %s, a first item that works at the second try comes out with the others',
		async (onError) => {
			const { asked, items, output } = await ask(refusing(FIRST!, 1), {}, { ...RETRY, onError });
			expect(countsOf(asked)).toEqual(onceBut(FIRST!, 2));
			await expectImages(items);
			expect(output(NODE, 1)).toEqual([]);
		},
	);

	test('What failed is asked again at the next try, wherever it stands', async () => {
		const onError = 'continueRegularOutput';
		const { asked, items } = await ask(
			async (prompt, time) =>
				[FIRST, 'Draw fox', LAST].includes(prompt) && time === 1 ? refused() : await drawn(prompt),
			{},
			{ ...RETRY, onError },
		);
		expect(countsOf(asked)).toEqual(PROMPTS.map((_each, n) => ([0, 5, 11].includes(n) ? 2 : 1)));
		await expectImages(items);
	});

	test.each([false, true])(
		'With Number of Images 3 and Execute Once %s, the second try asks for the missing image alone',
		async (executeOnce) => {
			const { asked, error, items } = await ask(
				async (prompt, time) => (time === 2 ? refused() : await drawn(prompt)),
				{ numberOfImages: 3 },
				{ ...RETRY, executeOnce, input: inputOf(['ant', 'bee']) },
			);
			expect(error).toBeUndefined();
			const count = executeOnce ? [4, 0] : [4, 4];
			expect(['Draw ant', 'Draw bee'].map((prompt) => timesIn(asked, prompt))).toEqual(count);
			expect(items.map(({ pairedItem }) => pairedItem)).toEqual(
				(executeOnce ? [0, 0, 0] : [0, 0, 0, 1, 1, 1]).map((item) => ({ item })),
			);
			expect(items.map(({ json }) => (json.image as IDataObject).index)).toEqual(
				executeOnce ? [0, 1, 2] : [0, 1, 2, 0, 1, 2],
			);
		},
	);

	test('An item gets its own image at the second try, even if Number of Images has changed since the first', async () => {
		let numberOfImages = 2;
		const words = ['ant', 'bee', 'cat'];
		const changing = {
			get count() {
				return numberOfImages;
			},
		};
		const { asked, error, items } = await ask(
			async (prompt, time) => {
				if (prompt !== 'Draw cat' || time > 1) return await drawn(prompt);
				numberOfImages = 1;
				return refused();
			},
			{ numberOfImages: '={{ $json.word === "ant" ? $json.changing.count : 1 }}' },
			{ ...RETRY, input: words.map((word) => ({ json: { word, changing } })) },
		);
		expect(error).toBeUndefined();
		expect(words.map((word) => timesIn(asked, `Draw ${word}`))).toEqual([2, 1, 2]);
		await expectImages(items, PROMPTS.slice(0, 3));
	});

	test('Turns of a chat with a memory are asked and remembered once, however many tries it takes', async () => {
		const memory = createMemoryNode();
		const { asked, error, items } = await ask(
			async (prompt, time) =>
				prompt === 'Say two' && time === 1
					? refused()
					: { body: completion({ content: `You say: ${prompt}` }) },
			{ operation: 'chat', prompt: '=Say {{ $json.word }}' },
			{ ...RETRY, memory: memory.node, input: inputOf(['one', 'two', 'three']) },
		);
		expect(error).toBeUndefined();
		expect(asked).toEqual(['Say one', 'Say two', 'Say two', 'Say three']);
		expect(memory.session().map(({ content }) => content)).toEqual(
			['one', 'two', 'three'].flatMap((word) => [`Say ${word}`, `You say: Say ${word}`]),
		);
		expect(items.map(({ json }) => (json.messages as object[]).length)).toEqual([2, 4, 6]);
	});
});

describe('what is kept over the tries of a run', () => {
	test('Without Retry On Fail, a second run of the same items asks for all of them', async () =>
		await withModel(refusing(LAST!, 1), async (asked, run) => {
			const input = inputOf();
			expect((await run({}, { input })).error?.message).toMatch(/\(402\)/);
			const before = asked.length;
			const { output } = await run({}, { input });
			expect(asked.length - before).toBe(WORDS.length);
			await expectImages(output(NODE));
		}));

	test('Nothing is kept of a run that worked in the end', async () =>
		await withModel(refusing(FIRST!, 1), async (asked, run) => {
			const input = inputOf();
			await run({}, { ...RETRY, input });
			const before = asked.length;
			await expectImages((await run({}, { ...RETRY, input })).output(NODE));
			expect(asked.length - before).toBe(WORDS.length);
		}));

	test('An execution gets nothing that was kept for one before it that failed', async () =>
		await withModel(refusing(LAST!, 3), async (asked, run) => {
			const input = inputOf();
			const first = await run({}, { ...RETRY, input, executionId: '11' });
			expect(first.error?.message).toMatch(/\(402\)/);
			expect(countsOf(asked)).toEqual(onceBut(LAST!, 3));
			const second = await run({}, { ...RETRY, input, executionId: '12' });
			expect(countsOf(asked)).toEqual(PROMPTS.map((prompt) => (prompt === LAST ? 4 : 2)));
			await expectImages(second.output(NODE));
		}));

	test('Executions of the same items at the same time share nothing that is kept', async () =>
		await withModel(refusing(LAST!, 2), async (asked, run) => {
			const input = inputOf();
			const results = await Promise.all(
				['21', '22'].map(async (executionId) => await run({}, { ...RETRY, input, executionId })),
			);
			expect(countsOf(asked)).toEqual(PROMPTS.map((prompt) => (prompt === LAST ? 4 : 2)));
			for (const { output } of results) await expectImages(output(NODE));
		}));

	test('Two nodes behind the same output share nothing that is kept', async () =>
		await withModel(refusing(LAST!, 1), async (asked, _run, credentials) => {
			const { run, output } = await harness.engine.run(
				workflowOf([gemini('One'), gemini('Two')], { Start: ['One', 'Two'] }),
				{ input: inputOf(), credentials },
			);
			expect(run.status).toBe('success');
			expect(countsOf(asked)).toEqual(PROMPTS.map((prompt) => (prompt === LAST ? 3 : 2)));
			await expectImages(output('One'));
			await expectImages(output('Two'));
		}));

	test.each([
		['fails in the end', Infinity, 6],
		['works at the second try', 1, 3],
	])(
		'The second run of a node in one execution asks anew, even if the first one %s',
		async (_how, times, asksForFirst) =>
			await withModel(refusing(FIRST!, times), async (asked, _run, credentials) => {
				const node = { ...gemini(NODE), onError: 'continueRegularOutput' as const };
				const { run } = await harness.engine.run(
					workflowOf([node, pass('Again')], { Start: [NODE, 'Again'], Again: [NODE] }),
					{ input: inputOf(), credentials },
				);
				expect(run.data.resultData.runData[NODE]).toHaveLength(2);
				expect(countsOf(asked)).toEqual(
					PROMPTS.map((prompt) => (prompt === FIRST ? asksForFirst : 2)),
				);
			}),
	);
});

const place = { typeVersion: 1, position: [0, 0] as [number, number], parameters: {} };
const pass = (name: string) => ({ ...place, id: name, name, type: 'n8n-nodes-base.noOp' });

/** The node under another name, in a workflow of its own. */
const gemini = (name: string) => ({
	...place,
	...RETRY,
	id: name,
	name,
	type: 'n8n-nodes-nexconn.geminiImage',
	parameters: { prompt: '=Draw {{ $json.word }}' },
	credentials: { nexconnApi: { id: '1', name: 'Nexconn account' } },
});

function workflowOf(
	nodes: Array<ReturnType<typeof pass | typeof gemini>>,
	followers: Record<string, string[]>,
) {
	const start = { ...pass('Start'), type: 'n8n-nodes-base.manualTrigger' };
	const connections = Object.entries(followers).map(([name, next]) => {
		const main = next.map((node) => ({ node, type: 'main' as const, index: 0 }));
		return [name, { main: [main] }];
	});
	return {
		nodes: [start, ...nodes],
		connections: Object.fromEntries(connections),
		settings: { executionOrder: 'v1' as const },
	};
}

describe('a failure that stops a run', () => {
	const TOP_UP = 'Top up the account, then run again.';
	const ADVICE = /On Error: Continue \(using error output\)/;

	test('A failure that stops a run tells how many images are lost and what was under way', async () => {
		const { asked, error } = await ask(
			async (prompt, _time, all) => {
				const index = PROMPTS.indexOf(prompt);
				if (index < 7) return await drawn(prompt);
				if (index > 7) return await never();
				await until(() => all.length === 11);
				return refused();
			},
			{ options: { maxConcurrency: 4 } },
		);
		expect(asked).toHaveLength(11);
		expect(error?.message).toMatch(/\(402\): Not this one$/);
		expect(error?.description).toContain(TOP_UP);
		expect(error?.description).toMatch(
			/\. 7 images of this run are lost.*3 requests were under way.*On Error: Continue \(using error output\)[^.]*\.$/s,
		);
	});

	test('A failure that stops a run with one image made and nothing under way tells of that image', async () => {
		const { error } = await ask(refusing('Draw bee'), { options: { maxConcurrency: 1 } });
		expect(error?.description).toMatch(/\b1 image of this run\b/);
		expect(error?.description).toMatch(ADVICE);
		expect(error?.description).not.toMatch(/under way|images/);
	});

	test('A failure that stops a run with nothing made yet tells what was under way', async () => {
		const { error } = await ask(
			async (prompt, _time, all) => {
				if (prompt !== FIRST) return await never();
				await until(() => all.length === 3);
				return refused();
			},
			{ options: { maxConcurrency: 3 } },
		);
		expect(error?.description).toMatch(/2 requests were under way/);
		expect(error?.description).toMatch(ADVICE);
		expect(error?.description).not.toMatch(/\b0\b|\bimages? of this run\b/);
	});

	test('A failure before anything was sent tells of nothing under way', async () => {
		const { asked, error } = await ask(
			never,
			{ prompt: '={{ $json.word === "cat" ? "" : $json.word }}' },
			{ input: inputOf(['ant', 'bee', 'cat']) },
		);
		expect(asked).toEqual([]);
		expect(error?.message).toMatch(/^'Prompt' is empty: its e.+ gave nothing$/);
		expect(error?.description).not.toMatch(/under way|On Error/);
	});

	test('Requests that wait for the service, which has refused them, are not told as under way', async () => {
		const { error } = await ask(
			async (prompt, _time, all) => {
				if (prompt !== 'Draw cat') return refused(429, { 'retry-after': '50' });
				await until(() => all.length === 3);
				await sleep(200);
				return refused();
			},
			{},
			{ input: inputOf(['ant', 'bee', 'cat']) },
		);
		expect(error?.description).toBe(TOP_UP);
	});

	test('A failure that stops a run of chats tells of the answers that are lost', async () => {
		const { error } = await ask(
			async (prompt) => {
				if (prompt === 'Draw dog') return refused();
				return prompt === FIRST ? await drawn(prompt) : { body: completion({ content: 'Yes' }) };
			},
			{ operation: 'chat', options: { maxConcurrency: 1 } },
		);
		expect(error?.description).toMatch(/ 1 image and 2 answers of this run are lost\. On Error: /);
	});

	test('A failure of the last try tells of the images of all tries', async () => {
		const { asked, error } = await ask(refusing(LAST!), {}, RETRY);
		expect(countsOf(asked)).toEqual(onceBut(LAST!, 3));
		expect(error?.description).toMatch(/\b11 images of this run are lost/);
		expect(error?.description).not.toMatch(/under way/);
	});

	test('All images of a reply count among those that are lost', async () => {
		const { error } = await ask(
			async (prompt, time) => (time === 3 ? refused() : await drawn(prompt, { count: 2 })),
			{ numberOfImages: 3, options: { maxConcurrency: 1 } },
			{ input: inputOf(['ant']) },
		);
		expect(error?.description).toMatch(/\b4 images of this run are lost/);
	});

	test.each([
		['a single request', ['ant']],
		['several requests, before anything was made or under way', WORDS],
	])('A failure that stops a run of %s tells of nothing that is lost', async (_what, words) => {
		const { error } = await ask(
			refusing(FIRST!),
			{ options: { maxConcurrency: 1 } },
			{ input: inputOf(words) },
		);
		expect(error?.description).toBe(TOP_UP);
	});

	test('An item that fails where the run goes on tells of nothing that is lost', async () => {
		const onError = 'continueRegularOutput';
		const { items } = await ask(refusing('Draw fox'), {}, { onError });
		expect(items[5]?.json.details).toMatchObject({ description: TOP_UP });
	});
});

describe('the end of a run', () => {
	const SUMMARY = /\brequests? made\b/;

	/** What a run tells of itself as a whole, beside other hints. */
	async function endOf(...args: Parameters<typeof ask>) {
		const { run, hints } = await ask(...args);
		const told = hints(NODE).filter((hint) => SUMMARY.test(hint));
		const shown = run.data.resultData.runData[NODE]?.[0]?.hints ?? [];
		for (const hint of shown) expect(hint).toMatchObject({ location: 'outputPane', type: 'info' });
		return told;
	}

	test('The end of a run of several requests tells what it made and took', async () => {
		const told = await endOf(drawnOnly);
		expect(told).toEqual([expect.stringMatching(/^12 requests made 12 images/)]);
		expect(told[0]).toMatch(/15,576 tokens/);
		expect(told[0]).not.toMatch(/repeated|waited/);
	});

	test('The end of a run tells which requests were repeated, and how long the service made it wait', async () => {
		const told = await endOf(async (prompt, time) =>
			PROMPTS.indexOf(prompt) < 3 && time === 1
				? refused(429, { 'retry-after': '1' })
				: await drawn(prompt),
		);
		expect(told).toEqual([expect.stringMatching(/^12 requests made 12 images/)]);
		expect(told[0]).toMatch(/15,576 tokens/);
		expect(told[0]).toMatch(/3 requests were repeated/);
		expect(told[0]).toMatch(/\b[1-9]\d* seconds? (?:was|were) waited for the service/);
	});

	test('The end of a run of one request that had to wait tells it', async () => {
		const told = await endOf(
			async (prompt, time) =>
				time === 1 ? refused(503, { 'retry-after': '1' }) : await drawn(prompt),
			{},
			{ input: inputOf(['ant']) },
		);
		expect(told).toEqual([expect.stringMatching(/^1 request made 1 image\b/)]);
		expect(told[0]).toMatch(/1,298 tokens/);
		expect(told[0]).toMatch(/1 request was repeated/);
		expect(told[0]).toMatch(/\b[1-9]\d* seconds? (?:was|were) waited for the service/);
	});

	test.each(['textToImage', 'chat'])(
		'The end of a run of one request of %s without a wait is told by nothing',
		async (operation) => {
			const { hints } = await ask(drawnOnly, { operation }, { input: inputOf(['ant']) });
			expect(hints(NODE).filter((hint) => /request|tokens|wait/.test(hint))).toEqual([]);
		},
	);

	test('The end of a run of chats in words tells that they made no images', async () => {
		const told = await endOf(
			() => ({ body: completion({ content: 'Yes' }) }),
			{ operation: 'chat' },
			{ input: inputOf(['ant', 'bee']) },
		);
		expect(told).toEqual([expect.stringMatching(/^2 requests made no images\b.*\b6 tokens/)]);
	});

	test('The end of a run tells of no tokens if the service tells of none', async () => {
		const told = await endOf(async (prompt) => await drawn(prompt, { tokens: 0 }));
		expect(told).toEqual([expect.stringMatching(/^12 requests made 12 images/)]);
		expect(told[0]).not.toMatch(/token/);
	});

	test('The end of a run counts all images of a reply and all requests of an item', async () => {
		const told = await endOf(
			async (prompt) => await drawn(prompt, { count: 2 }),
			{ numberOfImages: 3 },
			{ input: inputOf(['ant']) },
		);
		expect(told).toEqual([expect.stringMatching(/^3 requests made 6 images\b.*\b3,894 tokens/)]);
	});

	test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'The end of a run with a failed item tells what it made, on error %s',
		async (onError) => {
			const told = await endOf(refusing('Draw fox'), {}, { onError });
			expect(told).toEqual([expect.stringMatching(/^12 requests made 11 images/)]);
			expect(told[0]).toMatch(/14,278 tokens/);
		},
	);

	test('The end of a run is told once if its tries end with a failed item', async () => {
		const onError = 'continueRegularOutput';
		const told = await endOf(refusing(FIRST!, 2), {}, { ...RETRY, onError });
		expect(told).toEqual([expect.stringMatching(/ made 12 images\b.*\b15,576 tokens/)]);
	});

	test('The end of a run counts the tokens of answers without an image, which are paid, too', async () => {
		const onError = 'continueRegularOutput';
		const told = await endOf(
			async (prompt) =>
				prompt === FIRST
					? { body: completion({ content: 'No' }, { usage: { total_tokens: 1000 } }) }
					: await drawn(prompt),
			{},
			{ onError },
		);
		expect(told).toEqual([expect.stringMatching(/^12 requests made 11 images\b.*\b15,278 tokens/)]);
	});

	test('The end of a run that took several tries is told once, with all of its images', async () => {
		const told = await endOf(refusing('Draw fox', 1), {}, RETRY);
		expect(told).toEqual([expect.stringMatching(/ made 12 images\b.*\b15,576 tokens/)]);
	});
});

const drawnOnly: Say = async (prompt) => await drawn(prompt);

describe('the hints of a run', () => {
	const model = { __rl: true, mode: 'id', value: 'gemini-3.1-flash-image' };

	test('Hints that differ in numbers alone are one, which tells how many there are', async () => {
		const say: Say = async (prompt) => await drawn(prompt, { count: 2 });
		const { hints } = await ask(say, { model, imageSize: '2K', aspectRatio: '=16:9' });
		expect(hints(NODE)).toEqual([
			'The service sent an image of 8 x 8 pixels, smaller than the Image Size 2K (and 23 more like it)',
			'The service sent an image of 8 x 8 pixels, not of the Aspect Ratio 16:9 (and 23 more like it)',
			expect.stringMatching(/^The service sent 2 images for .+ alone \(and 11 more like it\)$/),
			expect.stringMatching(/^12 requests made 24 images/),
		]);
	});

	test('A request that another try repeats counts once in the hints', async () => {
		const data = await harness.engine.store(Buffer.from('%PDF-1.7'), 'a.pdf', 'application/pdf');
		const input = inputOf(['ant', 'bee']).map((item) => ({ ...item, binary: { data } }));
		const { error, hints, asked } = await ask(
			refusing(FIRST, 2),
			{ operation: 'chat', imageSource: 'auto' },
			{ ...RETRY, input },
		);
		expect(error).toBeUndefined();
		expect(asked).toHaveLength(4);
		expect(hints(NODE)).toEqual([
			'Not sent, as they are no images: data (a.pdf) (and 1 more like it)',
			expect.stringMatching(/^\d requests made/),
		]);
	});

	test('What others said of a hint stands before the number of its like', async () => {
		const say: Say = async (prompt) => {
			const { body } = await drawn(prompt);
			return { body: { ...(body as object), error: { message: `No ${prompt}` } } };
		};
		const { hints } = await ask(say, {}, { input: inputOf(['ant', 'bee']) });
		expect(hints(NODE)[0]).toMatch(
			/^The reply was complete, .+: No Draw \w+ \(and 1 more like it\)$/,
		);
	});
});
