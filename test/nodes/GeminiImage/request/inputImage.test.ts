import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import {
	InputImage,
	openImage,
	type InputContent,
} from '../../../../nodes/GeminiImage/request/inputImage';
import { arriving, cut, failureOf, inputImage, png, random, settle } from '../../helpers';

const FILE = { field: 'Input Data Field Name', name: "'data'" };

async function encode(image: InputImage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of image.encode()) chunks.push(chunk);
	return Buffer.concat(chunks).toString();
}

const dataUrl = (bytes: Buffer) => `"data:image/png;base64,${bytes.toString('base64')}"`;

describe('the data URL of an image', () => {
	const { bytes, upTo } = random(3);

	test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
		'An image of %i bytes becomes its data URL, in whatever pieces its file comes',
		async (length) => {
			const content = bytes(length);
			for (const size of [1, 2, 3, 4, 20]) {
				expect(await encode(inputImage(cut(content, size)))).toBe(dataUrl(content));
			}
		},
	);

	test('An image becomes its data URL even if its file comes in random pieces with empty ones between', async () => {
		for (let round = 0; round < 50; round++) {
			const content = bytes(upTo(2_000));
			const pieces = cut(content, () => upTo(200)).flatMap((piece) => [piece, Buffer.alloc(0)]);
			expect(await encode(inputImage(pieces))).toBe(dataUrl(content));
		}
	});

	test('The data URL of an image has the length that was announced', async () => {
		for (let length = 0; length < 20; length++) {
			const image = inputImage([bytes(length)]);
			expect(image.encodedBytes).toBe(Buffer.byteLength(await encode(image)));
		}
	});

	test('The data URL of an image can be written again, for another attempt', async () => {
		const image = inputImage(cut(bytes(100), 7));
		expect(await encode(image)).toBe(await encode(image));
	});

	test('The data URL of an image carries the type that was found for its file', async () => {
		const image = inputImage([Buffer.from('x')], { mimeType: 'image/webp' });
		expect(await encode(image)).toBe('"data:image/webp;base64,eA=="');
	});
});

describe('an input file that has changed', () => {
	test.each([
		['shorter', 9, 10],
		['longer', 11, 10],
		['empty', 0, 10],
	])(
		'An input file that has become %s is an error that tells both sizes',
		async (_name, now, before) => {
			const error = await failureOf(
				encode(inputImage(cut(Buffer.alloc(now), 4), { bytes: before })),
			);
			expect(error).toBeInstanceOf(ApiError);
			expect(error.message).toBe(`The file of 'data' has ${now} bytes instead of ${before}`);
		},
	);

	test('An input file that cannot be opened fails with the error of opening it', async () => {
		const open = () => Promise.reject(new Error('no such file'));
		const opened = openImage({ ...FILE, bytes: 10, open });
		expect((await failureOf(opened)).message).toBe('no such file');
	});
});

async function opened(file: InputContent): Promise<InputImage> {
	const image = await openImage(file);
	if (typeof image === 'string') throw new Error(`It is ${image}`);
	return image;
}

describe('the stream of an input image', () => {
	let small: Buffer;
	let content: Buffer;
	beforeAll(async () => {
		small = await png(40, 30, true);
		content = await png(400, 300, true);
	});

	/** A file that counts how often it was opened, and closed before its end or behind it. */
	function countedFile(bytes: Buffer) {
		const counts = { opened: 0, closed: 0 };
		const open = async () => {
			counts.opened++;
			return (async function* () {
				try {
					yield* arriving(cut(bytes, 1000));
				} finally {
					counts.closed++;
				}
			})();
		};
		return { counts, file: { ...FILE, bytes: bytes.length, open } };
	}

	test('A file is opened once for the look at its start and the first attempt, and anew for the next', async () => {
		const { counts, file } = countedFile(content);
		const image = await opened(file);
		expect(image).toBeInstanceOf(InputImage);
		expect(await encode(image)).toBe(dataUrl(content));
		expect(counts).toEqual({ opened: 1, closed: 1 });
		expect(await encode(image)).toBe(dataUrl(content));
		expect(counts).toEqual({ opened: 2, closed: 2 });
	});

	test('Closing an image ends its stream, whether or not an attempt has begun to read it', async () => {
		for (const begins of [false, true]) {
			const { counts, file } = countedFile(content);
			const image = await opened(file);
			const attempt = image.encode();
			if (begins) for (let piece = 0; piece < 3; piece++) await attempt.next();
			expect(counts).toEqual({ opened: 1, closed: 0 });
			image.close();
			await settle();
			expect(counts).toEqual({ opened: 1, closed: 1 });
		}
	});

	test('A file of a few kilobytes is read to its end at the look at its start, and holds nothing open', async () => {
		const { counts, file } = countedFile(small);
		const image = await opened(file);
		expect(counts).toEqual({ opened: 1, closed: 1 });
		expect(await encode(image)).toBe(dataUrl(small));
		expect(counts).toEqual({ opened: 1, closed: 1 });
	});

	test('A file that is no image is closed at once', async () => {
		const { counts, file } = countedFile(Buffer.alloc(100_000, 'a'));
		expect(await openImage(file)).toBe('a text');
		await settle();
		expect(counts).toEqual({ opened: 1, closed: 1 });
	});
});
