import ipaddr from 'ipaddr.js';

/** All IPv6 addresses that are given out to hosts; the rest is reserved (RFC 4291, 2.4). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

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
		!INSIDE_DOMAINS.some((domain) => `.${host}`.endsWith(`.${domain}`))
	);
}

/** The ranges that wrap an IPv4 address (mapped, NAT64, 6to4, Teredo) are none of these either. */
function isPublicAddress(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
	if (address.range() !== 'unicast') return false;
	return address.kind() === 'ipv4' || address.match(GLOBAL_UNICAST);
}
