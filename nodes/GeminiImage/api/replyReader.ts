import { createParser } from 'eventsource-parser';

import { ApiError } from './apiError';

/** Reply text beyond this, in bytes, ends the call: what the splitter leaves is small. */
const MAX_TEXT_BYTES = 8 * 1024 * 1024;

const DONE = '[DONE]';
/** What a line of SSE may begin with. */
const FIELDS = ['data:', 'event:', 'id:', 'retry:'];

/**
 * Parses the text of a reply as it arrives: SSE, or one JSON document even where a stream was asked
 * for. Calls `onValue` with each JSON value in it.
 */
export function createReplyReader(isEventStream: boolean, onValue: (value: unknown) => void) {
	const decoder = new TextDecoder();
	const events = createParser({ onEvent: ({ data }) => readEvent(data) });
	let format: 'sse' | 'json' | undefined;
	let json = '';
	let bytes = 0;
	let isDone = false;

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
		format ??= formatOf(json + text);
		if (format === 'sse') {
			events.feed(json + text);
			json = '';
		} else {
			json += text;
		}
	}

	function formatOf(start: string): 'sse' | 'json' | undefined {
		const first = start.trimStart();
		if (FIELDS.some((field) => field.startsWith(first))) return undefined;
		if (/^[{[]/.test(first)) return 'json';
		const isField = [':', ...FIELDS].some((field) => first.startsWith(field));
		return isEventStream || isField ? 'sse' : 'json';
	}

	function readEvent(data: string): void {
		if (data.trim() === DONE) isDone = true;
		else if (data !== '') onValue(parse(data));
	}

	/** @returns whether the reply says itself that it is complete */
	function end(): boolean {
		pushText(decoder.decode());
		if (format === 'sse') {
			// Some servers leave out the blank line after the last event.
			events.feed('\n\n');
			return isDone;
		}
		onValue(parse(json));
		return true;
	}

	return { push, end };
}

function parse(text: string): unknown {
	if (text.trim() === '') {
		throw new ApiError(
			'The service answered with an empty reply',
			'The call may have been billed. Check the Base URL of the credential, then try again.',
		);
	}
	try {
		return JSON.parse(text);
	} catch {
		return failOnJson();
	}
}

function failOnJson(): never {
	throw new ApiError(
		'The reply of the service is cut short or is not JSON',
		'The connection may have been closed early, or the Base URL of the credential leads to another service. The call may have been billed.',
	);
}
