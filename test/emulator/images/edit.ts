import sharp, { type OverlayOptions, type Sharp } from 'sharp';

import { captionSvg } from './caption';
import type { Scene } from './paint';
import { COLOR, svg, veil } from './scene';

/** What words of a prompt do: to the colours, and with the art that is drawn over the image. */
interface Effect {
	words: RegExp;
	change?: (image: Sharp) => Sharp;
	over?: string;
}

const EFFECTS: Effect[] = [
	{
		words: /snow|winter/,
		change: (image) => image.modulate({ saturation: 0.5 }).linear(0.9, 32),
		over: `${veil('url(#frost)')}<use href="#drift"/>${veil('url(#snowfall)')}`,
	},
	{
		words: /night|dark|moon/,
		change: (image) => image.linear([0.28, 0.36, 0.6], [-2, 2, 16]),
		over: '<rect width="100%" height="45%" fill="url(#stars)"/><use href="#sun" x="760" y="170"/>',
	},
	{
		words: /rain|storm/,
		change: (image) => image.modulate({ saturation: 0.5, brightness: 0.75 }),
		over: veil('url(#rain)'),
	},
	{
		words: /sunset|sunrise|dusk|dawn|evening|warm|autumn/,
		change: (image) => image.linear([1.12, 0.9, 0.68], [14, 2, 0]),
	},
	{
		words: /sepia|vintage/,
		change: (image) => image.modulate({ saturation: 0.2 }).tint('#efcf9c'),
	},
	{ words: /black.and.white|gr[ae]y|monochrome/, change: (image) => image.greyscale() },
	{
		words: /watercolou?r|gouache|paint|cartoon|sketch/,
		change: (image) => image.resize(420).median(7).modulate({ saturation: 1.6 }).linear(1.15, 6),
		over: veil('none', 'class="paper"'),
	},
	{
		words: /(?:new|replace|change|remove|white)\b.*background|background to|backdrop/,
		over: veil('url(#backdrop)'),
	},
	{
		words: /bright|light|clean/,
		change: (image) => image.modulate({ brightness: 1.22, saturation: 1.15 }),
	},
	{ words: COLOR, over: `<g class="thing">${veil('currentColor', 'fill-opacity="0.4"')}</g>` },
];

/** For words that no effect knows: colours as of another film. */
const OTHER: Effect = {
	words: /(?:)/,
	change: (image) => image.linear([1.15, 1, 0.75], [-18, 4, 34]),
};

async function drawn(image: Sharp): Promise<Sharp> {
	const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
	return sharp(data, { raw: info });
}

/** The inputs side by side. */
async function tiled({ inputs, width, height }: Scene): Promise<Sharp> {
	const edges = inputs.map((_, i) => Math.round((i * width) / inputs.length)).concat(width);
	const tiles = inputs.map(async (input, i): Promise<OverlayOptions> => {
		const size = { width: edges[i + 1]! - edges[i]!, height };
		const tile = sharp(input, { limitInputPixels: false }).autoOrient().resize(size).removeAlpha();
		const { data, info } = await tile
			.toColourspace('srgb')
			.raw()
			.toBuffer({ resolveWithObject: true });
		return { input: data, raw: info, left: edges[i], top: 0 };
	});
	const canvas = sharp({ create: { width, height, channels: 3, background: '#000' } });
	return canvas.composite(await Promise.all(tiles));
}

/** The inputs, changed as the prompt says. */
export async function editInputs(scene: Scene, random: () => number): Promise<Sharp> {
	const { width, height } = scene;
	const prompt = scene.prompt.toLowerCase();
	const named = EFFECTS.filter(({ words }) => words.test(prompt));
	const effects = named.length > 0 ? named : [OTHER];
	let image = await tiled(scene);
	for (const { change = (same: Sharp) => same } of effects) image = change(await drawn(image));
	const over = effects.map(({ over = '' }) => over).join('');
	const content = `<svg viewBox="0 0 ${(1000 * width) / height} 1000">${over}</svg>`;
	const layer = svg(scene, ['night', COLOR.exec(prompt)?.[0]], content + captionSvg(scene, random));
	const whole = (await drawn(image)).resize(width, height, { fit: 'fill' });
	return whole.composite([{ input: Buffer.from(layer) }]);
}
