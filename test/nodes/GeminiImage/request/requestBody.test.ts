import { chatBody, imagesBody, type Prompt } from '../../../../nodes/GeminiImage/request/bodies';
import { encodeBody } from '../../../../nodes/GeminiImage/request/requestBody';
import { InputImage } from '../../../../nodes/GeminiImage/request/inputImage';
import { arriving, cut, DEFAULT_OPTIONS, failureOf, random } from '../../helpers';

const PNG = { mimeType: 'image/png', extension: 'png' };
const { bytes, upTo } = random(5);

const imageOf = (content: Buffer, announced = content.length) =>
	new InputImage("'data'", PNG, announced, async () => arriving(cut(content, () => upTo(5_000))));
const dataUrl = (content: Buffer) => `data:image/png;base64,${content.toString('base64')}`;
const promptOf = (text: string, images: Prompt['images']): Prompt => ({
	model: 'm',
	text,
	images,
	options: DEFAULT_OPTIONS,
});

function encode(body: object, images: Prompt['images'] = []) {
	return encodeBody(
		body,
		images.filter((image) => image instanceof InputImage),
	);
}

async function readAll(body: ReturnType<typeof encode>): Promise<Buffer> {
	return Buffer.concat((await body.stream().toArray()) as Buffer[]);
}

const files = [0, 1, 2, 3, 10_000, 70_001].map((length) => bytes(length));
const url = 'https://example.com/cat.png';

test('a body without images is plain JSON of the length that it says', async () => {
	const body = chatBody(promptOf('Eine süße Katze 🐈, „müde“\n\u2028', []));
	const encoded = encode(body);
	const sent = await readAll(encoded);
	expect(JSON.parse(sent.toString())).toEqual(body);
	expect(encoded.bytes).toBe(sent.length);
});

test('images stand in the body in their order, between URLs', async () => {
	const images = [
		imageOf(files[4]!),
		url,
		imageOf(files[5]!),
		imageOf(files[4]!),
		imageOf(files[1]!),
	];
	const encoded = encode(chatBody(promptOf('Zwei Kätzchen 🐈🐈', images)), images);
	const sent = await readAll(encoded);
	const { messages } = JSON.parse(sent.toString()) as { messages: unknown };
	const urls = [
		dataUrl(files[4]!),
		url,
		dataUrl(files[5]!),
		dataUrl(files[4]!),
		dataUrl(files[1]!),
	];
	expect(messages).toEqual([
		{
			role: 'user',
			content: [
				{ type: 'text', text: 'Zwei Kätzchen 🐈🐈' },
				...urls.map((each) => ({ type: 'image_url', image_url: { url: each } })),
			],
		},
	]);
	expect(encoded.bytes).toBe(sent.length);
});

test('the images API takes the same images', async () => {
	const images = files.map((file) => imageOf(file));
	const encoded = encode(imagesBody(promptOf('Mix', images)), images);
	const sent = await readAll(encoded);
	expect(JSON.parse(sent.toString())).toEqual({
		model: 'm',
		prompt: 'Mix',
		image: files.map((file) => dataUrl(file)),
	});
	expect(encoded.bytes).toBe(sent.length);
});

test('a prompt cannot pass for an image', async () => {
	const image = imageOf(files[2]!);
	const prompt = 'data:image/png;base64, "00000000-0000-4000-8000-000000000000" $& $1';
	const encoded = encode(chatBody(promptOf(prompt, [image])), [image]);
	const sent = (await readAll(encoded)).toString();
	expect(JSON.parse(sent)).toMatchObject({
		messages: [{ content: [{ text: prompt }, { image_url: { url: dataUrl(files[2]!) } }] }],
	});
});

test.each([
	['messages', chatBody, [{ role: 'user', content: 'Zwei Kätzchen 🐈🐈' }]],
	['image', imagesBody, url],
])('an Extra Body that replaces %s replaces the images in it', async (field, bodyOf, value) => {
	const images = [imageOf(files[5]!), imageOf(files[2]!)];
	const options = { ...DEFAULT_OPTIONS, extraBody: { [field]: value } };
	const encoded = encode(bodyOf({ ...promptOf('Mix', images), options }), images);
	const sent = await readAll(encoded);
	expect(JSON.parse(sent.toString())).toMatchObject({ model: 'm', [field]: value });
	expect(encoded.bytes).toBe(sent.length);
});

test('each attempt gets a whole body of its own', async () => {
	const image = imageOf(files[5]!);
	const encoded = encode(chatBody(promptOf('Again', [image])), [image]);
	const [first, second] = [encoded.stream(), encoded.stream()];
	first.destroy();
	const sent = Buffer.concat((await second.toArray()) as Buffer[]);
	expect(sent.length).toBe(encoded.bytes);
	expect(sent.equals(await readAll(encoded))).toBe(true);
});

test('a file that changed ends the body with an error', async () => {
	const image = imageOf(Buffer.alloc(9), 10);
	const encoded = encode(chatBody(promptOf('Hi', [image])), [image]);
	expect((await failureOf(readAll(encoded))).message).toBe(
		"The file of 'data' has 9 bytes instead of 10",
	);
});
