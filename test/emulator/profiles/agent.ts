import { replyJson } from '../server/reply';
import type { Exchange } from '../types';
import { isObject, type Fields } from '../wire/settings';

const EVENT_STREAM = { 'Content-Type': 'text/event-stream; charset=utf-8' };

const LINK = /https?:[^"\\\s)]+/;
/** Markdown that shows an image. */
const IMAGE = /!\[[^\]]*\]\(https?:[^"\\\s)]+\)/;

/** Answers a request that brings tools; true when it did. */
export function answerAsAgent(exchange: Exchange): boolean {
	const { body } = exchange;
	if (!isObject(body) || !Array.isArray(body.tools)) return false;
	const messages = body.messages as Fields[];
	const last = messages.at(-1);
	if (last?.role === 'tool') return say(exchange, body, { content: passOn(last) }, 'stop');
	const call = callOf(body.tools as Fields[], messages);
	return say(exchange, body, { content: null, tool_calls: [call] }, 'tool_calls');
}

/** The image or the link in what a tool answered, or what went wrong with it. */
function passOn(message: Fields): string {
	const answer = textOf(message);
	const shown = IMAGE.exec(answer)?.[0] ?? LINK.exec(answer)?.[0];
	return shown ? `Here is your image: ${shown}` : `That did not work: ${answer}`;
}

/**
 * A call of the first tool that takes no link or, once there is one to an image, of the first that
 * takes one. It gets the newest link, and the words of the user for each other text.
 */
function callOf(tools: Fields[], messages: Fields[]) {
	const link = LINK.exec(textOf(messages.findLast((message) => LINK.test(textOf(message)))))?.[0];
	const tool =
		tools.find((each) => textsOf(each).some(isForLink) === (link !== undefined)) ?? tools[0];
	const words = textOf(messages.findLast(({ role }) => role === 'user'));
	const values = textsOf(tool).map((key) => [key, isForLink(key) ? link : words]);
	return {
		index: 0,
		id: 'call_1',
		type: 'function',
		function: {
			name: (tool?.function as Fields).name,
			arguments: JSON.stringify(Object.fromEntries(values)),
		},
	};
}

/** The names of the arguments of a tool that are text. */
function textsOf(tool: Fields | undefined): string[] {
	const { parameters } = tool?.function as { parameters: Fields };
	const properties = Object.entries((parameters.properties ?? {}) as Record<string, Fields>);
	return properties.filter(([, { type }]) => type === 'string').map(([key]) => key);
}

const isForLink = (key: string): boolean => /url|link/i.test(key);

function textOf(message: Fields | undefined): string {
	const { content } = message ?? {};
	return typeof content === 'string' ? content : JSON.stringify(content ?? '');
}

function say(exchange: Exchange, body: Fields, message: Fields, finishReason: string): true {
	const envelope = { id: 'chatcmpl-agent', created: 1764547200, model: body.model };
	const whole = { index: 0, finish_reason: finishReason };
	const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
	const said = { role: 'assistant', ...message };
	if (body.stream !== true) {
		const choices = [{ ...whole, message: said }];
		return replyJson(exchange, 200, { ...envelope, object: 'chat.completion', choices, usage });
	}
	const chunk = { ...envelope, object: 'chat.completion.chunk' };
	const events = [
		{ ...chunk, choices: [{ index: 0, delta: said, finish_reason: null }] },
		{ ...chunk, choices: [{ ...whole, delta: {} }] },
		{ ...chunk, choices: [], usage },
	].map((event) => `data: ${JSON.stringify(event)}\n\n`);
	exchange.res.writeHead(200, EVENT_STREAM).end(`${events.join('')}data: [DONE]\n\n`);
	return true;
}
