import type { IExecuteFunctions } from 'n8n-workflow';

import { abortWith } from '../abort';
import { linkError } from './errors';
import { safeUrl } from './linkGuard';
import { openResponse, STREAMED, type FullResponse, type Response } from './response';

/** The links of one reply that are followed; a caller with more of them leaves the rest. */
export const MAX_LINKS = 16;

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
	{ baseUrl, timeoutMs, signal }: DownloadSettings,
): Promise<Response> {
	let url = safeUrl(link, baseUrl);
	for (let redirects = 0; url && redirects <= MAX_REDIRECTS; redirects++) {
		const { location, response } = await get(url);
		if (response) return { ...response, body: sameFailure(response.body, signal) };
		url = location === undefined ? undefined : safeUrl(location, baseUrl, url);
	}
	throw linkError();

	/** An answer that is none is closed unread. */
	async function get(from: string): Promise<{ location?: string; response?: Response }> {
		const request = abortWith(signal);
		try {
			const full = await ask(context, from, timeoutMs, request.signal);
			const response = openResponse(full, timeoutMs, request);
			if (full.statusCode < 300) return { response };
			response.close();
			return { location: locationOf(full) };
		} catch {
			request.abort();
			throw failure(signal);
		}
	}
}

async function ask(
	{ helpers }: Pick<IExecuteFunctions, 'helpers'>,
	url: string,
	timeout: number,
	abortSignal: AbortSignal,
): Promise<FullResponse> {
	const options = { ...STREAMED, url, timeout, abortSignal, disableFollowRedirect: true };
	return (await helpers.httpRequest(options)) as FullResponse;
}

function locationOf({ statusCode, headers }: FullResponse): string | undefined {
	const { location } = headers;
	return statusCode < 400 && typeof location === 'string' ? location : undefined;
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
