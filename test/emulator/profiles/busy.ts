import type { OutgoingHttpHeaders } from 'node:http';

import { replyError } from '../server/reply';
import type { Exchange, Profile } from '../types';
import { errorFor } from './errors';

/** Answers POST requests of a path segment, counted from 1, with the error; true when it did. */
function refuse(
	exchange: Exchange,
	segment: string,
	[first, last]: [number, number],
	status: number,
	headers?: OutgoingHttpHeaders,
): boolean {
	const { host, req } = exchange;
	// The editor may list the models at any time, which must not use up the refusals.
	if (req.method !== 'POST') return false;
	const count = (host.counts.get(segment) ?? 0) + 1;
	host.counts.set(segment, count);
	return first <= count && count <= last && replyError(exchange, errorFor(status), headers);
}

/** Counts per path segment; a suffix (busy-2-abc) makes a counter of its own. */
export const busy: Record<string, Profile> = {
	busy: {
		description: 'busy-<n>: 429 for the first n requests, then normal',
		number: [0, 1000],
		counted: true,
		answer: (exchange, n, segment) => refuse(exchange, segment, [1, n], 429),
	},
	'busy-after': {
		description: 'busy-after-<seconds>: 429 once with Retry-After in seconds, then normal',
		number: [0, 86_400],
		counted: true,
		answer: (exchange, n, segment) =>
			refuse(exchange, segment, [1, 1], 429, { 'Retry-After': String(n) }),
	},
	'busy-date': {
		description: '429 once with Retry-After as a date about a second ahead, then normal',
		counted: true,
		answer: (exchange, _n, segment) => {
			// HTTP dates have whole seconds: rounding up keeps this one in the future.
			const date = new Date(Math.ceil(Date.now() / 1000 + 0.5) * 1000).toUTCString();
			return refuse(exchange, segment, [1, 1], 429, { 'Retry-After': date });
		},
	},
	'busy-forever': {
		description: '429 always',
		answer: (exchange, _n, segment) => refuse(exchange, segment, [1, Infinity], 429),
	},
	'busy-hour': {
		description: '429 always, with Retry-After: 3600',
		answer: (exchange, _n, segment) =>
			refuse(exchange, segment, [1, Infinity], 429, { 'Retry-After': '3600' }),
	},
	overloaded: {
		description: 'overloaded-<n>: 503 for the first n requests, then normal',
		number: [0, 1000],
		counted: true,
		answer: (exchange, n, segment) => refuse(exchange, segment, [1, n], 503),
	},
	spent: {
		description: 'spent-<n>: normal for the first n requests, then 402 as the balance is used up',
		number: [0, 1000],
		counted: true,
		answer: (exchange, n, segment) => refuse(exchange, segment, [n + 1, Infinity], 402),
	},
};
