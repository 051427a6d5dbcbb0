import type { Ask, Exchange, Frame, Style, Turn } from '../types';
import { readChat, readImages } from '../wire/ask';
import { imageEventFrames, imagesBody, jsonFrames, streamFrames } from '../wire/formats';
import { ASYNC_MODEL, imageModels, modelIds } from '../wire/models';
import { toPieces } from '../wire/pieces';
import { send } from '../wire/send';
import { countUsage, makeTurn } from '../wire/turn';
import { badRequest, notFound } from './apiError';
import { replyJson } from './reply';

const DEFAULT_STYLE: Style = {
	sse: true,
	images: 'list',
	imageEvents: false,
	noImages: undefined,
	reasoningField: 'reasoning_content',
	usage: 'chunk',
	done: true,
	keepAlive: false,
	encoding: 'plain',
	finishWithImage: true,
	imagesPerChunk: 1,
	twoChoices: false,
	textStep: 16,
	format: 'png',
	label: undefined,
	scale: 1,
	count: 1,
	gzip: false,
	pace: undefined,
	contentLength: false,
	tiny: false,
};

function styleOf({ profiles }: Exchange): Style {
	return Object.assign({}, DEFAULT_STYLE, ...profiles.map(({ profile }) => profile.style));
}

async function turnOf(ask: Ask, exchange: Exchange, style: Style): Promise<Turn> {
	const turn = await makeTurn(ask, exchange.host, style);
	for (const { profile, n, segment } of exchange.profiles) {
		await profile.turn?.(turn, exchange, n, segment);
	}
	exchange.signal.throwIfAborted();
	return { ...turn, usage: countUsage(ask, turn) };
}

function applyFrames(frames: Frame[], { profiles }: Exchange): Frame[] {
	return profiles.reduce((all, { profile, n }) => profile.frames?.(all, n) ?? all, frames);
}

async function chat(exchange: Exchange): Promise<void> {
	const ask = readChat(exchange.body);
	const style = styleOf(exchange);
	const turn = await turnOf(ask, exchange, style);
	const isStream = ask.stream && style.sse;
	const frames = isStream ? streamFrames(turn, style) : jsonFrames(turn, style);
	await send(exchange, applyFrames(frames, exchange), style, isStream);
}

async function images(exchange: Exchange, takesInput: boolean): Promise<void> {
	const ask = readImages(exchange.body, takesInput);
	if (ask.model === ASYNC_MODEL) {
		replyJson(exchange, 200, { task_id: 'image-1764574464-1' });
		return;
	}
	if (!(ask.model in imageModels)) throw badRequest(`${ask.model} does not make images`);
	const style = styleOf(exchange);
	const turn = await turnOf(ask, exchange, style);
	if (style.imageEvents) {
		const events = imageEventFrames(turn, style, takesInput ? 'image_edit' : 'image_generation');
		await send(exchange, applyFrames(events, exchange), style, true);
		return;
	}
	const body = exchange.profiles.reduce<object>(
		(all, { profile }) => profile.imagesBody?.({ ...all }, turn, exchange) ?? all,
		imagesBody(turn, style),
	);
	const frame: Frame = { kind: 'json', pieces: toPieces(body, turn.images, style.encoding) };
	await send(exchange, applyFrames([frame], exchange), style, false);
}

function models(exchange: Exchange): void {
	const ids = exchange.profiles.reduce(
		(all, { profile }) => profile.models?.(all) ?? all,
		modelIds,
	);
	const data = ids.map((id) => ({ id, object: 'model', created: 1764547200, owned_by: 'nexconn' }));
	replyJson(exchange, 200, { object: 'list', data });
}

const routes: Record<string, (exchange: Exchange) => void | Promise<void>> = {
	'GET /models': models,
	'POST /chat/completions': chat,
	'POST /images/generations': (exchange) => images(exchange, false),
	'POST /images/edits': (exchange) => images(exchange, true),
};

export function routeFor({ req, path }: Exchange) {
	const name = `${req.method} ${path}`;
	const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
	if (!route) throw notFound(`No such route: ${name}`);
	return { route, isOpen: name === 'GET /models', hasBody: req.method === 'POST' };
}
