import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { abortWith, within } from '../async';
import { peek, provokeScavenges, type Content, type PeekedStream } from '../bytes/stream';
import { ApiError } from '../errors/apiError';
import { exchange, STREAMED, type Answer } from './exchange';

/** Where n8n hands out the files whose links it has signed, behind the address of its API. */
const PATH = '/binary-data/signed';
/** A JSON Web Token; what it holds, and who signed it, is for n8n to tell. Behind it a text may go on. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+/;

/** Node takes no longer line of a request. */
const MAX_LINK_CHARS = 16 * 1024;
/**
 * What may be a link, and what stands around it without a blank; IPv6 addresses have brackets. No
 * path and token together are shorter, and most words are: megabytes of them are passed over.
 */
const RUN = /(?:\/\/\[[\da-f.:]{2,50}\]|[^\s<>"'`()[\]]){24,16384}/gi;
/** Addresses in a row that may begin inside a link, or around it. */
const MAX_STARTS = 16;
/** Of a link without a scheme; no own link has this one. */
const BASE = 'ws://relative.invalid';

/** How long all own links of a turn may take to answer, with the start of their files, in milliseconds. */
const TURN_MS = 5000;
/** What has to come in that time, if there is as much: it shows that the file does come. */
const START_BYTES = 4 * 1024;
/** A file of no more bytes is kept when it is measured, and not read again. */
const KEPT_BYTES = 64 * 1024;
/** A file whose length nobody tells may be as long as an image of a reply. */
const MAX_BYTES = 256 * 1024 * 1024;

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

/** A link with a token, which opens a file of an n8n to everyone who has it. */
export interface SignedLink {
	token: string;
	/** As n8n itself writes it; undefined if it leads to another address, which must not get the token. */
	url?: string;
}

/** Why a file is not there: see {@link OwnLinks.open}. */
export type Unread = 'gone' | 'forged' | 'broken';

/** The links to files of this n8n, which it has signed itself. */
export interface OwnLinks {
	/** The signed links in a text, in its order: each as it stands there, and where. */
	find(text: string): Array<{ 0: string; index: number }>;
	/** What a URL is, whatever its spelling; undefined if it is no signed link. */
	read(url: string): SignedLink | undefined;
	/**
	 * The content of the file behind an own link, which has been read once, so that it is known to be
	 * whole; `gone` if the link has expired, n8n has deleted the file or does not answer in time,
	 * `forged` if n8n has not signed the link, `broken` if the file does not come to its end, or not in
	 * the length that was told.
	 *
	 * @throws the reason of an abort
	 */
	open(link: SignedLink): Promise<Content | Unread>;
}

/**
 * The own links of one turn. No address but that of this n8n is ever asked, and n8n checks the
 * signature.
 */
export function createOwnLinks(
	context: IExecuteFunctions,
	settings: { timeoutMs: number; signal: AbortSignal },
): OwnLinks {
	const addresses = addressesOf(context);
	const read = (url: string) => readLink(url, addresses);
	const deadline = createDeadline(TURN_MS);
	let { timeoutMs } = settings;

	async function get(url: string, signal: AbortSignal): Promise<Answer> {
		return await exchange({ timeoutMs, signal }, async (abortSignal) => {
			// The length is that of the file only if nobody compresses it on the way.
			const headers = { 'Accept-Encoding': 'identity' };
			return await context.helpers.httpRequest({ ...STREAMED, url, headers, abortSignal });
		});
	}

	/** The answer of n8n, and the start of the file. */
	async function ask(url: string, signal: AbortSignal): Promise<Asked | Unread> {
		const answer = await get(url, signal);
		if (answer.status !== 200) return (await isForged(answer)) ? 'forged' : 'gone';
		const stream = await peek(answer.body, START_BYTES).catch(() => undefined);
		return stream ? { answer, stream } : 'broken';
	}

	/** The file once more, for each attempt; what fails here is nothing that the service did. */
	async function* readAgain(url: string): AsyncGenerator<Uint8Array> {
		try {
			const { status, body } = await get(url, settings.signal);
			if (status === 200) return yield* body;
		} catch {
			settings.signal.throwIfAborted();
		}
		throw lost();
	}

	async function open({ url = '' }: SignedLink): Promise<Content | Unread> {
		const request = abortWith(settings.signal);
		try {
			const asked = await deadline.within(() => ask(url, request.signal), settings.signal);
			if (typeof asked === 'string') return asked;
			const since = Date.now();
			const measured = await measure(asked).catch(() => undefined);
			settings.signal.throwIfAborted();
			if (!measured) {
				// One silence is waited for to its end; the next one is not worth as long again.
				if (Date.now() - since >= timeoutMs) timeoutMs = Math.min(timeoutMs, TURN_MS);
				return 'broken';
			}
			const { bytes, kept } = measured;
			return { bytes, open: async () => (kept ? arrived(kept) : readAgain(url)) };
		} catch {
			settings.signal.throwIfAborted();
			return 'gone';
		} finally {
			request.abort();
		}
	}

	return { find: (text) => findLinks(text, read), read, open };
}

/** A deadline that all waits of a turn share; the time between them does not count. */
function createDeadline(ms: number) {
	let leftMs = ms;
	let waiting = 0;
	let waitingSince = 0;

	return {
		/** @throws what the work throws, the reason of an abort, or an Error if it takes too long */
		async within<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
			if (waiting++ === 0) waitingSince = Date.now();
			try {
				const left = leftMs - (Date.now() - waitingSince);
				if (left <= 0) throw new Error('No time is left');
				return await within(left, work, signal);
			} finally {
				if (--waiting === 0) leftMs -= Date.now() - waitingSince;
			}
		},
	};
}

interface Asked {
	answer: Answer;
	stream: PeekedStream;
}

/** Reads a file to its end; undefined if that is not where it should be. @throws ApiError if it breaks off */
async function measure({ answer, stream }: Asked) {
	const told = Number(answer.headers['content-length'] ?? NaN);
	const kept: Uint8Array[] = [];
	let bytes = 0;
	for await (const chunk of stream.all) {
		provokeScavenges(chunk.length);
		bytes += chunk.length;
		if (bytes <= KEPT_BYTES) kept.push(chunk);
		if (bytes > (told || MAX_BYTES)) return undefined;
	}
	if (!Number.isNaN(told) && bytes !== told) return undefined;
	return { bytes, kept: bytes <= KEPT_BYTES ? kept : undefined };
}

async function* arrived(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
	yield* chunks;
}

function lost(): ApiError {
	return new ApiError(
		'The file behind a link to this n8n could not be read again',
		'It was there a moment ago. Run the node again; if it happens again, look for a proxy in front of n8n that cuts or stalls its answers.',
	);
}

/** n8n signs links under its REST address; behind a proxy, users may see that of the instance. */
function addressesOf(context: IExecuteFunctions): string[] {
	// Older n8n does not tell them all.
	const instance = context.getInstanceBaseUrl?.();
	const addresses = [context.getRestApiUrl?.(), instance && `${instance.replace(/\/$/, '')}/rest`];
	return [...new Set(addresses.filter((address) => address !== undefined && address !== ''))];
}

/** What a URL is, by its parts: its origin, its path and its token. */
function readLink(text: string, addresses: string[]): SignedLink | undefined {
	const link = parse(text);
	const token = link && tokenIn(link);
	// A link inside another address would go there.
	if (!token) return link && linkInside(link);
	const own = addresses.find((each) => {
		const address = parse(`${each}${PATH}`);
		const isThere = address?.origin === link.origin && pathOf(address) === pathOf(link);
		return isThere && /^https?:$/.test(link.protocol);
	});
	return own === undefined ? { token } : { token, url: `${own}${PATH}?token=${token}` };
}

/** A link in the parameters of another address, in its path or in its fragment. */
function linkInside({ searchParams, pathname, hash }: URL): SignedLink | undefined {
	const texts = [...searchParams.values(), decoded(pathname), decoded(hash)];
	return texts.map(tokenOf).find((each) => each);
}

/** A link that leads elsewhere, by a text that it stands in. */
function tokenOf(text: string): SignedLink | undefined {
	const [address] = /https?:.*$/is.exec(text) ?? [];
	const link = address === undefined ? undefined : parse(address);
	const token = link && tokenIn(link);
	return token ? { token } : undefined;
}

/** The token of a link whose path is that of n8n. */
function tokenIn(link: URL): string | undefined {
	if (!pathOf(link).endsWith(PATH)) return undefined;
	// In HTML, `&amp;` stands in front of a further parameter.
	const values = [...link.searchParams].filter(([name]) => /^(?:amp;)?token$/i.test(name));
	return values.map(([, value]) => TOKEN.exec(value)?.[0]).find((token) => token !== undefined);
}

function parse(text: string): URL | undefined {
	if (text.length > MAX_LINK_CHARS) return undefined;
	// What is no address for lack of a good host may hold a token all the same.
	for (const candidate of [text, `/${text}`]) {
		try {
			return new URL(candidate, BASE);
		} catch {}
	}
	return undefined;
}

/** The path of an address, for comparing: servers take it in any case, with slashes doubled or encoded. */
function pathOf({ pathname }: URL): string {
	return decoded(pathname)
		.replace(/[\\/]+/g, '/')
		.replace(/\/$/, '')
		.toLowerCase();
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

/** The links of a text for which `read` gives any; each ends with its token, or with what belongs to it. */
function findLinks(text: string, read: OwnLinks['read']) {
	return [...text.matchAll(RUN)].flatMap(({ 0: run, index }) => {
		if (!/=|%3d/i.test(run)) return [];
		const found: Array<{ 0: string; index: number }> = [];
		const starts = new Set([0, ...[...run.matchAll(/https?:/gi)].map((match) => match.index)]);
		let end = run.length;
		let tries = 0;
		// The innermost address is the link, unless it is only a part of its parameters.
		for (const start of [...starts].reverse()) {
			if (tries++ === MAX_STARTS) break;
			const address = run.slice(start, end);
			const link = read(address);
			if (!link) continue;
			found.push({ 0: withoutRest(address, link.token), index: index + start });
			end = start;
			tries = 0;
		}
		return found.reverse();
	});
}

/** A link without the words that follow it, such as the full stop of a sentence. */
function withoutRest(address: string, token: string): string {
	const at = address.indexOf(token);
	const end = at + token.length;
	return at === -1 || /^[&#]/.test(address.slice(end, end + 1)) ? address : address.slice(0, end);
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
