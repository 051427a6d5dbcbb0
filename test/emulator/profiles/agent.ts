import { replyJson } from '../server/reply';
import type { Exchange } from '../types';
import { isObject, type Fields } from '../wire/settings';

const EVENT_STREAM = { 'Content-Type': 'text/event-stream; charset=utf-8' };

/** Answers a request that brings tools; true when it did. */
export function answerAsAgent(exchange: Exchange): boolean {
	const { body } = exchange;
	if (!isObject(body) || !Array.isArray(body.tools)) return false;
	const messages = body.messages as Fields[];
	const last = messages.at(-1);
	if (last?.role === 'tool') return say(exchange, body, { content: passOn(last) }, 'stop');
	const asked = messages.findLast(({ role }) => role === 'user');
	const call = callOf((body.tools as Fields[])[0], textOf(asked));
	return say(exchange, body, { content: null, tool_calls: [call] }, 'tool_calls');
}

/** The link in what a tool answered, or what went wrong with it. */
function passOn(message: Fields): string {
	const answer = textOf(message);
	const link = /https?:[^"\\\s]+/.exec(answer)?.[0];
	return link ? `Here is your image: ${link}` : `That did not work: ${answer}`;
}

/** A call of the tool, which gets the words of the user for each argument that is text. */
function callOf(tool: Fields | undefined, words: string) {
	const { name, parameters } = tool?.function as { name: string; parameters: Fields };
	const properties = Object.entries((parameters.properties ?? {}) as Record<string, Fields>);
	const texts = properties.filter(([, { type }]) => type === 'string');
	const values = Object.fromEntries(texts.map(([key]) => [key, words]));
	return {
		index: 0,
		id: 'call_1',
		type: 'function',
		function: { name, arguments: JSON.stringify(values) },
	};
}

function textOf(message: Fields | undefined): string {
	const { content } = message ?? {};
	return typeof content === 'string' ? content : JSON.stringify(content);
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
