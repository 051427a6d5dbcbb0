import { ApiError } from '../../../../nodes/GeminiImage/errors/apiError';
import {
	choiceValue,
	excerpt,
	jsonValue,
	numberValue,
	booleanValue,
	textValue,
} from '../../../../nodes/GeminiImage/request/values';
import { thrownBy } from '../../helpers';

type Read = (value: unknown) => unknown;

const FIELD = 'Top K';
const READERS: Record<string, Read> = {
	number: (value) => numberValue(FIELD, value, { min: 0, max: 2 }),
	'whole number': (value) => numberValue(FIELD, value, { min: 1, isWhole: true }),
	text: (value) => textValue(FIELD, value),
	switch: (value) => booleanValue(FIELD, value),
	choice: (value) => choiceValue(FIELD, value, ['images', 'chat']),
	JSON: (value) => jsonValue(FIELD, value),
};

test.each(Object.entries(READERS))(
	'A %s field that is empty or white space counts as not set',
	(_name, read) => {
		for (const value of [undefined, null, '', ' ', '\n']) expect(read(value)).toBeUndefined();
	},
);

test.each<[string, unknown, unknown]>([
	['number', 0, 0],
	['number', '0.5', 0.5],
	['number', ' 2 ', 2],
	['whole number', '40', 40],
	['text', 'A', 'A'],
	['text', 7, '7'],
	['text', ' A ', ' A '],
	['switch', true, true],
	['switch', 'false', false],
	['switch', ' TRUE ', true],
	['choice', ' chat ', 'chat'],
	['JSON', '[1]', [1]],
	['JSON', { a: 1 }, { a: 1 }],
	['JSON', 'null', null],
])('A %s field reads %j as %j', (name, value, expected) => {
	expect(READERS[name]!(value)).toEqual(expected);
});

test.each<[string, unknown, string]>([
	['number', -1, "'Top K' does not take -1; it takes a number from 0 to 2"],
	['number', NaN, "'Top K' does not take NaN; it takes a number from 0 to 2"],
	['number', 'many', `'Top K' does not take "many"; it takes a number from 0 to 2`],
	['number', true, "'Top K' does not take true; it takes a number from 0 to 2"],
	['number', [1], "'Top K' does not take [1]; it takes a number from 0 to 2"],
	['whole number', 1.5, "'Top K' does not take 1.5; it takes a whole number of at least 1"],
	['whole number', '0', `'Top K' does not take "0"; it takes a whole number of at least 1`],
	['text', NaN, "'Top K' takes text, not NaN"],
	['text', ['a'], "'Top K' takes text, not a list"],
	['text', {}, "'Top K' takes text, not an object"],
	['text', true, "'Top K' takes text, not a boolean"],
	['switch', 'yes', `'Top K' does not take "yes"; it takes true or false`],
	['switch', 1, "'Top K' does not take 1; it takes true or false"],
	['choice', 'Images', `'Top K' does not take "Images"; it takes images, chat`],
])('A %s field refuses %p with a message that names the field', (name, value, message) => {
	const error = thrownBy(() => READERS[name]!(value)) as ApiError;
	expect(error).toBeInstanceOf(ApiError);
	expect(error.message).toBe(message);
	expect(error.details).toEqual({ field: FIELD });
});

test('A JSON field that is not valid JSON is refused with the reason', () => {
	expect(thrownBy(() => jsonValue(FIELD, '[1,')).message).toMatch(/^'Top K' is not valid JSON: ./);
});

test('The message about a refused value quotes at most 100 characters of it', () => {
	const circle: unknown[] = [];
	circle.push(circle);
	for (const value of ['x'.repeat(9_000), ['x'.repeat(9_000)], circle]) {
		const { message } = thrownBy(() => booleanValue(FIELD, value));
		expect(message).toMatch(/^'Top K' does not take .+; it takes true or false$/);
		expect(message.length).toBeLessThan(160);
	}
	expect(excerpt('x'.repeat(101))).toBe(`${'x'.repeat(100)}…`);
	expect(excerpt('x'.repeat(100))).toBe('x'.repeat(100));
});
