import { createParser, type EventSourceMessage } from 'eventsource-parser';

import { isWebPage } from '../bytes/imageType';
import { ApiError } from '../errors/apiError';
import { parseErrorBody } from '../errors/errorBody';
import { createJsonScan, parseJson } from '../json';

/** Reply text beyond this, in bytes, ends the call: what the splitter leaves is small. */
const MAX_TEXT_BYTES = 8 * 1024 * 1024;

/** What is looked at to tell a web page, in characters. */
const MAX_START_CHARS = 64 * 1024;

const DONE = '[DONE]';
/** Gateways behind gateways may write it once more. */
const REPEATED_PREFIX = /^\s{0,8}(?:data:\s{0,8}){1,4}/;
/** Some gateways send their heartbeat, a comment, as data, or as an event of its own. */
const HEARTBEAT = /^(?::|(?:"?(?:ping|pong|heartbeat|keep-?alive)"?|null|\[\])?$)/i;
const HEARTBEAT_EVENT = /^(?:ping|heartbeat|keep-?alive)$/i;
/** What a line of SSE may begin with. */
const FIELDS = ['data:', 'event:', 'id:', 'retry:'];

/**
 * Parses the text of a reply as it arrives: SSE, or one JSON document even if a stream was asked
 * for. Calls `onValue` with each JSON value in it.
 */
export function createReplyReader(isEventStream: boolean, onValue: (value: unknown) => void) {
	const decoder = new TextDecoder();
	const events = createParser({ onEvent: readEvent });
	let format: 'sse' | 'json' | undefined;
	let json = '';
	const scan = createJsonScan();
	let bytes = 0;
	let isDone = false;
	let isWhole = false;

	function push(chunk: Uint8Array): void {
		bytes += chunk.length;
		if (bytes > MAX_TEXT_BYTES) {
			throw new ApiError(
				`The reply holds more than ${MAX_TEXT_BYTES / 1024 / 1024} MiB of text`,
				'The service did not answer as documented. Check the Base URL of the credential.',
			);
		}
		pushText(decoder.decode(chunk, { stream: true }));
	}

	function pushText(text: string): void {
		if (format === 'sse') return events.feed(text);
		if (isWhole) return checkRest(text);
		json += text;
		if (format === 'json') return pushJson(text);
		// Blanks are dropped at once, as they may go on for long.
		json = json.trimStart();
		format = formatOf(json);
		if (format === 'json') pushJson(json);
		if (format !== 'sse') return;
		events.feed(json);
		json = '';
	}

	/** A document is whole when its first bracket is closed, whatever comes behind it. */
	function pushJson(text: string): void {
		const length = scan.push(text);
		if (length === undefined) return;
		readJson(json.slice(0, json.length - text.length + length));
		checkRest(text.slice(length));
	}

	function checkRest(text: string): void {
		if (text.trim() !== '') failOnJson();
	}

	function readJson(document: string): void {
		const value = parse(document);
		isWhole = true;
		onValue(value);
	}

	function formatOf(first: string): 'sse' | 'json' | undefined {
		if (FIELDS.some((field) => field.startsWith(first))) return undefined;
		if (/^[{[]/.test(first)) return 'json';
		const isField = [':', ...FIELDS].some((field) => first.startsWith(field));
		return isEventStream || isField ? 'sse' : 'json';
	}

	function readEvent({ event, data }: EventSourceMessage): void {
		const text = data.replace(REPEATED_PREFIX, '').trim();
		if (isDone || HEARTBEAT.test(text) || HEARTBEAT_EVENT.test(event ?? '')) return;
		if (text === DONE) isDone = true;
		// An event that is called an error is one, whatever it holds.
		else if (event === 'error') onValue({ error: parseErrorBody(text) });
		else onValue(parse(text));
	}

	/** @returns whether the reply says itself that it is complete */
	function end(): boolean {
		pushText(decoder.decode());
		if (format === 'sse') {
			// Some servers leave out the blank line after the last event.
			events.feed('\n\n');
			return isDone;
		}
		if (!isWhole) readJson(json);
		return true;
	}

	return {
		push,
		end,
		/** Whether the reply has said that it is complete, though the connection may stay open. */
		isDone: () => isDone,
		/** Whether the reply is one JSON document, and has been read up to its last bracket. */
		isWhole: () => isWhole,
	};
}

function parse(text: string): unknown {
	if (text.trim() === '') {
		throw new ApiError(
			'The service answered with an empty reply',
			'The call may have been billed. Check the Base URL of the credential, then try again.',
		);
	}
	try {
		return parseJson(text);
	} catch {
		return failOnJson(text);
	}
}

function failOnJson(text = ''): never {
	if (isWebPage(text.slice(0, MAX_START_CHARS))) {
		throw new ApiError(
			'The service answered with a web page: the Base URL of the credential usually ends in /v1',
			'The address leads to a web site, not to the API, or a proxy or firewall in between answered. Correct the Base URL of the credential.',
		);
	}
	throw new ApiError(
		'The reply of the service is cut short or is not JSON',
		'The connection may have been closed early, or the Base URL of the credential leads to another service. The call may have been billed.',
	);
}
