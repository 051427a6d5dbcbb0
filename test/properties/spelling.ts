import fc from 'fast-check';

/** How base64 is written inside a JSON string. */
export interface Spelling {
	isUrlSafe: boolean;
	isPadded: boolean;
	wrap: [width: number, end: string] | undefined;
	escapes: 'none' | 'slashes' | 'unicode';
}

export const anySpelling: fc.Arbitrary<Spelling> = fc.record({
	isUrlSafe: fc.boolean(),
	isPadded: fc.boolean(),
	wrap: fc.constantFrom(undefined, undefined, [76, '\\n'], [64, '\\r\\n'], [100, '\\u000a']),
	escapes: fc.constantFrom('none', 'slashes', 'unicode'),
});

export function spell(image: Buffer, { isUrlSafe, isPadded, wrap, escapes }: Spelling): string {
	const padding = isPadded ? '='.repeat((3 - (image.length % 3)) % 3) : '';
	let base64 = image.toString('base64url') + padding;
	if (!isUrlSafe) base64 = base64.replaceAll('-', '+').replaceAll('_', '/');
	if (escapes === 'slashes') base64 = base64.replaceAll('/', '\\/');
	if (escapes === 'unicode') base64 = base64.replace(/[+/=]/g, unicode);
	const [width, end] = wrap ?? [];
	return width
		? base64.replace(new RegExp(`(?:\\\\(?:u.{4}|/)|[^\\\\]){${width}}(?=.)`, 'g'), `$&${end}`)
		: base64;
}

export function unicode(char: string): string {
	return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
