import { startEmulator, type Emulator } from '../index';
import { chatBody, chatUrl, smallImage, talk, urls, words } from '../testClient';

const QUESTION = 'Is it good? Answer as JSON: {"ok": true, "why": "…"}';

let emulator: Emulator;
beforeAll(async () => {
	emulator = await startEmulator();
});
afterAll(() => emulator.close());

const judgements = async (profile: string, count: number) => {
	const answers: string[] = [];
	for (let i = 0; i < count; i++) {
		answers.push(words(await talk(chatUrl(emulator, profile), chatBody(QUESTION))));
	}
	return answers;
};

test('Profile judge rejects in the first judgements with numbered reasons, then accepts', async () => {
	const [first, second, third] = (await judgements('judge-2', 3)).map(
		(answer) => JSON.parse(answer) as object,
	);
	expect(first).toEqual({ ok: false, why: 'Something is wrong in try 1' });
	expect(second).toEqual({ ok: false, why: 'Something is wrong in try 2' });
	expect(third).toMatchObject({ ok: true });
});

test('Profile judge-words answers the first judgement in prose, then as JSON', async () => {
	const [first, second] = await judgements('judge-words-1', 2);
	expect(first).not.toContain('{');
	expect(JSON.parse(second!)).toMatchObject({ ok: true });
});

test('A drawing is no judgement, and uses up no rejection of profile judge', async () => {
	const drawing = await talk(chatUrl(emulator, 'judge-1-drawing'), smallImage(false));
	expect(urls(drawing)).toHaveLength(1);
	const [first] = await judgements('judge-1-drawing', 1);
	expect(JSON.parse(first!)).toMatchObject({ ok: false });
});
