import type { IExecuteFunctions } from 'n8n-workflow';

import { linkError } from '../errors/apiError';
import { safeUrl } from './linkGuard';
import { exchange, STREAMED, type Answer } from './response';

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

	/** An answer that is none is closed unread. */
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
