import http, { type RequestOptions } from 'node:http';
import https from 'node:https';

/**
 * Loaded into an n8n, before n8n itself: what its nodes ask of Google, at addresses that no
 * credential can change, goes to a stand-in on this computer.
 */
const { hostname, port } = new URL(process.env.GOOGLE_STAND_IN as string);
type Request = (options: RequestOptions, ...others: unknown[]) => http.ClientRequest;
const ask = https.request as Request;
const askStandIn = http.request as Request;

const detour: Request = (options, ...others) => {
	if (!options.hostname?.endsWith('.googleapis.com')) return ask(options, ...others);
	const place = { protocol: 'http:', hostname, host: hostname, port, agent: undefined };
	return askStandIn({ ...options, ...place }, ...others);
};
https.request = detour as typeof https.request;

// The processes that n8n starts ask nothing of Google.
delete process.env.NODE_OPTIONS;
