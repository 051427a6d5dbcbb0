import { PassThrough, Readable } from 'node:stream';
import type { IExecuteFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import { downloadImage } from '../../../../nodes/GeminiImage/transport/download';
import { linkError } from '../../../../nodes/GeminiImage/errors/failures';
import { failureOf } from '../../helpers';

const LINK = 'https://cdn.example.com/0';

type Answer = { statusCode: number; headers?: Record<string, unknown>; body?: Readable };

/** n8n's HTTP helper, as far as a download uses it, with what it was asked for. */
function fakeHelper(answer: (url: string) => Answer) {
	const requests: IHttpRequestOptions[] = [];
	const bodies: Readable[] = [];
	const httpRequest = async (options: IHttpRequestOptions) => {
		requests.push(options);
		await Promise.resolve();
		const { body = Readable.from([]), ...rest } = answer(options.url);
		bodies.push(body);
		return { headers: {}, ...rest, body };
	};
	return {
		context: { helpers: { httpRequest } } as unknown as IExecuteFunctions,
		requests,
		bodies,
	};
}

function start(answer: (url: string) => Answer, { link = LINK, timeoutMs = 1000 } = {}) {
	const helper = fakeHelper(answer);
	const cancel = new AbortController();
	const settings = { baseUrl: 'https://api.example.com/v1', timeoutMs, signal: cancel.signal };
	return { ...helper, cancel, download: downloadImage(helper.context, link, settings) };
}

const redirect = (location: unknown, statusCode = 302): Answer => ({
	statusCode,
	headers: { location },
	body: new PassThrough(),
});
/** As many redirects, to /1, /2 and so on, then a body. */
const hops = (count: number) => (url: string) => {
	const at = Number(url.split('/').at(-1));
	if (at < count) return redirect(`/${at + 1}`);
	return { statusCode: 200, body: Readable.from([Buffer.from('image')]) };
};

async function readAll({ body }: { body: AsyncIterable<Uint8Array> }): Promise<string> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of body) chunks.push(chunk);
	return Buffer.concat(chunks).toString();
}

/** All that a caller can see of a failure. */
const shown = (error: Error) => ({ ...error, type: error.constructor, message: error.message });

test.each([0, 1, 3])('A download follows %i redirects itself, and closes each', async (count) => {
	const { download, requests, bodies } = start(hops(count));
	expect(await readAll(await download)).toBe('image');
	expect(requests.map(({ url }) => url.slice(-1))).toEqual(
		Array.from({ length: count + 1 }, (_, at) => `${at}`),
	);
	for (const { disableFollowRedirect, headers } of requests) {
		expect(disableFollowRedirect).toBe(true);
		expect(headers).toBeUndefined();
	}
	expect(bodies.every(({ destroyed }) => destroyed)).toBe(true);
	const signals = requests.map(({ abortSignal }) => (abortSignal as AbortSignal).aborted);
	expect(signals.every(Boolean)).toBe(true);
});

test('A download gives up at the fourth redirect', async () => {
	const { download, requests, bodies } = start(hops(4));
	expect(shown(await failureOf(download))).toEqual(shown(linkError()));
	expect(requests).toHaveLength(4);
	expect(bodies.every(({ destroyed }) => destroyed)).toBe(true);
});

test.each([
	'http://127.0.0.1/',
	'//169.254.169.254/latest',
	'http://user@cdn.example.com/',
	'file:///etc/passwd',
	'http://localhost/',
	'http://[',
	undefined,
	['https://cdn.example.com/1'],
])('A download gives up at a redirect to %j', async (location) => {
	const { download, requests } = start(() => redirect(location));
	expect(shown(await failureOf(download))).toEqual(shown(linkError()));
	expect(requests).toHaveLength(1);
});

test('A download from a refused link sends nothing', async () => {
	const { download, requests } = start(hops(0), { link: 'http://127.0.0.2/a.png' });
	expect(shown(await failureOf(download))).toEqual(shown(linkError()));
	expect(requests).toEqual([]);
});

describe('a download that fails', () => {
	const refusal = (code: string) => () => {
		throw Object.assign(new Error(`connect ${code} 203.0.113.7:6379`), { code });
	};
	const broken = () => new Readable({ read: (): never => refusal('ECONNRESET')() });
	test.each<[string, (url: string) => Answer]>([
		['a closed port', refusal('ECONNREFUSED')],
		['an unknown host', refusal('ENOTFOUND')],
		['no answer', refusal('ECONNABORTED')],
		['a bad certificate', refusal('CERT_HAS_EXPIRED')],
		["n8n's own guard", refusal('SSRF_BLOCKED')],
		['404', () => ({ statusCode: 404 })],
		['401', () => ({ statusCode: 401, headers: { location: LINK } })],
		['500', () => ({ statusCode: 500 })],
		['304', () => ({ statusCode: 304 })],
		['a body that breaks off', () => ({ statusCode: 200, body: broken() })],
		['silence', () => ({ statusCode: 200, body: new PassThrough() })],
	])('A download that fails because of %s fails like any other', async (_what, answer) => {
		const { download } = start(answer, { timeoutMs: 50 });
		expect(shown(await failureOf(download.then(readAll)))).toEqual(shown(linkError()));
	});
});

describe('a cancelled download', () => {
	const reason = new Error('The execution was canceled');

	test('A cancel before the answer to a download is reported as a cancel, not as a broken link', async () => {
		const { download, cancel } = start(() => {
			cancel.abort(reason);
			throw new Error('canceled');
		});
		expect(await failureOf(download)).toBe(reason);
	});

	test('A cancel inside the body of a download is reported as a cancel, not as a broken link', async () => {
		const body = new PassThrough();
		const { download, cancel } = start(() => ({ statusCode: 200, body }));
		const reading = readAll(await download);
		cancel.abort(reason);
		body.destroy(new Error('canceled'));
		const error = await failureOf(reading);
		expect(error).toBe(reason);
		expect(error).not.toBeInstanceOf(ApiError);
	});
});
