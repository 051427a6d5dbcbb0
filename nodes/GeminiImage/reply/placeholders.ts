import { randomUUID } from 'crypto';

/** The short names under which the images of one reply stand in its text; no model can guess them. */
export function createPlaceholders() {
	const mark = `image:${randomUUID()}:`;
	const dataUrl = `(?:data:image/[\\w.+;=-]{1,200},)?${mark}\\d+;`;
	const whole = new RegExp(`^${dataUrl}\\s*$`);
	const inProse = new RegExp(`!?\\[[^[\\]]*\\]\\(\\s*${dataUrl}[^)]*\\)|${dataUrl}`, 'g');

	return {
		of: (index: number) => `${mark}${index};`,

		isImage: (url: string): boolean => whole.test(url),

		strip: (prose: string): string => prose.replace(inProse, ''),
	};
}
