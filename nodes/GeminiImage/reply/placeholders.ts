import { randomUUID } from 'crypto';

import { markupAround, MAX_AROUND } from './markup';

/** The head of a data URL, in front of its base64; prose may hold the word before it. */
const DATA_HEAD = /data:(?:(?!data:)[^,]){0,200},\s{0,4}$/i;
const MAX_HEAD_CHARS = 220;
/** What is looked at in front of a placeholder, in characters. */
const MAX_BEFORE = MAX_HEAD_CHARS + MAX_AROUND;
/** Longer than any data URL whose base64 is a placeholder, in characters. */
const MAX_URL_CHARS = 400;

/** The short names under which the images of one reply stand in its text; no model can guess them. */
export function createPlaceholders() {
	const mark = `image:${randomUUID()}:`;
	const marks = new RegExp(`${mark}(\\d+);`, 'g');
	const whole = new RegExp(`^(?:data:[^,]{0,200},\\s{0,4})?${mark}\\d+;\\s{0,16}$`, 'i');

	return {
		of: (number: number) => `${mark}${number};`,

		/** Whether a URL or base64 field is such an image. */
		isImage: (url: string): boolean => url.length <= MAX_URL_CHARS && whole.test(url),

		/** The numbers of the images that a text holds. */
		numbersIn: (text: string): number[] =>
			[...text.matchAll(marks)].map(([, number]) => Number(number)),

		/** Prose without the placeholders, and without the markdown or HTML around them. */
		strip(prose: string): string {
			if (!prose.includes(mark)) return prose;
			const pieces = prose.split(marks).filter((_piece, position) => position % 2 === 0);
			// What is out of sight is set aside, as a long text would be copied for each placeholder.
			let done = '';
			const rest = pieces.reduce((before, after) => {
				done += before.slice(0, -MAX_BEFORE);
				return join(before.slice(-MAX_BEFORE), after);
			});
			return done + rest;
		},
	};
}

export type Placeholders = ReturnType<typeof createPlaceholders>;

/** The text on both sides of a placeholder, without what made an image of it. */
function join(before: string, after: string): string {
	const tail = before.slice(-MAX_HEAD_CHARS);
	const head = DATA_HEAD.exec(tail);
	const start = head ? before.slice(0, before.length - tail.length + head.index) : before;
	const markup = markupAround(start, after);
	// What closes it may come in a piece of its own.
	if (!markup) return start + after;
	return start.slice(0, start.length - markup.before) + after.slice(markup.after);
}
