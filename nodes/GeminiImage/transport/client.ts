import type {
	IExecuteFunctions,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import { apiRootOf } from '../../../credentials/NexconnApi.credentials';
import { abortWith, onAbort } from '../abort';
import { ApiError } from '../errors/apiError';
import { connectionError, linkConnectionError, linkError, statusError } from './errors';
import { cleanText } from '../errors/errorBody';
import { watchIdle } from './idle';
import { withRetries } from './retry';
import type { RequestBody } from '../request/requestBody';

const CREDENTIAL = 'nexconnApi';
const MAX_ERROR_BODY_BYTES = 64 * 1024;

/** The full response as a stream, whatever its status. */
const STREAMED = {
	encoding: 'stream',
	returnFullResponse: true,
	ignoreHttpStatusErrors: true,
} as const;

type FullResponse = IN8nHttpFullResponse & { body: import('node:stream').Readable };

/** A 2xx answer whose body has not been read yet. */
export interface Response {
	isEventStream: boolean;
	/** Fails when no byte arrives within the idle timeout. */
	body: AsyncIterable<Uint8Array>;
	/** Ends the connection, whatever is still to come. */
	close(): void;
}

interface RequestSettings {
	/** Longest wait for a byte, in milliseconds. */
	timeoutMs: number;
	maxRetries: number;
	signal: AbortSignal;
}

/** The API of one credential. */
export interface Client {
	/**
	 * Sends `body`, again where the service asks for it and nothing can have been billed.
	 *
	 * @throws ApiError
	 */
	post(path: string, body: RequestBody, settings: RequestSettings): Promise<Response>;
	/** The bytes behind a URL, fetched without the key. @throws ApiError */
	download(url: string, settings: RequestSettings): Promise<Response>;
	/** Foreign text fit to be shown: without the key, without base64. */
	clean(text: string): string;
}

export async function createClient(context: IExecuteFunctions, itemIndex: number): Promise<Client> {
	const credentials = await context.getCredentials(CREDENTIAL, itemIndex);
	const root = apiRootOf(credentials);
	const key = String(credentials.apiKey).trim();
	const secrets = [key, key.replace(/^bearer\s+/i, '')];
	const clean = (text: string) => cleanText(text, secrets);

	async function attempt(
		path: string,
		body: RequestBody,
		{ timeoutMs, signal }: RequestSettings,
	): Promise<Response> {
		const request = abortWith(signal);
		const content = body.stream();
		// Nobody else closes the files behind it where the request ends early.
		onAbort(request.signal, () => content.destroy());
		const response = await send(context, request.signal, {
			method: 'POST',
			url: root + path,
			body: content,
			headers: { 'Content-Type': 'application/json', 'Content-Length': body.bytes },
			timeout: timeoutMs,
		}).catch((error: unknown) => fail(request, connectionError(error, clean, timeoutMs)));
		const answer = read(response, timeoutMs, request);
		const { statusCode, headers } = response;
		if (statusCode < 300) return answer;
		throw statusError(statusCode, headers, await readStart(answer.body), clean);
	}

	async function download(url: string, { timeoutMs, signal }: RequestSettings) {
		const request = abortWith(signal);
		const options = { ...STREAMED, url, timeout: timeoutMs, abortSignal: request.signal };
		const response = (await context.helpers
			.httpRequest(options)
			.catch((error: unknown) => fail(request, linkConnectionError(error, clean)))) as FullResponse;
		const answer = read(response, timeoutMs, request);
		if (response.statusCode < 300) return answer;
		answer.close();
		throw linkError(response.statusCode);
	}

	return {
		clean,
		download,
		post: async (path, body, settings) =>
			await withRetries(() => attempt(path, body, settings), settings),
	};
}

/**
 * n8n sets the cancel signal of the execution on each request with credentials; the derived context
 * puts ours, which follows it, in that place.
 */
async function send(
	context: IExecuteFunctions,
	signal: AbortSignal,
	options: IHttpRequestOptions,
): Promise<FullResponse> {
	const cancellable = Object.create(context, {
		getExecutionCancelSignal: { value: () => signal },
	}) as IExecuteFunctions;
	return (await context.helpers.httpRequestWithAuthentication.call(cancellable, CREDENTIAL, {
		...STREAMED,
		...options,
		abortSignal: signal,
		// With redirects on, the HTTP client keeps a copy of everything it sent.
		disableFollowRedirect: true,
	})) as FullResponse;
}

/** Ends what is left of a request that failed. */
async function fail(request: AbortController, error: ApiError): Promise<never> {
	request.abort();
	return await Promise.reject(error);
}

/**
 * To destroy the body is not enough to close it: n8n's HTTP client may hand out a generator, which
 * waits for the next byte before it ends.
 */
function read({ headers, body }: FullResponse, timeoutMs: number, request: AbortController) {
	const close = () => {
		request.abort();
		body.destroy();
	};
	return {
		isEventStream: /event-stream/i.test(String(headers['content-type'])),
		body: watchIdle(body, timeoutMs, close),
		close,
	};
}

/** The first bytes of an error body; one that breaks off or stalls still says something. */
async function readStart(body: AsyncIterable<Uint8Array>): Promise<string> {
	const chunks: Uint8Array[] = [];
	let bytes = 0;
	try {
		for await (const chunk of body) {
			chunks.push(chunk);
			bytes += chunk.length;
			if (bytes >= MAX_ERROR_BODY_BYTES) break;
		}
	} catch (error) {
		if (!(error instanceof ApiError) && bytes === 0) return '';
	}
	return Buffer.concat(chunks).toString('utf8', 0, MAX_ERROR_BODY_BYTES);
}

/** `GET /models`, as the service sends it. */
export async function requestModels(context: ILoadOptionsFunctions): Promise<unknown> {
	return await context.helpers.httpRequestWithAuthentication.call(context, CREDENTIAL, {
		url: `${apiRootOf(await context.getCredentials(CREDENTIAL))}/models`,
		json: true,
		timeout: 10_000,
		disableFollowRedirect: true,
	});
}
