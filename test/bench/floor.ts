import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { request } from 'undici';

const START = ';base64,';

/** The least that any client has to do: stream a file up as base64, stream one down to a file. */
export async function floor(url: string, key: string, input: string, output: string) {
	const head =
		'{"model":"bench","stream":true,"messages":[{"role":"user","content":"data:image/png;base64,';
	const tail = '"}]}';
	const bytes = head.length + 4 * Math.ceil(statSync(input).size / 3) + tail.length;
	const response = await request(url, {
		method: 'POST',
		headers: {
			authorization: key,
			'content-type': 'application/json',
			'content-length': String(bytes),
		},
		body: Readable.from(encoded(input, head, tail), { objectMode: false }),
	});
	await pipeline(response.body, decoder(), createWriteStream(output));
}

async function* encoded(file: string, head: string, tail: string) {
	yield Buffer.from(head);
	// A multiple of three, so that no chunk leaves anything over.
	for await (const chunk of createReadStream(file, { highWaterMark: 3 * 64 * 1024 })) {
		yield Buffer.from((chunk as Buffer).toString('base64'), 'latin1');
	}
	yield Buffer.from(tail);
}

function decoder(): Transform {
	let state: 'before' | 'inside' | 'after' = 'before';
	let rest = '';
	return new Transform({
		transform(chunk: Buffer, _encoding, done) {
			let text = chunk.toString('latin1');
			if (state === 'before') {
				const at = text.indexOf(START);
				if (at === -1) return done();
				state = 'inside';
				text = text.slice(at + START.length);
			}
			if (state === 'after') return done();
			const end = text.indexOf('"');
			if (end !== -1) state = 'after';
			text = rest + (end === -1 ? text : text.slice(0, end));
			const whole = end === -1 ? text.length - (text.length % 4) : text.length;
			rest = text.slice(whole);
			done(null, Buffer.from(text.slice(0, whole), 'base64'));
		},
	});
}
