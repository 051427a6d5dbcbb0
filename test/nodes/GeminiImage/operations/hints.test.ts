import { chat } from '../../../../nodes/GeminiImage/operations/chat';
import { resultHints } from '../../../../nodes/GeminiImage/operations/hints';
import { textToImage } from '../../../../nodes/GeminiImage/operations/images';
import type { StoredImage } from '../../../../nodes/GeminiImage/reply/imageStore';

const prompt = { modelId: 'somebodys-model', model: undefined, text: 'A fox' };
const imageOf = (width: number | null, height: number | null) => ({ width, height }) as StoredImage;
const square = imageOf(1024, 1024);

test('Values of an unknown model that tell no pixels give no hint', () => {
	for (const aspectRatio of ['landscape', '16x9', '1:', ':']) {
		const asked = { ...prompt, imageSize: 'large', aspectRatio };
		expect(resultHints(textToImage, asked, [square])).toEqual([]);
	}
});

test('A hint cuts a value of an expression, however long it is', () => {
	const asked = {
		...prompt,
		imageSize: `4${'0'.repeat(5000)}`,
		aspectRatio: `2:${'1'.repeat(20)}`,
	};
	const hints = resultHints(textToImage, asked, [square]);
	expect(hints).toHaveLength(2);
	for (const hint of hints) expect(hint.length).toBeLessThan(300);
});

test('An image whose pixels are not known gives no hint', () => {
	const asked = { ...prompt, imageSize: '4K', aspectRatio: '16:9' };
	expect(resultHints(textToImage, asked, [imageOf(null, null)])).toEqual([]);
});

test('Several images of one reply are told where one was asked for, and not in a chat', () => {
	expect(resultHints(textToImage, prompt, [square, square])).toEqual([
		expect.stringMatching(/^The service sent 2 images for one request/),
	]);
	expect(resultHints(chat, prompt, [square, square])).toEqual([]);
});
