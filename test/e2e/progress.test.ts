import { EXAMPLES } from './flows';
import { formatSize, formatTime, step } from './progress';

test.each([
	[400, '0 s'],
	[8_200, '8 s'],
	[119_600, '2 min 0 s'],
	[185_000, '3 min 5 s'],
])('A time of %d ms is told as %s', (milliseconds, text) =>
	expect(formatTime(milliseconds)).toBe(text),
);

test.each([
	[0, '0 MB'],
	[640e6, '640 MB'],
	[2.14e9, '2.1 GB'],
])('A size of %d bytes is told as %s', (bytes, text) => expect(formatSize(bytes)).toBe(text));

describe('a step', () => {
	const log = jest.spyOn(console, 'log').mockImplementation();
	const said = () => log.mock.calls.map(([line]) => line as string);

	beforeEach(() => void log.mockClear());
	afterAll(() => log.mockRestore());

	test('A step says its name, then its time, and the size of its folder', async () => {
		expect(await step('Reading', async () => 7, EXAMPLES)).toBe(7);
		expect(said()).toEqual(['Reading …', expect.stringMatching(/^ {2}done: \d+ s, \d+ MB$/)]);
	});

	test('A step that fails is not called done', async () => {
		const fault = new Error('No disk');
		await expect(step('Writing', async () => await Promise.reject(fault))).rejects.toBe(fault);
		expect(said()).toEqual(['Writing …']);
	});
});
