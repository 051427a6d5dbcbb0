import { safeUrl } from '../../../../nodes/GeminiImage/transport/download';

const BASE_URL = 'https://api-xmodel.nexconn.ai/v1';

const PUBLIC: Array<[link: string, url?: string]> = [
	['https://cdn.example.com/a.png'],
	['http://cdn.example.com:8080/a.png?x=1'],
	['HTTPS://CDN.Example.COM/a.png', 'https://cdn.example.com/a.png'],
	['https://cdn.example.com./a.png'],
	['https://bücher.example/a.png', 'https://xn--bcher-kva.example/a.png'],
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
