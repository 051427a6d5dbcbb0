import type { IExecuteFunctions, IHttpRequestOptions, ILoadOptionsFunctions } from 'n8n-workflow';

import { apiRootOf, isApiRoot } from '../../../credentials/NexconnApi.credentials';
import { onAbort } from '../abort';
import { downloadImage } from './download';
import { badBaseUrl, connectionError, statusError } from './errors';
import { exchange, STREAMED, type Answer } from './response';
import { withRetries, type Gate } from './retry';

const CREDENTIAL = 'nexconnApi';
const MAX_ERROR_BODY_BYTES = 64 * 1024;
const MODEL_LIST_TIMEOUT_MS = 10_000;

/** What is sent. */
interface Content {
	/** Length in bytes. */
	bytes: number;
	/** A fresh stream for each attempt, which tells each piece that is taken from it. */
	stream(onPiece: () => void): import('node:stream').Readable;
}

interface RequestSettings {
	/** The id of the model, for what the service says of it. */
	model: string;
	/** Longest wait for a sign of life, in milliseconds. */
	timeoutMs: number;
	maxRetries: number;
	signal: AbortSignal;
}

/** The API of one credential. */
export interface Client {
	/**
	 * Sends `content`, again if the service asks for it and nothing can have been billed.
	 *
	 * @throws ApiError
	 */
	post(path: string, content: Content, settings: RequestSettings): Promise<Answer>;
	/** The bytes behind a link of a reply, fetched without the key. @throws ApiError */
	download(url: string, settings: Pick<RequestSettings, 'timeoutMs' | 'signal'>): Promise<Answer>;
}

/** A client for an item, with the credential of that item. @throws ApiError */
export async function createClient(
	context: IExecuteFunctions,
	itemIndex: number,
	gate: Gate,
): Promise<Client> {
	const credentials = await context.getCredentials(CREDENTIAL, itemIndex);
	const root = apiRootOf(credentials);
	if (!isApiRoot(root)) throw badBaseUrl(root);

	async function attempt(path: string, content: Content, settings: RequestSettings) {
		const answer = await exchange(settings, async (signal, heard) => {
			const body = content.stream(heard);
			// Nobody else closes the files behind it if the request ends early.
			onAbort(signal, () => body.destroy());
			return await send(context, itemIndex, signal, {
				method: 'POST',
				url: root + path,
				body,
				headers: { 'Content-Type': 'application/json', 'Content-Length': content.bytes },
			});
		}).catch((error: unknown) => Promise.reject(connectionError(error)));
		const { status, headers, body } = answer;
		if (status >= 200 && status < 300) return answer;
		throw statusError(status, headers, await readStart(body), settings.model);
	}

	return {
		download: async (url, settings) =>
			await downloadImage(context, url, { ...settings, baseUrl: root }),
		post: async (path, content, settings) =>
			await withRetries(() => attempt(path, content, settings), { ...settings, gate }),
	};
}

/**
 * n8n takes the credential of item 0, and the cancel signal of the execution, for each request with
 * credentials; the derived context puts those of this request in their place.
 */
async function send(
	context: IExecuteFunctions,
	itemIndex: number,
	signal: AbortSignal,
	options: IHttpRequestOptions,
): Promise<unknown> {
	const own = Object.create(context, {
		getExecutionCancelSignal: { value: () => signal },
		getCredentials: {
			value: async (type: string) => await context.getCredentials(type, itemIndex),
		},
	}) as IExecuteFunctions;
	return await context.helpers.httpRequestWithAuthentication.call(own, CREDENTIAL, {
		...STREAMED,
		...options,
		abortSignal: signal,
	});
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
	} catch {}
	return Buffer.concat(chunks).toString('utf8', 0, MAX_ERROR_BODY_BYTES);
}

/** `GET /models`, as the service sends it. */
export async function requestModels(context: ILoadOptionsFunctions): Promise<unknown> {
	return await context.helpers.httpRequestWithAuthentication.call(context, CREDENTIAL, {
		url: `${apiRootOf(await context.getCredentials(CREDENTIAL))}/models`,
		json: true,
		disableFollowRedirect: true,
		timeout: MODEL_LIST_TIMEOUT_MS,
	});
}
