import type { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import { operations } from '../../../../nodes/GeminiImage/operations';
import { readPrompt } from '../../../../nodes/GeminiImage/request/prompt';
import { contextOf, DEFAULT_OPTIONS, DESCRIBE, thrownBy } from '../../helpers';

const FIELDS = { model: 'gemini-3-pro-image', prompt: 'Hi' };
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

test.each(['\n', '\r\n', '\0', '\u2028', '\u200b', '\ud800', '\u001b[31m'])(
	'A model whose ID holds %j is refused, and white space around an ID is left out',
	(control) => {
		const error = thrownBy(() => read(DESCRIBE, { model: `gemini${control}-image` })) as ApiError;
		expect(error.message).toBe("'Model' holds a line break or another character that nobody sees");
		expect(error.details).toEqual({ field: 'Model' });
		expect(read(DESCRIBE, { model: '\n gemini-x \r\n' }).modelId).toBe('gemini-x');
	},
);

test.each([
	{ aspectRatio: '16:9', imageSize: '1K' },
	{ aspectRatio: 'wide', imageSize: '9K' },
	{ aspectRatio: {}, imageSize: [] },
])('An operation that gives words alone does not read the shape of an image: %j', (shape) => {
	expect(read(DESCRIBE, shape)).toEqual({
		modelId: FIELDS.model,
		model: expect.objectContaining({ name: 'Gemini 3 Pro Image' }),
		text: 'Hi',
	});
});
