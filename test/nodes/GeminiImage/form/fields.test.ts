import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import type * as FieldsModule from '../../../../nodes/GeminiImage/form/fields';
import * as models from '../../../../nodes/GeminiImage/form/models';

type Fields = typeof FieldsModule;

const MODELS = '../../../../nodes/GeminiImage/form/models';
const FIELDS = '../../../../nodes/GeminiImage/form/fields';

/** A model that takes a size more than the others. */
const MADE_UP: models.Model = {
	...models.MODELS[1]!,
	ids: ['made-up-image'],
	name: 'Made-up',
	imageSizes: ['4K', '8K'],
};

/** The variants of Image Size, if these models and sizes are all that there are. */
function imageSizes(known: Partial<typeof models> = {}): INodeProperties[] {
	let variants: INodeProperties[] = [];
	jest.isolateModules(() => {
		jest.doMock(MODELS, () => ({ ...models, ...known }));
		const { fieldsFor } = jest.requireActual<Fields>(FIELDS);
		variants = fieldsFor([]).filter(({ name }) => name === 'imageSize');
	});
	jest.dontMock(MODELS);
	return variants;
}

const optionsOf = ({ options }: INodeProperties) => options as INodePropertyOptions[];
const pixels = (sides: string) =>
	`Resolution of the image, as far as the chosen model offers it; a square one has ${sides} pixels a side`;

test('The description of Image Size tells the pixels of all sizes', () => {
	const [field] = imageSizes();
	expect(field?.description).toBe(pixels('512, 1024, 2048 or 4096'));
});

test('A size that a single model has is told, offered for that model, and said to be its own', () => {
	const variants = imageSizes({
		MODELS: [...models.MODELS, MADE_UP],
		IMAGE_SIZES: [...models.IMAGE_SIZES, '8K'],
	});
	for (const { description } of variants) {
		expect(description).toBe(pixels('512, 1024, 2048, 4096 or 8192'));
	}
	const own = { name: '8K', value: '8K', description: 'Only Made-up' };
	expect(optionsOf(variants.at(-1)!)).toContainEqual(own);
	const offers = variants.filter((field) => optionsOf(field).some(({ value }) => value === '8K'));
	expect(offers.map((field) => optionsOf(field).map(({ value }) => value))).toEqual([
		['auto', '4K', '8K'],
		['auto', '512', '1K', '2K', '4K', '8K'],
	]);
});
