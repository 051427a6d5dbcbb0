import { PassThrough, Readable } from 'node:stream';
import type { IExecuteFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import {
	downloadImage,
	isOnlyHere,
	safeUrl,
} from '../../../../nodes/GeminiImage/transport/download';
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

test.each([
	['http://localhost:5678/a', true],
	['http://n8n.localhost/a', true],
	['http://127.0.0.1:5678/a', true],
	['http://127.1.2.3/a', true],
	['http://[::1]:5678/a', true],
	['http://[::ffff:127.0.0.1]/a', true],
	['http://0.0.0.0:5678/a', true],
	['http://169.254.1.2/a', true],
	['http://n8n:5678/a', true],
	['http://4f2a91c0b3de:5678/a', true],
	['http://host.docker.internal:5678/a', true],
	['https://n8n.example.com/a', false],
	['http://192.168.1.5:5678/a', false],
	['http://10.0.0.5:5678/a', false],
	['http://n8n.lan/a', false],
	['http://93.184.215.14/a', false],
	['http://[2606:4700::1]/a', false],
])('The host of %s is known to this computer alone: %s', (url, isHere) => {
	expect(isOnlyHere(url)).toBe(isHere);
});

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

const BASE_URL = 'https://api-xmodel.nexconn.ai/v1';

const PUBLIC: Array<[link: string, url?: string]> = [
	['https://cdn.example.com/a.png'],
	['http://cdn.example.com:8080/a.png?x=1'],
	['HTTPS://CDN.Example.COM/a.png', 'https://cdn.example.com/a.png'],
	['https://cdn.example.com./a.png'],
	['https://bücher.example.com/a.png', 'https://xn--bcher-kva.example.com/a.png'],
	['https://例え.みんな/a.png', 'https://xn--r8jz45g.xn--q9jyb4c/a.png'],
	['https://a.photography/a.png'],
	['https://localhost.example.com/'],
	['https://notlocalhost.com/'],
	['https://my.internal.example.com/'],
	['https://homework.org/'],
	['https://10.example.com/'],
	['http://8.8.8.8/a.png'],
	['http://134744072/', 'http://8.8.8.8/'],
	['http://172.15.255.255/'],
	['http://172.32.0.1/'],
	['http://100.63.255.255/'],
	['http://100.128.0.1/'],
	['http://[2606:4700::1111]/'],
	['http://[2a00:1450:4001:81b::200e]:8443/'],
];

const REFUSED: Record<string, string[]> = {
	'other schemes': [
		'file:///etc/passwd',
		'ftp://example.com/a.png',
		'data:image/png;base64,AAAA',
		'ws://example.com/',
	],
	'no URL': ['', '/a.png', 'http://', 'http://256.1.1.1/'],
	'user info': [
		'http://user@cdn.example.com/',
		'http://:password@cdn.example.com/',
		'https://user:password@api-xmodel.nexconn.ai/',
	],
	loopback: [
		'http://127.0.0.1/',
		'http://127.255.255.254/',
		'http://127.1/',
		'http://2130706433/',
		'http://0x7f000001/',
		'http://0177.0.0.1/',
		'http://127.0.0.1./',
		'http://127%2e0%2e0%2e1/',
		'http://１２７.０.０.１/',
		'http:\\\\127.0.0.1\\a.png',
		'\thttp://127.0.\n0.1/',
		'http://[::1]/',
	],
	'private, link-local, unspecified, reserved': [
		'http://10.0.0.1/',
		'http://172.16.0.1/',
		'http://172.31.255.255/',
		'http://192.168.1.1/',
		'http://169.254.169.254/latest/meta-data/',
		'http://100.64.0.1/',
		'http://0.0.0.0:5678/',
		'http://192.0.0.192/',
		'http://192.0.2.1/',
		'http://198.18.0.1/',
		'http://224.0.0.1/',
		'http://240.0.0.1/',
		'http://255.255.255.255/',
		'http://[::]/',
		'http://[fe80::1]/',
		'http://[fe80::1%25eth0]/',
		'http://[fec0::1]/',
		'http://[fc00::1]/',
		'http://[ff02::1]/',
		'http://[100::1]/',
		'http://[2001:db8::1]/',
		'http://[3fff::1]/',
		'http://[4000::1]/',
	],
	'IPv4 inside IPv6': [
		'http://[::ffff:127.0.0.1]/',
		'http://[::ffff:8.8.8.8]/',
		'http://[::127.0.0.1]/',
		'http://[::ffff:0:127.0.0.1]/',
		'http://[64:ff9b::127.0.0.1]/',
		'http://[64:ff9b:1::10.0.0.1]/',
		'http://[2002:7f00:1::]/',
		'http://[2001:0:7f00:1::]/',
	],
	'names of the inside': [
		'http://localhost/',
		'http://LOCALHOST:5678/',
		'http://localhost./',
		'http://localhost../',
		'http://ｌｏｃａｌｈｏｓｔ/',
		'http://api.localhost/',
		'http://localhost.localdomain/',
		'http://printer.local/',
		'http://metadata.google.internal/',
		'http://nas.lan/',
		'http://nas.home.arpa/',
		'http://wiki.corp/',
		'http://api.default.svc.cluster/',
		'http://db.service.consul/',
		'http://speedport.ip/',
		'http://n8n.docker/',
		'http://a.example/',
		'http://a.xn--nxasmq6b.intra/',
		'http://redis/',
		'http://redis./',
		'http://n8n。/',
		'http://cdn..example.com/',
		'http://./',
	],
};

test.each(PUBLIC)('The link %j is allowed', (link, url = link) => {
	expect(safeUrl(link, BASE_URL)).toBe(url);
});

describe.each(Object.entries(REFUSED))('%s', (_kind, links) => {
	test.each(links)('The link %j is refused', (link) => {
		expect(safeUrl(link, BASE_URL)).toBeUndefined();
	});
});

describe('the host of the Base URL', () => {
	test.each([
		['http://127.0.0.1:8080/v1', 'http://127.0.0.1:8080/a.png'],
		['http://127.0.0.1:8080/v1', 'http://127.1:8080/a.png'],
		['http://127.0.0.1:8080/v1', 'http://127.0.0.1:9000/a.png'],
		['http://127.0.0.1:8080/v1', 'https://127.0.0.1/a.png'],
		['http://2130706433/v1', 'http://127.0.0.1/a.png'],
		['http://[::1]:8080/v1', 'http://[0:0::1]:8080/a.png'],
		['http://gateway:4000/v1', 'http://gateway:4000/a.png'],
		['http://gateway:4000/v1', 'http://GATEWAY./a.png'],
		['http://ai.internal./v1', 'http://ai.internal/a.png'],
	])('With the Base URL %s, the link %s to its host is allowed', (baseUrl, link) => {
		expect(safeUrl(link, baseUrl)).toBe(new URL(link).href);
	});

	test.each([
		['http://127.0.0.1:8080/v1', 'http://127.0.0.2:8080/a.png'],
		['http://127.0.0.1:8080/v1', 'http://localhost:8080/a.png'],
		['http://127.0.0.1:8080/v1', 'http://[::ffff:127.0.0.1]:8080/a.png'],
		['http://127.0.0.1:8080/v1', 'ftp://127.0.0.1:8080/a.png'],
		['http://127.0.0.1:8080/v1', 'http://user@127.0.0.1:8080/a.png'],
		['http://gateway:4000/v1', 'http://redis:4000/a.png'],
		['http://ai.internal/v1', 'http://db.ai.internal/a.png'],
		['', 'http://localhost/a.png'],
		['no URL', 'http://localhost/a.png'],
	])('With the Base URL %j, the link %s is refused', (baseUrl, link) => {
		expect(safeUrl(link, baseUrl)).toBeUndefined();
	});
});

test('A redirect is read from the URL that it comes from, and is guarded like a link', () => {
	const from = 'https://cdn.example.com/one/a.png';
	expect(safeUrl('b.png', BASE_URL, from)).toBe('https://cdn.example.com/one/b.png');
	expect(safeUrl('/b.png', BASE_URL, from)).toBe('https://cdn.example.com/b.png');
	expect(safeUrl('//8.8.8.8/b.png', BASE_URL, from)).toBe('https://8.8.8.8/b.png');
	expect(safeUrl('//127.0.0.1/b.png', BASE_URL, from)).toBeUndefined();
	expect(safeUrl('http://[::1]/b.png', BASE_URL, from)).toBeUndefined();
	expect(safeUrl('//user@cdn.example.com/', BASE_URL, from)).toBeUndefined();
});
