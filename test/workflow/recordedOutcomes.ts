import { RECORDED, type Expectation } from '../fixtures/replies';
import { DEFAULTS, ENDPOINT, type Outcome, type Way } from './outcomes';

/** Every way to read a reply, and each operation. */
const IMAGES: Way[] = ['text to image, stream', 'image to image, JSON'];
const CHAT: Way[] = ['chat, stream', 'chat, JSON'];

/** What comes of each reply of `test/fixtures/replies`. */
export const RECORDED_OUTCOMES: Outcome[] = Object.entries(RECORDED).flatMap(
	([name, { endpoint, expects, inChat = expects }]) => {
		const profile = `recorded-${name}`;
		if (endpoint) return [{ ...outcomeOf(expects), profile, ways: ENDPOINT }];
		return [
			{ ...outcomeOf(expects), profile, ways: IMAGES },
			// What a model says in a chat is never fetched.
			{ ...outcomeOf(inChat), profile, ways: CHAT, fetches: 0 },
		];
	},
);

function outcomeOf(expected: Expectation): Omit<Outcome, 'profile' | 'ways'> {
	const { error, text = '', totalTokens = 1298, images = 1, hint, ...others } = expected;
	return {
		...DEFAULTS,
		pixels: [8, 8],
		...others,
		images: error === undefined ? images : 0,
		error: error === undefined ? undefined : exactly(error),
		text: exactly(text),
		hasUsage: totalTokens !== null,
		totalTokens: totalTokens ?? undefined,
		hint: hint === undefined ? undefined : new RegExp(`^${escaped(hint)}`),
	};
}

function exactly(text: string): RegExp {
	return new RegExp(`^${escaped(text).replaceAll(/\{\{LINK.*?\}\}/g, 'http://[\\w.:/]+')}$`);
}

function escaped(text: string): string {
	return text.replace(/[\\^$.*+?()[\]|]/g, '\\$&');
}
