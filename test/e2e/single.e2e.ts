import { tinyImage } from '../emulator/images/tiny';
import { drawn, refused, startModel, timesIn } from '../workflow/service';
import {
	core,
	example,
	gemini,
	IMAGE_OF_LAST_NODE,
	modelOf,
	send,
	webhook,
	workflow,
	type Workflow,
} from './flows';
import { drawDirectly, photo, photoForm, sha256 } from './drawnImages';
import type { Server } from './server';
import { openStage, type Stage } from './stage';
import { until } from './until';

interface Item {
	json: Record<string, unknown>;
	binary?: Record<string, { id: string; mimeType: string; fileName: string }>;
}

interface Execution {
	data: { resultData: { runData: Record<string, [{ data: { main: [Item[]] } }]> } };
}

/** How n8n stores files, and how the ids of stored files begin. */
const MODES: Array<[string, RegExp]> = [
	['filesystem', /^filesystem-v2:/],
	['database', /^database:/],
];

let stage: Stage;
let server: Server;

describe.each(MODES)('n8n with %s storage', (mode, storedAs) => {
	beforeAll(async () => {
		stage = await openStage({ N8N_DEFAULT_BINARY_DATA_MODE: mode });
		await stage.importWorkflows([example('text-to-image'), example('chat')]);
	});
	afterAll(async () => await stage?.close());

	test(`The command n8n execute runs text to image with ${mode} storage`, async () =>
		await executeTextToImage(storedAs));
	test(`The command n8n execute runs a chat with ${mode} storage`, async () =>
		await executeChat(storedAs));

	describe('n8n as a server', () => {
		beforeAll(async () => {
			server = await stage.startServer();
		});

		test(`A webhook answers with the edited photo, with ${mode} storage`, answerWithImage);
		test(
			`Combined binary mode passes files into the node and on, with ${mode} storage`,
			passFilesCombined,
		);
		test(
			`The form of the example image-to-image takes a photo, with ${mode} storage`,
			takePhotoFromForm,
		);
		test(`A schedule draws the image again and again, with ${mode} storage`, fireOnSchedule);
		test(
			`A failed item goes to the error output and the others go on, with ${mode} storage`,
			useErrorOutput,
		);
		test(
			`A failure starts the error workflow with its message, with ${mode} storage`,
			startErrorWorkflow,
		);
		test.each([
			['once', 1],
			['always', Infinity],
		])(
			`Retry On Fail asks once for each good item if another is refused %s, with ${mode} storage`,
			askOnceOverTries,
		);
	});
});

async function executeTextToImage(storedAs: RegExp): Promise<void> {
	const items = outputOf(await stage.execute('text-to-image'), 'Draw a Lighthouse');
	expect(items).toHaveLength(1);
	expect(items[0]?.json).toMatchObject({
		finishReason: 'stop',
		image: { fileName: 'image.png', mimeType: 'image/png', width: 1376, height: 768 },
	});
	expect(items[0]?.binary?.data).toMatchObject({
		id: expect.stringMatching(storedAs),
		mimeType: 'image/png',
		fileName: 'image.png',
	});
}

async function executeChat(storedAs: RegExp): Promise<void> {
	const execution = await stage.execute<Execution>('chat');
	const [talked] = outputOf(execution, 'Talk About an Idea');
	const [drawn] = outputOf(execution, 'Draw It');
	expect(talked?.json).toMatchObject({ images: [] });
	expect(drawn?.json).toMatchObject({ images: [{ field: 'data', width: 896, height: 1200 }] });
	expect(drawn?.binary?.data?.id).toMatch(storedAs);
	const earlier = talked?.json.messages as object[];
	expect(earlier).toHaveLength(2);
	expect(stage.emulator.requests.at(-1)?.body).toMatchObject({
		messages: [...earlier, { role: 'user' }],
	});
}

function outputOf({ data }: Execution, node: string): Item[] {
	return data.resultData.runData[node]?.[0].data.main[0] ?? [];
}

const edit = (prompt: string) =>
	gemini('Edit', { operation: 'imageToImage', prompt, binaryPropertyName: 'photo' });

async function answerWithImage(): Promise<void> {
	const prompt = 'Make it snow';
	const nodes = [webhook('edit', IMAGE_OF_LAST_NODE), edit(prompt)];
	await server.publish(workflow('Edit', nodes));
	const response = await server.call('/webhook/edit', photoForm('photo'));
	const image = Buffer.from(await response.arrayBuffer());
	expect(response.headers.get('content-type')).toBe('image/png');
	expect(sha256(image)).toBe(sha256(await drawDirectly(stage.emulator, prompt, { image: photo })));
}

/** In this mode n8n answers a webhook with no file of any node: they are in the JSON then. */
async function passFilesCombined(): Promise<void> {
	const prompt = 'Make it rain';
	const sender = send(`${stage.receiver.url}/combined`, '_files.data');
	const nodes = [webhook('combined', { responseMode: 'lastNode' }), edit(prompt), sender];
	const flow = workflow('Combined', nodes);
	await server.publish({ ...flow, settings: { ...flow.settings, binaryMode: 'combined' } });
	const response = await server.call('/webhook/combined', photoForm('photo'));
	expect(await response.json()).toEqual({ ok: true });
	const { body, headers } = await stage.receiver.at('/combined');
	expect(headers['content-type']).toBe('image/png');
	expect(sha256(body)).toBe(sha256(await drawDirectly(stage.emulator, prompt, { image: photo })));
}

async function takePhotoFromForm(): Promise<void> {
	const { nodes, connections, ...flow } = example('image-to-image');
	const [form, draw] = nodes;
	const main = [[{ node: 'Send', type: 'main' as const, index: 0 }]];
	await server.publish({
		...flow,
		nodes: [...nodes, send(`${stage.receiver.url}/form`, 'data')],
		connections: { ...connections, [draw!.name]: { main } },
	});
	// The page of the form names its fields by their number.
	const response = await server.call(`/form/${form!.webhookId}`, photoForm('field-0'));
	expect(response.status).toBe(200);
	const { body } = await stage.receiver.at('/form');
	const prompt = draw!.parameters.prompt as string;
	const like = { image: photo, fields: { model: modelOf(draw!) } };
	expect(sha256(body)).toBe(sha256(await drawDirectly(stage.emulator, prompt, like)));
}

async function fireOnSchedule(): Promise<void> {
	const prompt = 'Draw a clock';
	const rule = { interval: [{ field: 'seconds', secondsInterval: 1 }] };
	const schedule = core('Schedule', 'scheduleTrigger', 1.2, { rule });
	const sender = send(`${stage.receiver.url}/schedule`, 'data');
	const id = await server.publish(
		workflow('Schedule', [schedule, gemini('Draw', { prompt }), sender]),
	);
	const sent = () => stage.receiver.received.filter(({ path }) => path === '/schedule');
	await until('the schedule fires twice', () => (sent().length >= 2 ? true : undefined));
	await server.unpublish(id);
	const expected = sha256(await drawDirectly(stage.emulator, prompt));
	for (const { body } of sent()) expect(sha256(body)).toBe(expected);
}

async function useErrorOutput(): Promise<void> {
	const [good, bad] = ['Draw a hen', 'Say hello, words only please'];
	const options = { destinationFieldName: 'prompt' };
	const split = core('Split Out', 'splitOut', 1, { fieldToSplitOut: 'body.prompts', options });
	const draw = gemini('Draw', { prompt: '={{ $json.prompt }}' });
	const respond = core('Respond', 'respondToWebhook', 1.4, { respondWith: 'allIncomingItems' });
	const flow: Workflow = workflow('Error output', [
		webhook('errors', { responseMode: 'responseNode' }),
		split,
		{ ...draw, onError: 'continueErrorOutput' },
		[send(`${stage.receiver.url}/good`, 'data'), respond],
	]);
	await server.publish(flow);
	const response = await server.call('/webhook/errors', { prompts: [good, bad] });
	expect(await response.json()).toEqual([
		{
			prompt: bad,
			error: expect.stringMatching(
				/^The model answered without an image \(finish reason: stop\): /,
			),
			details: expect.objectContaining({ finishReason: 'stop' }),
		},
	]);
	const { body } = await stage.receiver.at('/good');
	expect(sha256(body)).toBe(sha256(await drawDirectly(stage.emulator, good!)));
}

async function startErrorWorkflow(): Promise<void> {
	const url = `${stage.receiver.url}/alarm`;
	const body = { sendBody: true, specifyBody: 'json', jsonBody: '={{ $json }}' };
	const alarm = core('Alarm', 'httpRequest', 4.2, { method: 'POST', url, ...body });
	const errorWorkflow = await server.publish(
		workflow('Alarm', [core('On error', 'errorTrigger', 1), alarm]),
	);
	const draw = gemini('Draw', { prompt: 'Say hello, words only please' });
	const flow = workflow('Failing', [webhook('failing', { responseMode: 'lastNode' }), draw]);
	await server.publish({ ...flow, settings: { ...flow.settings, errorWorkflow } });
	expect((await server.call('/webhook/failing')).status).toBe(500);
	expect(JSON.parse((await stage.receiver.at('/alarm')).body.toString())).toMatchObject({
		workflow: { name: 'Failing' },
		execution: {
			lastNodeExecuted: 'Draw',
			error: { message: expect.stringMatching(/^The model answered without an image/) },
		},
	});
}

/** Twelve items of which one is refused the first `times` times that it is asked for. */
async function askOnceOverTries(what: string, times: number): Promise<void> {
	const prompts = Array.from({ length: 12 }, (_prompt, index) => `Draw hen ${index}`);
	const bad = prompts[4]!;
	const model = await startModel(async (prompt, time) =>
		prompt === bad && time <= times ? refused() : await drawn(prompt),
	);
	try {
		const name = `retry-${what}`;
		const credential = { id: name, name };
		const data = { authorizationFormat: 'apiKey', ...model.credentials };
		await stage.importCredential(credential, 'nexconnApi', data);
		const split = core('Split Out', 'splitOut', 1, {
			fieldToSplitOut: 'body.prompts',
			options: { destinationFieldName: 'prompt' },
		});
		const draw = gemini('Draw', { prompt: '={{ $json.prompt }}' }, credential);
		await server.publish(
			workflow(name, [
				webhook(name, { responseMode: 'lastNode' }),
				split,
				{ ...draw, retryOnFail: true, maxTries: 3, waitBetweenTries: 100 },
				send(`${stage.receiver.url}/${name}`, 'data'),
			]),
		);
		const { ok } = await server.call(`/webhook/${name}`, { prompts });
		expect(ok).toBe(times === 1);
		const others = prompts.filter((prompt) => prompt !== bad);
		expect(timesIn(model.asked, bad)).toBe(Math.min(3, times + 1));
		for (const prompt of others) expect(timesIn(model.asked, prompt)).toBeLessThanOrEqual(1);
		const sent = stage.receiver.received.filter(({ path }) => path === `/${name}`);
		const images = ok
			? await Promise.all(prompts.map(async (prompt) => await tinyImage(prompt)))
			: [];
		expect(sent.map(({ body }) => sha256(body)).sort()).toEqual(
			images.map(({ bytes }) => sha256(bytes)).sort(),
		);
	} finally {
		await model.close();
	}
}
