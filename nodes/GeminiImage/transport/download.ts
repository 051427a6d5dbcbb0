import ipaddr from 'ipaddr.js';
import type { IExecuteFunctions } from 'n8n-workflow';
import tlds from 'tlds';

import { linkError } from '../errors/failures';
import { exchange, STREAMED, type Answer } from './exchange';

/** The redirects of one link that are followed. */
const MAX_REDIRECTS = 3;

export interface DownloadSettings {
	/** Of the credential. Its host may be one inside the network. */
	baseUrl: string;
	/** Longest wait for a byte, in milliseconds. */
	timeoutMs: number;
	signal: AbortSignal;
}

/**
 * The bytes behind a link of a reply, fetched without the key. The guard looks at each redirect
 * too, so n8n's HTTP client may follow none itself.
 *
 * @throws linkError, whatever goes wrong, here and while the body is read: a model that writes
 * links must not find out what is inside the network. Only a cancel passes as it is.
 */
export async function downloadImage(
	context: Pick<IExecuteFunctions, 'helpers'>,
	link: string,
	settings: DownloadSettings,
): Promise<Answer> {
	const { baseUrl, signal } = settings;
	let url = safeUrl(link, baseUrl);
	for (let redirects = 0; url && redirects <= MAX_REDIRECTS; redirects++) {
		const { location, answer } = await get(url);
		if (answer) return { ...answer, body: sameFailure(answer.body, signal) };
		url = location === undefined ? undefined : safeUrl(location, baseUrl, url);
	}
	throw linkError();

	/** Closes anything but an answer with 2xx unread. */
	async function get(from: string): Promise<{ location?: string; answer?: Answer }> {
		const answer = await exchange(
			settings,
			async (abortSignal) =>
				await context.helpers.httpRequest({ ...STREAMED, url: from, abortSignal }),
		).catch(() => Promise.reject(failure(signal)));
		const { status, headers } = answer;
		if (status >= 200 && status < 300) return { answer };
		answer.close();
		const isRedirect = status >= 300 && status < 400 && typeof headers.location === 'string';
		return { location: isRedirect ? String(headers.location) : undefined };
	}
}

async function* sameFailure(
	body: AsyncIterable<Uint8Array>,
	signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
	try {
		yield* body;
	} catch {
		throw failure(signal);
	}
}

function failure(signal: AbortSignal): unknown {
	return signal.aborted ? signal.reason : linkError();
}

/** All IPv6 addresses that are given out to hosts; the rest is reserved (RFC 4291, 2.4). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** All domains at the top, as a URL writes them: IANA's list has some in their own script. */
const TOP_LEVEL_DOMAINS = new Set(tlds.map((domain) => new URL(`http://${domain}`).hostname));

/** Domains that exist inside a network only: RFC 6761, RFC 6762 (appendix G), RFC 8375. */
const INSIDE_DOMAINS = [
	'localhost',
	'localdomain',
	'local',
	'internal',
	'intranet',
	'private',
	'corp',
	'home',
	'home.arpa',
	'lan',
];

/**
 * The URL that a link or, with `from`, a redirect leads to, in its normal spelling; undefined if it
 * is none, is not http(s), carries user info, or may lead inside the network of the n8n server.
 *
 * The host of `baseUrl` is trusted on all its ports, as gateways often serve their files on another
 * one. A name is judged by its spelling alone: where a public name leads is told by n8n's own guard
 * (`N8N_SSRF_PROTECTION_ENABLED`), which checks the addresses at the moment of the connection. Its
 * HTTP helper takes no `lookup` of ours.
 */
export function safeUrl(link: string, baseUrl: string, from?: string): string | undefined {
	const url = parse(link, from);
	if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return undefined;
	const host = hostOf(url);
	return host === hostOf(parse(baseUrl)) || isPublic(host) ? url.href : undefined;
}

/** Reads a URL as the HTTP client does: every spelling of an address becomes the usual one. */
function parse(link: string, from?: string): URL | undefined {
	try {
		return new URL(link, from);
	} catch {
		return undefined;
	}
}

/** The host without the brackets of IPv6 and without the dot that ends a full domain name. */
function hostOf(url: URL | undefined): string | undefined {
	return url?.hostname.replace(/^\[|\]$|\.$/g, '');
}

function isPublic(host = ''): boolean {
	if (ipaddr.isValid(host)) return isPublicAddress(ipaddr.parse(host));
	const labels = host.split('.');
	return (
		labels.length > 1 &&
		labels.every((label) => label !== '') &&
		TOP_LEVEL_DOMAINS.has(labels.at(-1) ?? '') &&
		!INSIDE_DOMAINS.some((domain) => `.${host}`.endsWith(`.${domain}`))
	);
}

/** The ranges that wrap an IPv4 address (mapped, NAT64, 6to4, Teredo) are none of these either. */
function isPublicAddress(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
	if (address.range() !== 'unicast') return false;
	return address.kind() === 'ipv4' || address.match(GLOBAL_UNICAST);
}

/** Ranges of addresses, and domains, that lead no further than the computer itself. */
const HERE = ['loopback', 'unspecified', 'linkLocal'];
const HERE_DOMAINS = ['localhost', 'localdomain', 'internal'];

/** Whether nobody but this computer, or its containers, knows the host of a URL. */
export function isOnlyHere(link: string): boolean {
	const host = hostOf(parse(link)) ?? '';
	if (ipaddr.isValid(host)) return HERE.includes(ipaddr.process(host).range());
	return !host.includes('.') || HERE_DOMAINS.some((domain) => host.endsWith(`.${domain}`));
}
