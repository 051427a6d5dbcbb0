import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
} from 'n8n-workflow';

import { apiRootOf, isApiRoot } from '../../../credentials/NexconnApi.credentials';
import { onAbort } from '../async';
import { badBaseUrl, connectionError, statusError, timedOut } from '../errors/failures';
import { downloadImage } from './download';
import { exchange, STREAMED, type Answer } from './exchange';
import { withRetries, type Hold } from './retry';

const CREDENTIAL = 'nexconnApi';
const MAX_ERROR_BODY_BYTES = 64 * 1024;
/** How long the body of an error is waited for, in milliseconds: its status says most. */
const ERROR_BODY_MS = 3000;
const MODEL_LIST_TIMEOUT_MS = 10_000;

/** A JSON body; images in it are written as they are read, so that none is held whole. */
export interface RequestBody {
	/** Length in bytes. */
	bytes: number;
	/** A fresh stream, good for one attempt, which tells each piece that is taken from it, and its end. */
	stream(onPiece?: () => void, onEnd?: () => void): import('node:stream').Readable;
}

export interface RequestSettings {
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
	 * Sends `body`, again if the service asks for it and nothing can have been billed.
	 *
	 * @throws ApiError
	 */
	post(path: string, body: RequestBody, settings: RequestSettings): Promise<Answer>;
	/** The bytes behind a link of a reply, fetched without the key. @throws ApiError */
	download(url: string, settings: Pick<RequestSettings, 'timeoutMs' | 'signal'>): Promise<Answer>;
}

/** A client for an item, with the credential of that item. @throws ApiError, or what n8n says of the credential */
export async function createClient(
	context: IExecuteFunctions,
	itemIndex: number,
	hold: Hold,
): Promise<Client> {
	const credentials = await context.getCredentials(CREDENTIAL, itemIndex);
	const root = rootOf(credentials);

	async function attempt(path: string, body: RequestBody, settings: RequestSettings) {
		let isSentWhole = false;
		const answer = await exchange(settings, async (signal, heard) => {
			const stream = body.stream(heard, () => {
				isSentWhole = true;
				hold.sent();
			});
			// Nobody else closes the files behind it if the request ends early.
			onAbort(signal, () => stream.destroy());
			return await send(context, credentials, signal, {
				method: 'POST',
				url: root + path,
				body: stream,
				headers: { 'Content-Type': 'application/json', 'Content-Length': body.bytes },
			});
		}).catch((error: unknown) => Promise.reject(connectionError(error, isSentWhole)));
		const { status, headers } = answer;
		if (status >= 200 && status < 300) return answer;
		answer.endAt(Date.now() + ERROR_BODY_MS, timedOut(ERROR_BODY_MS));
		throw statusError(status, headers, await readStart(answer.body), settings.model);
	}

	return {
		download: async (url, settings) =>
			await downloadImage(context, url, { ...settings, baseUrl: root }),
		post: async (path, body, settings) =>
			await withRetries(() => attempt(path, body, settings), { ...settings, hold }),
	};
}

/** @throws ApiError if the Base URL is none */
function rootOf(credentials: ICredentialDataDecryptedObject): string {
	const root = apiRootOf(credentials);
	if (!isApiRoot(root)) throw badBaseUrl(root);
	return root;
}

/**
 * n8n takes the credential of item 0, and the cancel signal of the execution, for each request with
 * credentials; the derived context puts those of this request in their place.
 */
async function send(
	context: IExecuteFunctions,
	credentials: ICredentialDataDecryptedObject,
	signal: AbortSignal,
	options: IHttpRequestOptions,
): Promise<unknown> {
	const own = Object.create(context, {
		getExecutionCancelSignal: { value: () => signal },
		getCredentials: { value: async () => credentials },
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
		url: `${rootOf(await context.getCredentials(CREDENTIAL))}/models`,
		json: true,
		disableFollowRedirect: true,
		timeout: MODEL_LIST_TIMEOUT_MS,
	});
}
