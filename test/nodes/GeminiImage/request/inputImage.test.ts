import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import { InputImage } from '../../../../nodes/GeminiImage/request/inputImage';
import { arriving, cut, failureOf, random } from '../../helpers';

const PNG = { mimeType: 'image/png', extension: 'png' };

const SOURCE = { field: 'Input Data Field Name', source: "'data'" };

/** An image whose file comes in `pieces`. */
const imageOf = (pieces: Uint8Array[], bytes = Buffer.concat(pieces).length) =>
	new InputImage({ ...SOURCE, bytes, open: async () => arriving(pieces) }, PNG, false);

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
				expect(await encode(imageOf(cut(content, size)))).toBe(dataUrl(content));
			}
		},
	);

	test('An image becomes its data URL even if its file comes in random pieces with empty ones between', async () => {
		for (let round = 0; round < 50; round++) {
			const content = bytes(upTo(2_000));
			const pieces = cut(content, () => upTo(200)).flatMap((piece) => [piece, Buffer.alloc(0)]);
			expect(await encode(imageOf(pieces))).toBe(dataUrl(content));
		}
	});

	test('The data URL of an image has the length that was announced', async () => {
		for (let length = 0; length < 20; length++) {
			const image = imageOf([bytes(length)]);
			expect(image.encodedBytes).toBe(Buffer.byteLength(await encode(image)));
		}
	});

	test('The data URL of an image can be written again, for another attempt', async () => {
		const image = imageOf(cut(bytes(100), 7));
		expect(await encode(image)).toBe(await encode(image));
	});

	test('The data URL of an image carries the type that was found for its file', async () => {
		const file = { ...SOURCE, bytes: 1, open: async () => arriving([Buffer.from('x')]) };
		const image = new InputImage(file, { mimeType: 'image/webp', extension: 'webp' }, false);
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
			const error = await failureOf(encode(imageOf(cut(Buffer.alloc(now), 4), before)));
			expect(error).toBeInstanceOf(ApiError);
			expect(error.message).toBe(`The file of 'data' has ${now} bytes instead of ${before}`);
		},
	);

	test('An input file that cannot be opened fails with the error of opening it', async () => {
		const open = () => Promise.reject(new Error('no such file'));
		const image = new InputImage({ ...SOURCE, bytes: 10, open }, PNG);
		expect((await failureOf(encode(image))).message).toBe('no such file');
	});
});
