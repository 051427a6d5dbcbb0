import { drawDirectly, sha256 } from './drawnImages';
import { example, modelOf } from './flows';
import { importExamples, publishExample } from './gallery';
import type { Server } from './server';
import { keyFor, openStage, type Stage } from './stage';
import { standInTelegram } from './telegram';
import { until } from './until';

/** How the emulated model behaves; each test has a path segment, and so a credential, of its own. */
const PROFILES = [
	...['judge-1', 'judge-3', 'judge-0', 'judge-0-refused', 'judge-0-away', 'judge-words-1'],
	...['judge-words-2', 'spent-1', 'judge-words-1-again+judge-1-again', 'spent-2+judge-1-spent'],
] as const;
/** A credential for a storage service where nobody listens. */
const AWAY = { id: 'away', name: 'Storage that is away' };
/** n8n takes no decision from what looks like a bot. */
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0';
const BRIEF = 'A lighthouse by the sea, with <two> gulls & no_boats';
const FLOW = example('checked-images');
const DRAW = FLOW.nodes.find(({ name }) => name === 'Draw It')!;

let stage: Stage;
let server: Server;
let telegram: ReturnType<typeof standInTelegram>;

beforeAll(async () => {
	stage = await openStage();
	await importExamples(stage);
	const keys = { accessKeyId: 'key', secretAccessKey: 'secret', region: 'us-east-1' };
	await stage.importCredentials([
		...PROFILES.map((profile) => ({
			...{ id: profile, name: profile, type: 'nexconnApi' },
			data: keyFor(stage.emulator, profile),
		})),
		{ ...AWAY, type: 's3', data: { ...keys, endpoint: 'http://127.0.0.1:1' } },
	]);
	telegram = standInTelegram(stage.receiver);
	server = await stage.startServer();
});
afterAll(async () => await stage?.close());

type Answer = Awaited<ReturnType<typeof telegram.answerAfter>>;

interface Message {
	text: string;
	reply_markup?: { inline_keyboard: [Array<{ text: string; url: string }>] };
}

const messageOf = ({ fields }: Answer) => fields as unknown as Message;

/** Somebody fills in the form of a copy of the example, whose model behaves in that way. */
async function order(
	profile: (typeof PROFILES)[number],
	{ brief = BRIEF, s3 = { id: 's3', name: 'S3 account' } } = {},
) {
	const given: Record<string, object> = { nexconnApi: { id: profile, name: profile }, s3 };
	const nodes = FLOW.nodes.map((node) => {
		const types = Object.entries(node.credentials ?? {});
		const credentials = Object.fromEntries(types.map(([type, own]) => [type, given[type] ?? own]));
		return { ...node, credentials, waitBetweenTries: 0 };
	});
	const [callsBefore, uploadsBefore] = [telegram.calls().length, stored().length];
	const { id, trigger } = await publishExample(server, { ...FLOW, nodes });
	const form = new FormData();
	form.append('field-0', brief);
	expect((await server.call(`/form/${trigger}`, form)).status).toBe(200);

	const prompts = () =>
		stage.emulator.requests.filter((request) => request.profile === profile).map(promptOf);
	const isJudgement = (prompt: string) => prompt.includes('JSON');
	let read = callsBefore;
	return {
		/** What comes next in the chat of the person. */
		next: async () => await telegram.answerAfter(read++),
		/** Once n8n has nothing left to do. */
		async end() {
			await until('the end of the execution', async () => {
				const execution = await server.newestExecution(id);
				return execution?.status === 'success' || undefined;
			});
			return {
				drawings: prompts().filter((prompt) => !isJudgement(prompt)),
				judgements: prompts().filter(isJudgement).length,
				messages: telegram.calls().length - callsBefore,
				uploads: stored().slice(uploadsBefore),
			};
		},
	};
}

const stored = () => stage.receiver.received.filter(({ method }) => method === 'PUT');

function promptOf({ body }: { body: unknown }): string {
	const { messages } = body as { messages: Array<{ content: string | [{ text: string }] }> };
	const { content } = messages.at(-1)!;
	return typeof content === 'string' ? content : content[0].text;
}

/** The person opens the address of a button, which n8n takes once it waits. */
async function press(question: Answer, label: 'Publish' | 'Reject'): Promise<void> {
	const [buttons] = messageOf(question).reply_markup!.inline_keyboard;
	const { pathname, search } = new URL(buttons.find(({ text }) => text === label)!.url);
	await until('n8n waits', async () => {
		const headers = { 'user-agent': BROWSER };
		const response = await fetch(`${server.url}${pathname}${search}`, { headers });
		return (await response.text()).includes('Got it, thanks') || undefined;
	});
}

/** Whether it is the last message, which asks nothing. */
function expectNote(note: Answer, ...texts: string[]): void {
	const { text, reply_markup: buttons } = messageOf(note);
	expect([note.method, buttons]).toEqual(['sendMessage', undefined]);
	expect(text).toMatch(/^No image was published for this brief: /);
	for (const part of texts) expect(text).toContain(part);
}

test('An image that is rejected is drawn again with the reason, and the approved one is stored once', async () => {
	const { next, end } = await order('judge-1');
	const shown = await next();
	expect(shown).toMatchObject({ method: 'sendPhoto', fields: { chat_id: '1234' } });
	expect(shown.fields.caption).toMatch(/^Checked: /);
	await press(await next(), 'Publish');

	const { drawings, judgements, messages, uploads } = await end();
	expect([drawings.length, judgements, messages, uploads.length]).toEqual([2, 2, 2, 1]);
	expect(drawings[0]).toBe(BRIEF);
	expect(drawings[1]).toContain('- Something is wrong in try 1');
	const fields = { model: modelOf(DRAW) };
	const drawn = sha256(await drawDirectly(stage.emulator, drawings[1]!, { fields }));
	expect(uploads[0]!.path).toMatch(/^\/images\/approved\/image-\d+\.png$/);
	expect([shown.photo, sha256(uploads[0]!.body)]).toEqual([drawn, drawn]);
	expect(shown.fields.caption).toContain(`image ${drawn.slice(0, 12)}`);
});

test('An image that is rejected three times is shown to nobody, and a note has the reasons', async () => {
	const { next, end } = await order('judge-3');
	const reasons = [1, 2, 3].map((n) => `Image ${n} was rejected: Something is wrong in try ${n}`);
	expectNote(await next(), 'with &lt;two> gulls &amp; no_boats', ...reasons);
	const { drawings, judgements, messages, uploads } = await end();
	expect([drawings.length, judgements, messages, uploads]).toEqual([3, 3, 1, []]);
	expect(drawings[2]).toMatch(/try 1\n- Something is wrong in try 2$/);
});

test('An image that the person rejects is not stored, and a note says so', async () => {
	const { next, end } = await order('judge-0');
	expect((await next()).method).toBe('sendPhoto');
	await press(await next(), 'Reject');
	expectNote(await next(), 'You rejected the image.');
	const { drawings, messages, uploads } = await end();
	expect([drawings.length, messages, uploads]).toEqual([1, 3, []]);
});

test('A judgement that is no JSON is asked for once more, without another image', async () => {
	const { next, end } = await order('judge-words-1');
	expect((await next()).fields.caption).toMatch(/^Checked: /);
	await press(await next(), 'Publish');
	const { drawings, judgements, uploads } = await end();
	expect([drawings.length, judgements, uploads.length]).toEqual([1, 2, 1]);
});

test.each([
	['answers twice with something else than JSON', 'judge-words-2', 'I like this image very much.'],
	['fails twice', 'spent-1', 'balance'],
] as const)(
	'The person decides on an image whose judge %s, and is told',
	async (_what, profile, why) => {
		const { next, end } = await order(profile);
		const shown = await next();
		expect(shown.fields.caption).toMatch(/^Not checked: /);
		expect(shown.fields.caption).toContain(why);
		const question = await next();
		expect(messageOf(question).text).toContain('This image could not be judged');
		await press(question, 'Publish');
		const { drawings, judgements, uploads } = await end();
		expect([drawings.length, judgements, uploads.length]).toEqual([1, 2, 1]);
		expect(sha256(uploads[0]!.body)).toBe(shown.photo);
	},
);

test('A rejection that comes at the second asking counts, and the image is drawn again', async () => {
	const { next, end } = await order('judge-words-1-again+judge-1-again');
	expect((await next()).fields.caption).toMatch(/^Checked: /);
	await press(await next(), 'Reject');
	await next();
	const { drawings, judgements } = await end();
	expect([drawings.length, judgements]).toEqual([2, 3]);
	expect(drawings[1]).toContain('- Something is wrong in try 1');
});

test('An approved image that cannot be stored ends in a note with the reason', async () => {
	const { next, end } = await order('judge-0-away', { s3: AWAY });
	await next();
	await press(await next(), 'Publish');
	expectNote(await next(), 'The service refused the connection');
	expect((await end()).uploads).toEqual([]);
});

test('A drawing that is refused ends in a note with the reason', async () => {
	const { next, end } = await order('judge-0-refused', { brief: 'A lamp, words only please' });
	expectNote(await next(), 'A lamp, words only please', 'The model answered without an image');
	const { drawings, judgements, messages } = await end();
	expect([drawings.length, judgements, messages]).toEqual([1, 0, 1]);
});

test('A second drawing that fails ends in a note that also says why the first was rejected', async () => {
	const { next, end } = await order('spent-2+judge-1-spent');
	expectNote(await next(), 'balance', 'Image 1 was rejected: Something is wrong in try 1');
	const { drawings, judgements, messages } = await end();
	expect([drawings.length, judgements, messages]).toEqual([2, 1, 1]);
});
