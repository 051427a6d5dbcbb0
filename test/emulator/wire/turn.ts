import { createHash, randomBytes } from 'node:crypto';

import { loadInputs } from '../images/inputs';
import { paint } from '../images/paint';
import { tinyImage } from '../images/tiny';
import type { Ask, Host, Image, Style, Turn, Usage } from '../types';
import { imageModels, pixelSize } from './models';

const INPUT_IMAGE_TOKENS = 258;

const tokensOf = (text: string) => Math.ceil(text.length / 4);

async function paintAll(ask: Ask, host: Host, style: Style): Promise<Image[]> {
	if (style.tiny) {
		const variants = Array.from({ length: style.count }, (_, variant) => variant);
		return Promise.all(variants.map((variant) => tinyImage(ask.prompt, variant)));
	}
	const inputs = await loadInputs(ask.inputs, host);
	const [width, height] = pixelSize(ask, inputs.aspect).map((n) => Math.round(n * style.scale));
	const scenes = Array.from({ length: style.count }, (_, variant) => ({
		prompt: ask.prompt,
		variant,
		width: width ?? 1024,
		height: height ?? 1024,
		format: style.format,
		inputs: inputs.images,
	}));
	// A copy, because profiles change images and the painter may keep its own.
	return Promise.all(scenes.map(async (scene) => ({ ...(await paint(scene)) })));
}

function answerText(ask: Ask, drew: boolean): string {
	const system = ask.system ? `[${ask.system}] ` : '';
	const { earlierTurns: count } = ask;
	if (drew && !system && count === 0) return '';
	const json = drew ? undefined : fillIn(ask);
	if (json) return json;
	const turns = `${count} earlier ${count === 1 ? 'turn' : 'turns'}`;
	if (drew) return `${system}Here is the image, after ${turns}.`;
	return `${system}You wrote "${ask.prompt.slice(0, 200)}". I remember ${turns}.`;
}

/**
 * What a prompt that shows JSON gets: the same fields, each yes or some words. The words tell the
 * first input image by the start of its hash.
 */
function fillIn({ prompt, inputs: [first = ''] }: Ask): string | undefined {
	const shown = /\{[^{}]*\}/.exec(prompt)?.[0];
	const bytes = Buffer.from(first.slice(first.indexOf(',') + 1), 'base64');
	const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
	try {
		const fields = Object.entries(JSON.parse(shown ?? '') as object);
		const filled = fields.map(([key, value]) => [
			key,
			typeof value === 'boolean' ? true : `The ${key} of image ${hash}`,
		]);
		return JSON.stringify(Object.fromEntries(filled));
	} catch {
		return undefined;
	}
}

function reasoningText(ask: Ask, drew: boolean): string {
	const subject = ask.prompt.slice(0, 120).replace(/\s+/g, ' ');
	if (!drew) return `**Reading the message**\n\nThe user wrote "${subject}". I answer in words.`;
	const source = ask.inputs.length > 0 ? `I start from ${ask.inputs.length} input image(s). ` : '';
	return (
		`**Composing the image**\n\nThe user wants "${subject}". ${source}` +
		'I choose the colours and the light first — warm tones, a calm background.\n\n' +
		'**Checking the result**\n\nThe composition is balanced and the wording is readable. ✓'
	);
}

export function countUsage(ask: Ask, turn: Omit<Turn, 'usage'>): Usage {
	const tokens = imageModels[ask.model]?.tokens[ask.imageSize ?? '1K'] ?? 0;
	return {
		textIn: Math.max(1, tokensOf(ask.prompt) + tokensOf(ask.system)),
		imagesIn: ask.inputs.length * INPUT_IMAGE_TOKENS,
		reasoning: tokensOf(turn.reasoning),
		text: tokensOf(turn.text),
		images: turn.images.length * tokens,
	};
}

export async function makeTurn(ask: Ask, host: Host, style: Style): Promise<Turn> {
	const images = ask.draws ? await paintAll(ask, host, style) : [];
	const drew = images.length > 0;
	const turn = {
		id: `chatcmpl-${randomBytes(16).toString('hex')}`,
		created: Math.floor(Date.now() / 1000),
		model: ask.model,
		reasoning: reasoningText(ask, drew),
		text: answerText(ask, drew),
		images,
		finishReason: 'stop',
	};
	return { ...turn, usage: countUsage(ask, turn) };
}
