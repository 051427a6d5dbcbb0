import { operations } from '../../../../nodes/GeminiImage/operations';
import { readPrompt } from '../../../../nodes/GeminiImage/request/prompt';
import { contextOf, DEFAULT_OPTIONS, DESCRIBE, thrownBy } from '../../helpers';

const FIELDS = { model: 'gemini-2.5-flash-image', prompt: 'Hi' };
const read = (operation: (typeof operations)[number], values: object) =>
	readPrompt(
		{ context: contextOf({ ...FIELDS, ...values }), operation, itemIndex: 0 },
		DEFAULT_OPTIONS,
	);

test.each(operations)(
	'The operation $value, which gives images, reads Aspect Ratio and Image Size',
	(operation) => {
		const shape = { aspectRatio: '16:9', imageSize: '1K' };
		expect(read(operation, shape)).toMatchObject(shape);
		expect(thrownBy(() => read(operation, { aspectRatio: 'wide' })).message).toContain("'wide'");
		expect(thrownBy(() => read(operation, { imageSize: '9K' })).message).toContain("'9K'");
	},
);

test.each([
	{ aspectRatio: '16:9', imageSize: '1K' },
	{ aspectRatio: 'wide', imageSize: '9K' },
	{ aspectRatio: {}, imageSize: [] },
])('An operation that gives words alone does not read the shape of an image: %j', (shape) => {
	expect(read(DESCRIBE, shape)).toEqual({
		modelId: FIELDS.model,
		model: expect.objectContaining({ name: 'Gemini 2.5 Flash Image' }),
		text: 'Hi',
	});
});
