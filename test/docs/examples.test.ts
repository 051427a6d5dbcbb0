import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { findModel } from '../../nodes/GeminiImage/form/models';
import { read, ROOT } from './markdown';

interface Parameters {
	model: { value: string; cachedResultName: string };
	aspectRatio?: string;
	imageSize?: string;
	/** Of a node that lists formats. */
	jsonOutput?: string;
}

const ratiosIn = (json = '') => [...json.matchAll(/"ratio": "([^"]*)"/g)].map(([, ratio]) => ratio);

const FILES = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.json'));

test.each(FILES)(
	'The example %s draws with a model that has no successor, in a size and ratio of that model',
	(file) => {
		const { nodes } = JSON.parse(read(`examples/${file}`)) as {
			nodes: Array<{ type: string; parameters: Parameters }>;
		};
		const listed = nodes.flatMap(({ parameters }) => ratiosIn(parameters.jsonOutput));
		const ours = nodes.filter(({ type }) => type.startsWith('n8n-nodes-nexconn.'));
		expect(ours.length).toBeGreaterThan(0);
		for (const { parameters } of ours) {
			const { model, aspectRatio = 'auto', imageSize = 'auto' } = parameters;
			const known = findModel(model.value)!;
			expect(known).toMatchObject({ name: model.cachedResultName });
			expect(known.successor).toBeUndefined();
			const ratios = aspectRatio === '={{ $json.ratio }}' ? listed : [aspectRatio];
			expect(ratios.length).toBeGreaterThan(0);
			expect(['auto', ...known.aspectRatios]).toEqual(expect.arrayContaining(ratios));
			expect(['auto', ...known.imageSizes]).toContain(imageSize);
		}
	},
);
