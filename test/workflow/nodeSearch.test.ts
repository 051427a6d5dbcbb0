import { sublimeSearch } from '@n8n/utils/search/sublime-search';
import nodes from 'n8n-nodes-base/dist/types/nodes.json';

import { GeminiImage } from '../../index';
import codex from '../../nodes/GeminiImage/GeminiImage.node.json';

/** What the search of n8n's editor looks at. */
interface Entry {
	properties: { displayName: string; codex?: { alias?: string[] } };
}

const { displayName } = new GeminiImage().description;
const ours: Entry = { properties: { displayName, codex } };
const others = (nodes as Array<Entry['properties']>).map((properties): Entry => ({ properties }));

/** The nodes that n8n lists before ours, or with the same score; undefined if it does not list ours. */
function aheadOf(query: string): string[] | undefined {
	const found = sublimeSearch<Entry>(query, [...others, ours]);
	const own = found.find(({ item }) => item === ours);
	return (
		own &&
		found
			.filter(({ item, score }) => item !== ours && score >= own.score)
			.map(({ item }) => item.properties.displayName)
	);
}

test.each([
	...['generate image', 'generate picture', 'create image', 'image generation', 'ai image'],
	...['edit photo', 'text to image', 'image to image', 'nano banana', 'gemini', 'gemini image'],
	...['nexconn', 'picture', 'photo', 'draw', 'generate'],
])('A search for %j in the editor finds the node first', (query) => {
	expect(aheadOf(query)).toEqual([]);
});

test('A search for "edit image" in the editor lists only the node Edit Image before ours', () => {
	expect(aheadOf('edit image')).toEqual(['Edit Image']);
});

test('A search for "image" in the editor scores no other node higher than ours', () => {
	const [best] = sublimeSearch<Entry>('image', [...others, ours]);
	expect(sublimeSearch<Entry>('image', [ours])[0]?.score).toBe(best?.score);
});
