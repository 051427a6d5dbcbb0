import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import { createReplyReader } from '../../../../nodes/GeminiImage/reply/events';
import { cut, halves, thrownBy } from '../../helpers';

/** What a reply of `pieces` says. */
function read(pieces: Iterable<Uint8Array>, isEventStream = true) {
	const values: unknown[] = [];
	const reader = createReplyReader(isEventStream, (value) => values.push(value));
	for (const piece of pieces) reader.push(piece);
	return { isComplete: reader.end(), values };
}

const whole = (text: string) => [Buffer.from(text)];

/** An event stream and the values in it. */
const VALUES = [{ delta: 'Grüße' }, { delta: '猫 🐈' }, { usage: null }];
const STREAM = [...VALUES.map((value) => JSON.stringify(value)), '[DONE]']
	.map((data) => `data: ${data}\n\n`)
	.join('');

test('An event named error is an error even if its data are plain text', () => {
	const { values } = read(whole('event: error\ndata: upstream exploded\n\n'));
	expect(values).toEqual([{ error: { message: 'upstream exploded' } }]);
});

test.each([
	['{"error":{"message":"No","code":7}}', { message: 'No', code: '7' }],
	['{"message":"No"}', { message: 'No' }],
	['"No"', { message: 'No' }],
])('An event named error with the data %s is the error that is in them', (data, error) => {
	const { values } = read(whole(`event: error\ndata: ${data}\n\n`));
	expect(values).toEqual([{ error }]);
});

describe('an event stream', () => {
	test.each([
		['as it should be', STREAM],
		['with CRLF', STREAM.replaceAll('\n', '\r\n')],
		['with CR', STREAM.replaceAll('\n', '\r')],
		['with comments', `: ping\n\n${STREAM.replaceAll('\n\n', '\n: OPENROUTER PROCESSING\n\n')}`],
		['without a space behind the colon', STREAM.replaceAll('data: ', 'data:')],
		[
			'with names, ids and retry',
			STREAM.replaceAll('data:', 'id: 1\nevent: message\nretry: 9\ndata:'),
		],
		['with data in several lines', STREAM.replaceAll(':"', ':\ndata: "')],
		['with empty events', `data:\n\n\n\n${STREAM}`],
		['with a byte order mark', `\ufeff${STREAM}`],
		['without the last blank line', STREAM.trimEnd()],
		['without the last line end of CRLF', STREAM.replaceAll('\n', '\r\n').slice(0, -2)],
		['with more behind its end', `${STREAM}data: {"error":{}}\n\nevent: ping\ndata: x\n\n`],
		['with the prefix twice', STREAM.replaceAll('data: ', 'data: data: ')],
		['with the prefix three times', STREAM.replaceAll('data: ', 'data: data:data: ')],
		['with heartbeats as data', STREAM.replaceAll('data: ', 'data: : PING\n\ndata: ')],
		['with heartbeats right before data', STREAM.replaceAll('data: ', ': heartbeat\ndata: ')],
		['with blank lines before it', `\n\n\r\n${STREAM}`],
		...['ping', '"keep-alive"', 'Heartbeat', 'null', '[]'].map((beat): [string, string] => [
			`with ${beat} as data`,
			STREAM.replaceAll('data: ', `data: ${beat}\n\ndata: `),
		]),
		[
			'with heartbeats that are events',
			STREAM.replaceAll('data:', 'event: heartbeat\ndata: {"message":"At work"}\n\ndata:'),
		],
		['with pings that are events', STREAM.replaceAll('data:', 'event: ping\ndata: x\n\ndata:')],
	])('An event stream %s is read right, wherever it is cut', (_name, text) => {
		const reply = Buffer.from(text);
		for (const pieces of [...halves(reply), cut(reply, 1)]) {
			expect(read(pieces)).toEqual({ values: VALUES, isComplete: true });
		}
	});

	test('An event stream that no header announces is read right, wherever it is cut', () => {
		for (const start of ['', ': ping\n\n', 'event: message\n', 'id: 7\n', '\ufeff', '\n\n']) {
			const reply = Buffer.from(start + STREAM);
			for (const pieces of [...halves(reply), cut(reply, 1)]) {
				expect(read(pieces, false)).toEqual({ values: VALUES, isComplete: true });
			}
		}
	});

	test('An event stream that ends without [DONE] does not count as complete', () => {
		const text = STREAM.replace('data: [DONE]\n\n', '');
		expect(read(whole(text))).toEqual({ values: VALUES, isComplete: false });
		expect(read(whole(': ping\n\n'))).toEqual({ values: [], isComplete: false });
	});

	test('An event stream gives each value as soon as its event is there', () => {
		const values: unknown[] = [];
		const reader = createReplyReader(true, (value) => values.push(value));
		reader.push(Buffer.from('data: {"a":1}\n\ndata: {"b"'));
		expect(values).toEqual([{ a: 1 }]);
		reader.push(Buffer.from(':2}\n\n'));
		expect(values).toEqual([{ a: 1 }, { b: 2 }]);
	});

	test('An event with a line of megabytes is read right', () => {
		const value = { text: 'é'.repeat(1_500_000) };
		const pieces = cut(Buffer.from(`data: ${JSON.stringify(value)}\n\n`), 16_383);
		expect(read(pieces).values).toEqual([value]);
	});

	test('An event stream that breaks off inside an event is an error', () => {
		expect(thrownBy(() => read(whole('data: {"delta":"Gr'))).message).toBe(
			'The reply of the service is cut short or is not JSON',
		);
	});
});

describe('JSON', () => {
	const value = { text: 'Grüße, 猫 🐈', list: [1, null] };

	test.each([
		['as it should be', JSON.stringify(value), false],
		['in answer to a stream request', JSON.stringify(value), true],
		['with white space around it', `\r\n\t ${JSON.stringify(value, null, 2)}\n`, true],
		['with a byte order mark', `\ufeff${JSON.stringify(value)}`, true],
	])('A JSON reply %s is read right, wherever it is cut', (_name, text, isEventStream) => {
		const reply = Buffer.from(text);
		for (const pieces of [...halves(reply), cut(reply, 1)]) {
			expect(read(pieces, isEventStream)).toEqual({ values: [value], isComplete: true });
		}
	});
});

describe('no reply', () => {
	const EMPTY = 'The service answered with an empty reply';
	const NO_JSON = 'The reply of the service is cut short or is not JSON';
	test.each([
		['an empty body', '', EMPTY],
		['white space', ' \r\n\r\n', EMPTY],
		[
			'HTML',
			'<!doctype html><html><title>Welcome</title></html>',
			'The service answered with a web page: the Base URL of the credential usually ends in /v1',
		],
		['plain text', 'upstream connect error', NO_JSON],
		['cut JSON', '{"id":"c1","choices":[{"mess', NO_JSON],
		['JSON with more behind it', '{"id":"c1"}{"id":"c2"}', NO_JSON],
	])('A reply that is %s is an error that tells what is wrong', (_name, text, message) => {
		const error = thrownBy(() => read(whole(text), false));
		expect(error).toBeInstanceOf(ApiError);
		expect(error.message).toBe(message);
	});

	test('An empty body that is announced as an event stream is an error', () => {
		expect(thrownBy(() => read([])).message).toBe(EMPTY);
	});

	test('HTML that is announced as an event stream says nothing and does not count as complete', () => {
		expect(read(whole('<!doctype html>\n<title>Hello</title>\n'))).toEqual({
			values: [],
			isComplete: false,
		});
	});

	test.each([true, false])(
		'A reply of more than 8 MiB of text is refused (event stream: %s)',
		(isEventStream) => {
			const reader = createReplyReader(isEventStream, () => {});
			const block = Buffer.alloc(1024 * 1024, 'x');
			const push = () => {
				reader.push(Buffer.from(isEventStream ? 'data: "' : '"'));
				for (let n = 0; n < 9; n++) reader.push(block);
			};
			expect(thrownBy(push).message).toBe('The reply holds more than 8 MiB of text');
		},
	);
});
