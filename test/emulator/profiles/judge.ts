import type { Profile } from '../types';
import { isObject } from '../wire/settings';
import { isCounted } from './busy';

/** An answer with the field `ok`, which the prompt has shown. */
function judgementIn(text: string): object | undefined {
	try {
		const answer: unknown = JSON.parse(text);
		return isObject(answer) && 'ok' in answer ? answer : undefined;
	} catch {
		return undefined;
	}
}

/** A profile that says something else in the first n judgements; other requests do not count. */
function sayFirst(
	description: string,
	change: (judgement: object, number: number) => string,
): Profile {
	return {
		description,
		number: [0, 1000],
		counted: true,
		turn: (turn, exchange, n, segment) => {
			const judgement = judgementIn(turn.text);
			if (!judgement || !isCounted(exchange, segment, [1, n])) return;
			turn.text = change(judgement, exchange.host.counts.get(segment) ?? 0);
		},
	};
}

/** A model that judges images. */
export const judge: Record<string, Profile> = {
	judge: sayFirst(
		'judge-<n>: rejects in the first n judgements, each with its number in the reason',
		(judgement, number) =>
			JSON.stringify({ ...judgement, ok: false, why: `Something is wrong in try ${number}` }),
	),
	'judge-words': sayFirst(
		'judge-words-<n>: the first n judgements are prose, then normal',
		() => 'I like this image very much.',
	),
};
