import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { captionSvg } from './caption';
import type { Scene } from './paint';

/** Drawings and colours. */
const ART = readFileSync(join(__dirname, 'art.svg'), 'utf8').replace(/<\/?svg[^>]*>/g, '');

/** An image in which the art and the colours of those classes can be used. */
export const svg = ({ width, height }: Scene, classes: unknown[], content: string) =>
	`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
	`class="${classes.join(' ')}"><defs>${ART}</defs>${content}</svg>`;

/** What can stand in front. */
const THINGS = Array.from(
	ART.matchAll(/id="(\w+)"[^>]* data-on="(\w+)" data-at="(\S+) (\S+)" data-words="([^"]+)"/g),
	([, name = '', on, y = '', scale = '', words]) => {
		return { name, on, y, scale, words: new RegExp(`\\b(?:${words})\\b`) };
	},
);

/** Classes of the art; the first light is the one. */
const LIGHTS: Array<[name: string, words: RegExp]> = [
	['night', /night|moon|star|dark|astronaut/],
	['dusk', /sunset|dusk|evening/],
	['dawn', /dawn|sunrise|morning/],
	['grey', /rain|storm|fog|mist/],
	['day', /(?:)/],
];
const SEASONS: typeof LIGHTS = [
	['snow', /snow|winter/],
	['autumn', /autumn/],
	['white', /on white/],
];
export const COLOR = /\b(?:red|orange|yellow|green|blue|purple|pink|brown|black(?! and))\b/;

/** The part of the art that is seen, in units: its shorter side is 1000. */
interface View {
	left: number;
	top: number;
	width: number;
	bottom: number;
	light: string;
	has: (words: RegExp) => boolean;
	/** Numbers from 0 to 1, the same ones for the same scene. */
	random: () => number;
}

const times = (count: number, draw: (index: number) => string) =>
	Array.from({ length: Math.ceil(count) }, (_, index) => draw(index)).join('');

const use = (name: string, x: number, y: number | string, scale: number | string, more = '') =>
	`<use href="#${name}" transform="translate(${x} ${y}) scale(${scale})" ${more}/>`;

const fill = ({ left, width }: View, from: number, to: number, name: string) =>
	`<rect x="${left}" y="${from}" width="${width}" height="${to - from}" fill="url(#${name})"/>`;

export const veil = (color: string, more = '') =>
	`<rect width="100%" height="100%" fill="${color}" ${more}/>`;

/** A drawing again and again, for one that must not be stretched. */
const tile = (name: string, { left, width }: View) =>
	times(width / 1000, (index) => use(name, left + 500 + 1000 * index, 0, 1));

function sky(view: View): string {
	const { left, top, width, light, random } = view;
	const x = (random() < 0.5 ? -1 : 1) * (280 + random() * 50);
	const sun = use('sun', x, light === 'dusk' || light === 'dawn' ? -210 : -430, 1);
	const clouds = times(light === 'night' ? 0 : 2 + width / 400, () => {
		const scale = 0.4 + random() * 0.6;
		return use('cloud', left + random() * width, -210 - random() * 380, scale);
	});
	const stars = light === 'night' ? fill(view, top, 0, 'stars') : '';
	return fill(view, top, 20, 'sky') + stars + sun + clouds;
}

function background(view: View, chosen: typeof THINGS): string {
	const { has, width, bottom, random } = view;
	const on = chosen.map((thing) => thing.on);
	const wide = (name: string) => use(name, 0, 0, `${width / 1000} 1`);
	const water = fill(view, 0, bottom, 'water') + tile('sea', view);
	if (has(/city|town|skyline|street/)) {
		return sky(view) + tile('city', view) + water + (has(/snow|winter/) ? wide('bank') : '');
	}
	if (on.includes('water') || has(/sea\b|ocean|wave|island|beach|coast|harbou?r/)) {
		return sky(view) + water + (has(/beach|sand/) ? wide('sand') : '');
	}
	if (on.includes('table')) return wide('room');
	const tree = has(/snow|winter|mountain|pine/) ? 'pine' : 'tree';
	const isOpen = !has(/window/) && !on.includes('bust');
	const wood = times(isOpen ? width / (has(/forest/) ? 50 : 160) : 0, () => {
		const x = (random() - 0.5) * width;
		return use(tree, x, 40 + random() * 50, 0.3 + random() * 0.3, 'class="leaf"');
	});
	const mountains = has(/mountain|alps/) ? wide('mountains') : '';
	return sky(view) + mountains + wide('hills') + wood + (has(/lake|river/) ? wide('lake') : '');
}

function foreground({ has, light, width }: View, chosen: typeof THINGS): string {
	const things = chosen.map(({ name, on, y, scale }, index) => {
		const x = chosen.length === 1 ? 0 : [-220, 230][index]!;
		const beam = name === 'lighthouse' && light !== 'day' ? use('beam', x, y, scale) : '';
		const shadow = on === 'ground' || on === 'table' ? use('shadow', x, y, scale) : '';
		return beam + shadow + use(name, x, y, scale);
	});
	return (has(/window/) ? use('window', 0, 0, `${width / 1000} 1`) : '') + things.join('');
}

/** SVG of a scene made from the words of a prompt; `random` varies it. */
export function sceneSvg(image: Scene, random: () => number): string {
	const { width, height } = image;
	const prompt = image.prompt.toLowerCase();
	const has = (words: RegExp) => words.test(prompt);
	const unit = Math.min(width, height) / 1000;
	const [wide, high] = [width / unit, height / unit];
	const [light, season] = [LIGHTS, SEASONS].map((all) => all.find(([, words]) => has(words))?.[0]);
	const seen = { left: -wide / 2, top: -0.62 * high, width: wide, bottom: 0.38 * high };
	const view: View = { ...seen, light: light!, has, random };
	const named = THINGS.filter(({ words }) => has(words)).slice(0, 2);
	const other = has(/portrait/) ? 'person' : has(/product/) ? 'mug' : '';
	const chosen = named.length > 0 ? named : THINGS.filter(({ name }) => name === other);
	const falling = has(/snow/) ? 'snowfall' : has(/rain|storm/) ? 'rain' : '';
	const scene =
		background(view, chosen) +
		foreground(view, chosen) +
		(falling && fill(view, view.top, view.bottom, falling));
	return svg(
		image,
		[light, season, COLOR.exec(prompt)?.[0]],
		`<g transform="translate(${width / 2} ${0.62 * height}) scale(${unit})">${scene}</g>` +
			(has(/poster|postcard|gouache|watercolou?r/) ? veil('none', 'class="paper"') : '') +
			captionSvg(image, random),
	);
}
