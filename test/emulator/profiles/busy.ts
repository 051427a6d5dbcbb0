import type { OutgoingHttpHeaders } from 'node:http';

import { replyError, replyJson } from '../server/reply';
import type { Exchange, Profile } from '../types';
import { errorFor } from './errors';
import { createQuota } from './quota';

/** Counts POST requests of a path segment; whether this one is among those from `first` to `last`. */
export function isCounted(
	{ host, req }: Exchange,
	segment: string,
	[first, last]: [number, number],
): boolean {
	// The editor may list the models at any time, which must not use up the refusals.
	if (req.method !== 'POST') return false;
	const count = (host.counts.get(segment) ?? 0) + 1;
	host.counts.set(segment, count);
	return first <= count && count <= last;
}

/** Answers those POST requests with the error; true when it did. */
function refuse(
	exchange: Exchange,
	segment: string,
	range: [number, number],
	status: number,
	headers?: OutgoingHttpHeaders,
): boolean {
	return isCounted(exchange, segment, range) && replyError(exchange, errorFor(status), headers);
}

/** Answers the first POST request with a 429 of Google, which tells its reasons in `details`. */
function refuseOnce(
	exchange: Exchange,
	segment: string,
	message: string,
	details: object[] = [],
): boolean {
	const error = { code: 429, message, status: 'RESOURCE_EXHAUSTED', details };
	return isCounted(exchange, segment, [1, 1]) && replyJson(exchange, 429, { error });
}

/** Answers POST requests beyond a quota with a 429, and with `retry-after-ms` if it tells the wait. */
function refuseBeyond(exchange: Exchange, segment: string, perMinute: number, tells: boolean) {
	const { host, req } = exchange;
	if (req.method !== 'POST') return false;
	const quota = host.quotas.get(segment) ?? createQuota(perMinute, 'bucket');
	host.quotas.set(segment, quota);
	const wait = quota();
	const headers = tells ? { 'retry-after-ms': String(wait) } : undefined;
	return wait > 0 && replyError(exchange, errorFor(429), headers);
}

const google = (type: string, fields: object) => ({
	'@type': `type.googleapis.com/google.rpc.${type}`,
	...fields,
});

/** What no wait refills is refused always, as it is in truth. */
function refuseQuota(exchange: Exchange, error: object): boolean {
	return exchange.req.method === 'POST' && replyJson(exchange, 429, { error });
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
	'busy-ms': {
		description: 'busy-ms-<ms>: 429 once with retry-after-ms, then normal',
		number: [0, 86_400_000],
		counted: true,
		answer: (exchange, n, segment) =>
			refuse(exchange, segment, [1, 1], 429, { 'retry-after-ms': String(n) }),
	},
	'busy-delay': {
		description: 'busy-delay-<seconds>: 429 once with the retryDelay of Google, then normal',
		number: [0, 86_400],
		counted: true,
		answer: (exchange, n, segment) =>
			refuseOnce(exchange, segment, 'Resource has been exhausted', [
				google('Help', { links: [] }),
				google('RetryInfo', { retryDelay: `${n}s` }),
			]),
	},
	'busy-words': {
		description: 'busy-words-<seconds>: 429 once that asks in words to retry then, then normal',
		number: [0, 86_400],
		counted: true,
		answer: (exchange, n, segment) =>
			refuseOnce(exchange, segment, `You exceeded the rate limit. Please retry in ${n}.0s.`),
	},
	'daily-quota': {
		description: '429 always, as the quota of the day is used up, yet with a retryDelay',
		answer: (exchange) =>
			refuseQuota(exchange, {
				code: 429,
				message: 'You exceeded your current quota. Please retry in 1s.',
				status: 'RESOURCE_EXHAUSTED',
				details: [
					google('QuotaFailure', {
						violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }],
					}),
					google('RetryInfo', { retryDelay: '1s' }),
				],
			}),
	},
	quota: {
		description: 'quota-<n>: n requests a minute, 429 beyond with retry-after-ms',
		number: [1, 10_000],
		counted: true,
		answer: (exchange, n, segment) => refuseBeyond(exchange, segment, n, true),
	},
	'quota-untold': {
		description: 'quota-untold-<n>: n requests a minute, 429 beyond without a wait',
		number: [1, 10_000],
		counted: true,
		answer: (exchange, n, segment) => refuseBeyond(exchange, segment, n, false),
	},
	'insufficient-quota': {
		description: '429 always with the code insufficient_quota',
		answer: (exchange) =>
			refuseQuota(exchange, {
				message: 'You exceeded your current quota, please check your plan and billing details',
				type: 'insufficient_quota',
				param: null,
				code: 'insufficient_quota',
			}),
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
