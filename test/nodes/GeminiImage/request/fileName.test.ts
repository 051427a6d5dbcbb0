import { posix, win32 } from 'node:path';
import fc from 'fast-check';

import { safeFileName } from '../../../../nodes/GeminiImage/request/fileName';

test.each([
	['photo', 'photo'],
	['Größe', 'Größe'],
	['猫', '猫'],
	['صورة 1', 'صورة 1'],
	['👩‍🚀 in space', '👩‍🚀 in space'],
	['v1.2', 'v1.2'],
	['.hidden', '.hidden'],
	['_draft', '_draft'],
	['a & b (final), 100%', 'a & b (final), 100%'],
	['../../etc/cron.d/x', 'etc_cron.d_x'],
	['..\\..\\Windows\\x', 'Windows_x'],
	['/etc/passwd', 'etc_passwd'],
	['a/./b/../../c//d', 'a_b_c_d'],
	['C:\\temp\\x', 'C__temp_x'],
	['x\0.sh', 'x_.sh'],
	['two\r\nlines\tand a tab', 'two lines and a tab'],
	['Set-Cookie: a=b\r\nX: y', 'Set-Cookie_ a=b X_ y'],
	['12:30', '12_30'],
	['exe\u202Egnp', 'exe_gnp'],
	['zero\u200Bwidth', 'zero_width'],
	['\u001b[31mred', '_[31mred'],
	['\ud800half', '_half'],
	['name. . ', 'name'],
	['con', 'con_'],
	['NUL', 'NUL_'],
	['com1.png', 'com1_.png'],
	['LPT9', 'LPT9_'],
	['console', 'console'],
])('The text %j becomes the file name %j', (name, expected) => {
	expect(safeFileName(name)).toBe(expected);
});

test.each([
	undefined,
	'',
	' ',
	'.',
	'..',
	'. .',
	'/',
	'///',
	'\\',
	'../..',
	'???',
	'\0\0',
	'\r\n',
	'_',
])('The text %j leaves nothing for a file name, which becomes "image"', (name) => {
	expect(safeFileName(name)).toBe('image');
});

test.each([
	['a', 223],
	['é', 222],
	['e\u0301', 223],
	['猫', 222],
	['👩🏽', 220],
	['../', 5],
	[' .', 5],
])('A file name of 5,000 times %j has %i bytes and no half character', (piece, bytes) => {
	const name = safeFileName(piece.repeat(5000));
	expect(Buffer.byteLength(name)).toBe(bytes);
	expect(name).not.toContain('\ufffd');
});

test('Any text becomes a safe file name without a path, which stays the same when made safe again', () => {
	const pieces = fc.constantFrom('.', '..', '/', '\\', ' ', '\0', '\n', ':', 'con', 'a', 'é', '猫');
	const unit = fc.oneof(pieces, fc.string({ unit: 'binary' }));
	const text = fc.array(unit, { maxLength: 300 }).map((units) => units.join(''));
	fc.assert(
		fc.property(text, (given) => {
			const name = safeFileName(given);
			expect(Buffer.byteLength(name)).toBeLessThanOrEqual(224);
			expect(posix.basename(name)).toBe(name);
			expect(win32.basename(name)).toBe(name);
			expect(name).toMatch(/^[^\p{Cc}<>:"/\\|?*]*[^\p{Cc}<>:"/\\|?*. ]$/u);
			expect(name).not.toMatch(/^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i);
			expect(safeFileName(name)).toBe(name);
		}),
	);
});
