import type { IExecuteFunctions } from 'n8n-workflow';

import { findLinks, type Link } from '../reply/links';
import type { LinkedFiles } from '../request/linkedFiles';
import { exchange, STREAMED, type Answer } from '../transport/response';
import type { Turn } from './operation';

/** Where n8n hands out the files whose links it has signed, behind the address of its API. */
const PATH = '/binary-data/signed?token=';
/** A JSON Web Token; what it holds, and who signed it, is for n8n to tell. */
const TOKEN = String.raw`[\w-]{1,1000}\.[\w-]{1,1000}\.[\w-]{1,1000}`;

/** The files behind the signed links of this n8n. */
export interface SignedFiles extends LinkedFiles {
	/** The links in a text, with the markdown or HTML that makes images of them. */
	linksIn(text: string): Link[];
}

/** No address but that of this n8n is ever asked, and n8n checks the signature. */
export function createSignedFiles({ context, options, signal }: Turn): SignedFiles {
	const addresses = addressesOf(context);
	const pattern = `(?:${addresses.map(escapeRegExp).join('|')})${escapeRegExp(PATH)}${TOKEN}`;
	const isKnown = addresses.length > 0;
	const whole = new RegExp(`^${pattern}$`);

	async function get(url: string): Promise<Answer> {
		return await exchange({ timeoutMs: options.timeoutMs, signal }, async (abortSignal) => {
			// The length is that of the file only if nobody compresses it on the way.
			const headers = { 'Accept-Encoding': 'identity' };
			return await context.helpers.httpRequest({ ...STREAMED, url, headers, abortSignal });
		});
	}

	return {
		isLink: (url) => isKnown && whole.test(url),
		linksIn: (text) => (isKnown ? findLinks(text, text.matchAll(new RegExp(pattern, 'g'))) : []),

		async open(url, field) {
			let first: Answer | undefined = await get(url).catch(() => undefined);
			signal.throwIfAborted();
			const bytes = Number(first?.headers['content-length'] ?? NaN);
			if (first?.status !== 200 || !Number.isSafeInteger(bytes)) {
				return first && (await isForged(first)) ? 'forged' : 'gone';
			}
			const open = async () => {
				const { body } = first ?? (await get(url));
				first = undefined;
				return body;
			};
			return { field, source: 'a link', bytes, open };
		},
	};
}

/** n8n makes its links with the first; behind proxies the second may be another one of its own. */
function addressesOf(context: IExecuteFunctions): string[] {
	// Older n8n does not tell them all.
	const instance = context.getInstanceBaseUrl?.();
	const addresses = [context.getRestApiUrl?.(), instance && `${instance.replace(/\/$/, '')}/rest`];
	return [...new Set(addresses.filter((address) => address !== undefined && address !== ''))];
}

/** n8n answers with 404 for a file that is gone, and with 400 and the reason for a bad link. */
async function isForged({ status, body, close }: Answer): Promise<boolean> {
	let reason = '';
	try {
		for await (const chunk of body) {
			reason = Buffer.from(chunk).toString('latin1', 0, 100);
			break;
		}
	} catch {
		return false;
	} finally {
		close();
	}
	return status === 400 && !/expired/i.test(reason);
}

function escapeRegExp(text: string): string {
	return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
