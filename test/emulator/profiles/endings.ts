import type { Act, Frame, Profile } from '../types';
import { afterLast, errorAfter, errorInside, extra, isJson } from './frames';

const BEAT_MS = 50;
/**
 * Longer than any client of a test may wait: some ten seconds. Silence follows, so that a client
 * that waits for an end fails on its own.
 */
const BEATS = 200;

const COMMENT = ': ping\n\n';
const STOP = chunkOf({}, 'stop');

function chunkOf(delta: object, finishReason: string | null): string {
	const choices = [{ index: 0, delta, finish_reason: finishReason }];
	return `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices })}\n\n`;
}

/** The whole reply without the [DONE] that says so. */
const withoutDone = (frames: Frame[]) => frames.filter(({ kind }) => kind !== 'done');

const afterFinish = (act: Act) => (frames: Frame[]) => [...withoutDone(frames), extra([act])];

/** The same sign of life again and again, until the client leaves. */
function beats(beat: string): Frame {
	const signs = Array.from({ length: BEATS }, () => [beat, { wait: BEAT_MS }]).flat();
	return extra([...signs, { act: 'stall' }]);
}

/** A stream up to its image, in which `stop` is a heartbeat: it stands in front, and in between. */
function stopBeforeImage(frames: Frame[], ...ending: Frame[]): Frame[] {
	if (isJson(frames)) return frames;
	const last = frames.findLastIndex(({ kind }) => kind === 'image');
	const image = frames[last];
	if (!image) return frames;
	const stop = extra([STOP]);
	return [stop, ...frames.slice(0, last), stop, image, ...ending];
}

/** What comes behind a reply that is complete, and where it ends if it is not. */
export const endings: Record<string, Profile> = {
	'reset-after-finish': {
		description: 'A reset behind finish_reason and usage, or behind the JSON',
		frames: afterFinish({ act: 'reset' }),
	},
	'close-after-finish': {
		description: 'Closed behind finish_reason and usage, or the JSON, without the last HTTP chunk',
		frames: afterFinish({ act: 'close' }),
	},
	'stall-after-finish': {
		description: 'Silence behind finish_reason and usage, or behind the JSON, without an end',
		frames: afterFinish({ act: 'stall' }),
	},
	'comments-after-finish': {
		description: 'Heartbeats behind finish_reason and usage: comments; blanks behind JSON',
		frames: (frames) => [...withoutDone(frames), beats(isJson(frames) ? '\n' : COMMENT)],
	},
	'deltas-after-finish': {
		description: 'Stream: heartbeats behind finish_reason and usage: empty deltas that say stop',
		frames: (frames) => (isJson(frames) ? frames : [...withoutDone(frames), beats(STOP)]),
	},
	'error-after-finish': {
		description: 'An error event behind finish_reason and usage; a JSON reply has it inside',
		frames: (frames) => (isJson(frames) ? errorInside(frames) : errorAfter(frames, 'usage')),
	},
	'content-length-too-large': {
		description: 'Closed behind the whole reply, before the announced Content-Length is reached',
		style: { contentLength: true },
		frames: afterFinish({ act: 'close' }),
	},
	'garbage-after-json': {
		description: 'JSON, and behind it a bracket, a quote and a comment of HTML',
		frames: (frames) =>
			isJson(frames) ? [...frames, extra(['}\n<!-- gateway: {"ms": 12, " -->\n'])] : frames,
	},
	'reset-after-image': {
		description: 'Stream: a reset right behind the image, without finish_reason and usage',
		style: { finishWithImage: false },
		frames: (frames) => afterLast(frames, 'image', { act: 'reset' }),
	},
	'stop-before-image-stall': {
		description: 'Stream: "stop" as a heartbeat before the image, and silence behind it',
		style: { finishWithImage: false },
		frames: (frames) => stopBeforeImage(frames, extra([{ act: 'stall' }])),
	},
	'stop-before-image-reset': {
		description: 'Stream: "stop" as a heartbeat before the image, and a reset behind it',
		style: { finishWithImage: false },
		frames: (frames) => stopBeforeImage(frames, extra([{ act: 'reset' }])),
	},
	'stop-around-image': {
		description: 'Stream: "stop" as a heartbeat before the image and for ever behind it',
		style: { finishWithImage: false },
		frames: (frames) => stopBeforeImage(frames, beats(STOP)),
	},
	'words-after-image': {
		description: 'Stream: "stop" as a heartbeat, the image, and slowly some words behind it',
		style: { finishWithImage: false },
		frames: (frames) => {
			const words = ['Slowly ', 'I find ', 'my ', 'words.'].map((content) =>
				chunkOf({ content }, null),
			);
			const slow = words.flatMap((word) => [{ wait: 500 }, word]);
			const rest = frames.slice(frames.findLastIndex(({ kind }) => kind === 'image') + 1);
			return stopBeforeImage(frames, extra(slow), ...rest);
		},
	},
};
