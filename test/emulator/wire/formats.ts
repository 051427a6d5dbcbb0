import type { Frame, FrameKind, Image, Style, Turn, Usage } from '../types';
import { mark, toPieces } from './pieces';

interface Step {
	kind: FrameKind;
	choice: Record<string, unknown>;
}

const sum = (usage: Usage) => usage.reasoning + usage.text + usage.images;

function chatUsage(usage: Usage) {
	const input = usage.textIn + usage.imagesIn;
	return {
		prompt_tokens: input,
		completion_tokens: sum(usage),
		total_tokens: input + sum(usage),
		prompt_tokens_details: {
			text_tokens: usage.textIn,
			...(usage.imagesIn > 0 && { image_tokens: usage.imagesIn }),
		},
		completion_tokens_details: {
			reasoning_tokens: usage.reasoning,
			...(usage.images > 0 && { image_tokens: usage.images }),
			...(usage.text > 0 && { text_tokens: usage.text }),
		},
	};
}

function urlOf(turn: Turn, image: Image, style: Style): string {
	const mime = style.label ?? image.mime;
	return image.url ?? `data:${mime};base64,${mark(turn.images.indexOf(image))}`;
}

const part = (url: string) => ({ type: 'image_url', image_url: { url } });

function imageFields(turn: Turn, images: Image[], style: Style): Record<string, unknown> {
	const urls = images.map((image) => urlOf(turn, image, style));
	if (style.images === 'markdown') {
		return { content: urls.map((url) => `![image](${url})`).join('\n') };
	}
	if (style.images === 'parts') return { content: urls.map(part) };
	return { images: urls.map((url, index) => ({ ...part(url), index })) };
}

/** Text around the image, for the formats which carry it inside the content. */
function aroundImage(turn: Turn, style: Style): [before: string, after: string] {
	if (style.images === 'list' || turn.images.length === 0) return [turn.text, ''];
	const before = turn.text || 'Here is your image.';
	return style.images === 'markdown'
		? [`${before}\n\n`, '\n\nTell me what to change.']
		: [before, ''];
}

function messageOf(turn: Turn, images: Image[], style: Style): Record<string, unknown> {
	const [before, after] = aroundImage(turn, style);
	const fields = imageFields(turn, images, style);
	const base = {
		role: 'assistant',
		content: before as unknown,
		...(turn.reasoning && { [style.reasoningField]: turn.reasoning }),
	};
	if (images.length === 0) {
		if (style.images === 'parts') base.content = [{ type: 'text', text: before }];
		return style.noImages === undefined ? base : { ...base, images: style.noImages };
	}
	if (style.images === 'markdown') return { ...base, content: before + fields.content + after };
	if (style.images === 'parts' && Array.isArray(fields.content)) {
		return { ...base, content: [{ type: 'text', text: before }, ...fields.content] };
	}
	return { ...base, ...fields };
}

const ending = (turn: Turn) => ({
	finish_reason: turn.finishReason,
	...(turn.nativeFinishReason && { native_finish_reason: turn.nativeFinishReason }),
});

export function jsonFrames(turn: Turn, style: Style): Frame[] {
	const groups = style.twoChoices ? turn.images.map((image) => [image]) : [turn.images];
	const choices = groups.map((images, index) => ({
		index,
		message: messageOf(turn, images, style),
		...ending(turn),
	}));
	const { id, created, model } = turn;
	const usage = { none: undefined, null: null, chunk: chatUsage(turn.usage) };
	const body = {
		id,
		object: 'chat.completion',
		created,
		model,
		choices,
		usage: style.usage === 'lastChunk' ? usage.chunk : usage[style.usage],
	};
	return [{ kind: 'json', pieces: toPieces(body, turn.images, style.encoding) }];
}

function split(text: string, size: number): string[] {
	return text.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? [];
}

const step = (kind: FrameKind, delta: Record<string, unknown>, index = 0): Step => ({
	kind,
	choice: { index, delta, logprobs: null, finish_reason: null },
});

function imageSteps(turn: Turn, style: Style): Step[] {
	const steps: Step[] = [];
	for (let i = 0; i < turn.images.length; i += style.imagesPerChunk) {
		const images = turn.images.slice(i, i + style.imagesPerChunk);
		const fields = imageFields(turn, images, style);
		const text = style.images === 'list' ? { content: '' } : {};
		steps.push(step('image', { ...text, ...fields }, style.twoChoices ? i : 0));
		if (style.twoChoices) Object.assign(steps.at(-1)?.choice ?? {}, ending(turn));
	}
	return steps;
}

function stepsOf(turn: Turn, style: Style): Step[] {
	const [before, after] = aroundImage(turn, style);
	const hasImages = turn.images.length > 0;
	const steps = [
		...split(turn.reasoning, 60).map((text) => step('reasoning', { [style.reasoningField]: text })),
		...split(before, style.textStep).map((text) => step('text', { content: text })),
		...imageSteps(turn, style),
		...split(after, style.textStep).map((text) => step('text', { content: text })),
	];
	const none = style.noImages === undefined ? {} : { images: style.noImages };
	if (!hasImages || after || !style.finishWithImage) steps.push(step('finish', none));
	const [first, last] = [steps[0], steps.at(-1)];
	if (first) first.choice.delta = { role: 'assistant', content: '', ...deltaOf(first) };
	if (last) Object.assign(last.choice, ending(turn));
	return steps;
}

const deltaOf = (of: Step) => of.choice.delta as Record<string, unknown>;

function eventFrame(kind: FrameKind, value: unknown, turn: Turn, style: Style): Frame {
	const end = style.keepAlive ? '\r\n\r\n' : '\n\n';
	return { kind, pieces: ['data: ', ...toPieces(value, turn.images, style.encoding), end] };
}

export function streamFrames(turn: Turn, style: Style): Frame[] {
	const { id, created, model } = turn;
	const envelope = { id, object: 'chat.completion.chunk', created, model };
	const steps = stepsOf(turn, style);
	const usage = chatUsage(turn.usage);
	const frames = steps.map(({ kind, choice }, i) => {
		const isLast = i === steps.length - 1;
		const onLast = { lastChunk: { usage }, null: { usage: null }, none: {}, chunk: {} };
		const body = { ...envelope, choices: [choice], ...(isLast && onLast[style.usage]) };
		return eventFrame(kind, body, turn, style);
	});
	if (style.usage === 'chunk') {
		frames.push(eventFrame('usage', { ...envelope, choices: [], usage }, turn, style));
	}
	const eol = style.keepAlive ? '\r\n' : '\n';
	if (style.done) frames.push({ kind: 'done', pieces: [`data: [DONE]${eol}${eol}`] });
	if (!style.keepAlive) return frames;
	return frames.flatMap((frame) => [{ kind: 'extra', pieces: [`: ping${eol}${eol}`] }, frame]);
}

/** What an images endpoint says of its images. */
function imagesFacts(turn: Turn, style: Style) {
	const { usage } = turn;
	const input = usage.textIn + usage.imagesIn;
	const output = usage.reasoning + usage.images;
	const counts = {
		total_tokens: input + output,
		input_tokens: input,
		output_tokens: output,
		input_tokens_details: { text_tokens: usage.textIn, image_tokens: usage.imagesIn },
	};
	return {
		output_format: (style.label ?? turn.images[0]?.mime ?? 'image/png').replace('image/', ''),
		usage: style.usage === 'none' ? undefined : style.usage === 'null' ? null : counts,
	};
}

/** Body of both images endpoints; `data` is empty when the model drew nothing. */
export function imagesBody(turn: Turn, style: Style): Record<string, unknown> {
	return {
		created: turn.created,
		data: turn.images.map(({ url }, i) => (url ? { url } : { b64_json: mark(i) })),
		...imagesFacts(turn, style),
	};
}

/** The same as events, one for each image. */
export function imageEventFrames(turn: Turn, style: Style, what: string): Frame[] {
	const type = `${what}.completed`;
	const facts = imagesFacts(turn, style);
	return turn.images.map((_image, i) => {
		const event = { type, b64_json: mark(i), created_at: turn.created, ...facts };
		const { pieces } = eventFrame('image', event, turn, style);
		return { kind: 'image', pieces: [`event: ${type}\n`, ...pieces] };
	});
}
