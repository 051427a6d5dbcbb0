import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { within } from '../async';
import type { Content } from '../bytes/stream';
import { exchange, STREAMED, type Answer } from './exchange';

/** Where n8n hands out the files whose links it has signed, behind the address of its API. */
const PATH = '/binary-data/signed?token=';
/** A JSON Web Token; what it holds, and who signed it, is for n8n to tell. */
const TOKEN = String.raw`[\w-]{1,1000}\.[\w-]{1,1000}\.[\w-]{1,1000}`;

/** How long n8n may take to copy a file, in milliseconds. */
const COPY_MS = 5000;

/** In the id of a file that came before its execution had a number. */
const TEMPORARY = '/temp/';

/** n8n 1.88 and older have no signed links. */
function canLink({ helpers }: IExecuteFunctions): boolean {
	return 'createBinarySignedUrl' in helpers;
}

/** A link that opens the file without signing in, until it expires; undefined if n8n makes none. */
export function linkTo(
	context: IExecuteFunctions,
	file: IBinaryData,
	hours: number,
): string | undefined {
	if (!canLink(context) || !file.id) return undefined;
	try {
		return context.helpers.createBinarySignedUrl(file, `${hours}h`);
	} catch {
		return undefined;
	}
}

export function whyNoLink(context: IExecuteFunctions, file: IBinaryData): string {
	if (!canLink(context)) return 'this version of n8n makes no links to its files';
	return file.id
		? 'n8n failed to sign a link to it'
		: 'n8n keeps binary data in memory here, and only stored files have links';
}

/** n8n moves the files of a trigger when the execution ends, so a link to them leads to a copy. */
export async function lastingLinkTo(
	context: IExecuteFunctions,
	file: IBinaryData,
	hours: number,
	signal: AbortSignal,
): Promise<string | undefined> {
	const { getBinaryStream, prepareBinaryData } = context.helpers;
	const copy = async (id: string) =>
		await prepareBinaryData(await getBinaryStream(id), file.fileName, file.mimeType);
	const isTemporary = file.id?.includes(TEMPORARY) && canLink(context);
	const lasting = isTemporary
		? await within(COPY_MS, async () => await copy(file.id as string), signal).catch(() => file)
		: file;
	return linkTo(context, lasting, hours);
}

/** The links to files of this n8n, which it has signed itself. */
export interface OwnLinks {
	/** Finds them in a text. */
	pattern: RegExp;
	/** Whether `url` has the form of such a link; who signed it is told by `open`. */
	isOwn(url: string): boolean;
	/**
	 * The content of the file behind a link; `gone` if the link has expired, n8n has deleted the file
	 * or cannot be reached, `forged` if n8n has not signed the link.
	 *
	 * @throws the reason of an abort
	 */
	open(url: string): Promise<Content | 'gone' | 'forged'>;
}

/** No address but that of this n8n is ever asked, and n8n checks the signature. */
export function createOwnLinks(
	context: IExecuteFunctions,
	settings: { timeoutMs: number; signal: AbortSignal },
): OwnLinks {
	const pattern = patternOf(addressesOf(context));
	const whole = new RegExp(`^(?:${pattern.source})$`);

	async function get(url: string): Promise<Answer> {
		return await exchange(settings, async (abortSignal) => {
			// The length is that of the file only if nobody compresses it on the way.
			const headers = { 'Accept-Encoding': 'identity' };
			return await context.helpers.httpRequest({ ...STREAMED, url, headers, abortSignal });
		});
	}

	return {
		pattern,
		isOwn: (url) => whole.test(url),

		async open(url) {
			let first: Answer | undefined = await get(url).catch(() => undefined);
			settings.signal.throwIfAborted();
			const bytes = Number(first?.headers['content-length'] ?? NaN);
			if (first?.status !== 200 || !Number.isSafeInteger(bytes)) {
				return first && (await isForged(first)) ? 'forged' : 'gone';
			}
			const open = async () => {
				const { body } = first ?? (await get(url));
				first = undefined;
				return body;
			};
			return { bytes, open };
		},
	};
}

/** n8n signs links under its REST address; behind a proxy, users may see that of the instance. */
function addressesOf(context: IExecuteFunctions): string[] {
	// Older n8n does not tell them all.
	const instance = context.getInstanceBaseUrl?.();
	const addresses = [context.getRestApiUrl?.(), instance && `${instance.replace(/\/$/, '')}/rest`];
	return [...new Set(addresses.filter((address) => address !== undefined && address !== ''))];
}

function patternOf(addresses: string[]): RegExp {
	const starts = addresses.map((address) => escapeRegExp(address + PATH));
	// Without an address nothing is an own link.
	return new RegExp(`(?:${starts.join('|') || '[]'})${TOKEN}`, 'g');
}

function escapeRegExp(text: string): string {
	return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
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
