import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';

import { findModel } from '../../nodes/GeminiImage/form/models';
import KNOWN_NODES from '../fixtures/n8n-2.41-nodes.json';
import { overfullNotes, STICKY_NOTE, touching, type Flow, type FlowNode } from './canvas';
import { read, readPage, ROOT } from './markdown';

/** This package's node, and the tool that n8n makes of it. */
const OURS = /^n8n-nodes-nexconn\.geminiImage(Tool)?$/;
const FILES = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.json'));

/** What an export of n8n has beside the workflow, all of one instance. */
const OF_AN_INSTANCE = [
	'versionId',
	'meta',
	'pinData',
	'instanceId',
	'owner',
	'shared',
	'tags',
	'id',
];
/** Addresses for examples, which nobody owns: RFC 2606. */
const NOBODYS = /(^|\.)(example|invalid|test|localhost|example\.(com|net|org))$/;
const ADDRESS = /(?:https?:\/\/|www\.|[\w.+-]+@)([\w-]+(?:\.[\w-]+)*)/g;
/** An id or a token that a service gave somebody: digits of an account, or letters and digits. */
const OF_AN_ACCOUNT = /(?<![\w#-])(?:-?\d{6,}|(?=\w*\d)(?=\w*[A-Za-z])\w{20,})(?!\w)/g;

const ours = ({ nodes }: Flow) => nodes.filter(({ type }) => OURS.test(type));

/** Those of a workflow that lists formats, in JSON within JSON. */
const listedRatios = (text: string) =>
	[...text.matchAll(/\\"ratio\\": \\"([^"\\]*)/g)].map(([, ratio]) => ratio);

/** All texts in the parameters of a node. */
function textsIn(value: unknown): string[] {
	if (typeof value === 'string') return [value];
	if (typeof value !== 'object' || value === null) return [];
	// What a parameter's own id is, n8n makes up for each node.
	return Object.entries(value).flatMap(([key, entry]) => (key === 'id' ? [] : textsIn(entry)));
}

/** Addresses that are somebody's, and ids or tokens that a service gave somebody. */
function ofSomebody({ parameters }: FlowNode): string[] {
	return textsIn(parameters).flatMap((text) => {
		const addresses = [...text.matchAll(ADDRESS)].filter(([, host = '']) => !NOBODYS.test(host));
		return [...addresses.map(([address]) => address), ...(text.match(OF_AN_ACCOUNT) ?? [])];
	});
}

/** What is wrong with an example, whatever it does. */
function faultsOf(flow: Flow): string[] {
	const { nodes } = flow;
	const known = new Map<string, number[]>(Object.entries(KNOWN_NODES));
	const credentials = nodes.flatMap((node) => Object.values(node.credentials ?? {}));
	const [note] = nodes.filter(({ type }) => type === STICKY_NOTE);
	const found: Record<string, unknown[]> = {
		'starts by itself': flow.active ? ['active'] : [],
		'of an instance': OF_AN_INSTANCE.filter((key) => key in flow),
		'credentials of an instance': credentials.filter(({ id }) => id !== null),
		'of somebody': nodes.flatMap(ofSomebody),
		'unknown to n8n 2.41': nodes
			.filter(
				({ type, typeVersion }) => !OURS.test(type) && !known.get(type)?.includes(typeVersion),
			)
			.map(({ name }) => name),
		touching: touching(flow),
		overfull: overfullNotes(flow),
		'without a note that explains it': /^## .+\n.{40}/.test(String(note?.parameters.content))
			? []
			: ['note'],
	};
	return Object.entries(found).flatMap(([fault, where]) =>
		where.map((each) => `${fault}: ${typeof each === 'string' ? each : JSON.stringify(each)}`),
	);
}

describe.each(FILES)('%s', (file) => {
	const text = read(`examples/${file}`);
	const flow = JSON.parse(text) as Flow;

	test(`The example ${file} has nothing of an instance or of somebody, and a tidy canvas`, () => {
		expect(faultsOf(flow)).toEqual([]);
	});

	test(`The example ${file} draws with a model that has no successor, in a size and ratio of that model`, () => {
		expect(ours(flow).length).toBeGreaterThan(0);
		for (const { parameters } of ours(flow)) {
			const {
				model,
				aspectRatio = 'auto',
				imageSize = 'auto',
			} = parameters as {
				model: { value: string; cachedResultName: string };
				aspectRatio?: string;
				imageSize?: string;
			};
			const known = findModel(model.value)!;
			expect(known).toMatchObject({ name: model.cachedResultName });
			expect(known.successor).toBeUndefined();
			const ratios = aspectRatio === '={{ $json.ratio }}' ? listedRatios(text) : [aspectRatio];
			expect(ratios.length).toBeGreaterThan(0);
			expect(['auto', ...known.aspectRatios]).toEqual(expect.arrayContaining(ratios));
			expect(['auto', ...known.imageSizes]).toContain(imageSize);
		}
	});

	test(`The example ${file} is in README, and its screenshot was taken of it as it is`, async () => {
		expect(readPage('README.md').links).toContain(`examples/${file}`);
		const screenshot = join(ROOT, `docs/images/example-${basename(file, '.json')}.png`);
		const { exif } = await sharp(readFileSync(screenshot)).metadata();
		// npm run screenshots writes it there.
		expect(exif?.toString('latin1')).toContain(createHash('sha256').update(text).digest('hex'));
	});
});

describe('The check of examples', () => {
	const flow = JSON.parse(read('examples/daily-image.json')) as Flow;
	const [draw] = ours(flow);

	/** The example with one node changed. */
	const changed = (name: string, change: (node: FlowNode) => object): Flow => ({
		...flow,
		nodes: flow.nodes.map((node) => (node.name === name ? { ...node, ...change(node) } : node)),
	});
	const told = (parameters: object) =>
		changed(draw!.name, (node) => ({ parameters: { ...node.parameters, ...parameters } }));

	const faulty: Array<[fault: string, flow: Flow]> = [
		['starts by itself: active', { ...flow, active: true }],
		['of an instance: versionId', { ...flow, versionId: '1' } as Flow],
		['of an instance: id', { ...flow, id: 'abc' } as Flow],
		[
			'credentials of an instance: {"id":"7","name":"x"}',
			changed(draw!.name, () => ({ credentials: { nexconnApi: { id: '7', name: 'x' } } })),
		],
		['of somebody: https://shop.nexconn.ai', told({ prompt: 'See https://shop.nexconn.ai/cat' })],
		['of somebody: ann@nexconn.ai', told({ prompt: 'Write to ann@nexconn.ai' })],
		['of somebody: 1234567890', told({ chatId: '1234567890' })],
		['of somebody: 1a2B3c4D5e6F7a8B9c0D1e', told({ sheet: { value: '1a2B3c4D5e6F7a8B9c0D1e' } })],
		[
			`unknown to n8n 2.41: ${draw!.name}`,
			changed(draw!.name, () => ({ type: 'n8n-nodes-base.x' })),
		],
		[
			'unknown to n8n 2.41: Upload It to Storage',
			changed('Upload It to Storage', () => ({ typeVersion: 9 })),
		],
		[
			'touching: Every Day at Eight and Draw the Day',
			changed(draw!.name, () => ({ position: [90, 0] })),
		],
		[
			'touching: Draw the Day and Sticky Note',
			changed(draw!.name, () => ({ position: [240, -100] })),
		],
		[
			'overfull: Sticky Note',
			changed('Sticky Note', ({ parameters }) => ({ parameters: { ...parameters, height: 150 } })),
		],
		[
			'overfull: Sticky Note1',
			changed('Sticky Note1', ({ parameters }) => ({ parameters: { ...parameters, width: 120 } })),
		],
		[
			'without a note that explains it: note',
			changed('Sticky Note', ({ parameters }) => ({
				parameters: { ...parameters, content: '## Hm' },
			})),
		],
	];

	test.each(faulty)('The check of examples finds what is "%s"', (fault, faultyFlow) => {
		expect(faultsOf(faultyFlow)).toEqual([fault]);
	});
});
