import type { DisplayCondition, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { commonIdsOf, MODELS, type Model } from './models';

/** Which of its facts says what a model takes in a field. */
export type Limit = 'aspectRatios' | 'imageSizes' | 'reasoningEfforts';

const AUTO = { name: 'Auto', value: 'auto', description: 'Leave the choice to the model' };

/** Auto and `values`. */
export function choicesOf(values: string[], limit: Limit): INodePropertyOptions[] {
	return [AUTO, ...values.map((value) => choice(value, value, limit))];
}

/** A value that says beside it which models take it, if not all do. */
export function choice(name: string, value: string, limit: Limit): INodePropertyOptions {
	const takers = MODELS.filter((model) => model[limit].includes(value));
	if (takers.length === MODELS.length) return { name, value };
	const names = takers.map((model) => model.name).join(', ');
	return { name, value, description: names ? `Only ${names}` : 'None of the known models' };
}

/**
 * A field in variants, of which n8n shows one: for the ids of known models the variant with what
 * they take, and the field as it is, with all values, for any other text, such as an id with the
 * prefix of a gateway. What a hidden variant would have refused is refused when the node runs.
 *
 * n8n has no better way. A list that is loaded for the chosen model has to be called "… Name or ID",
 * by the gate. While the model is an expression, n8n shows each field whose `show` asks for the
 * model, so that all variants would be shown. So a variant is told by what hides it: any model but
 * its own ({@link anythingBut}).
 *
 * @param parameter where the model stands: `model`, or `/model` from within a collection
 */
export function byModel(
	field: INodeProperties,
	limit: Limit,
	parameter: 'model' | '/model',
): INodeProperties[] {
	const all = field.options as INodePropertyOptions[];
	const auto = all.filter(({ value }) => value === AUTO.value);
	const takenBy = (model: Model): INodePropertyOptions[] => {
		const own = all.filter(({ value }) => model[limit].includes(String(value)));
		// One value beside Auto is no choice.
		if (auto.length > 0 && own.length === 1) {
			const description = `This model makes ${own[0]?.name} alone`;
			return auto.map((option) => ({ ...option, description }));
		}
		// All of them fit, so nothing is said of other models.
		return [...auto, ...own.map(({ name, value }) => ({ name, value }))];
	};
	// Without a list, a model has no choice, and nobody knows what comes of one.
	const limited = MODELS.filter(
		(model) => model[limit].length > 0 && takenBy(model).length < all.length,
	);
	const byList = new Map<string, Model[]>();
	for (const model of limited) {
		const list = model[limit].join();
		byList.set(list, [...(byList.get(list) ?? []), model]);
	}
	const hiddenFor = (hidden: Array<string | DisplayCondition>) => ({
		displayOptions: { ...field.displayOptions, hide: { [parameter]: hidden } },
	});
	return [
		...[...byList.values()].map((models) => ({
			...withOptions(field, takenBy(models[0] as Model)),
			...hiddenFor(anythingBut(models.flatMap(commonIdsOf))),
		})),
		{ ...field, ...hiddenFor(limited.flatMap(commonIdsOf)) },
	];
}

/**
 * Conditions of which one holds for each text, but none for `texts`. n8n has no condition "is none
 * of these", and it runs regular expressions against a clock, which a busy n8n may miss. But it
 * compares texts by their order in the alphabet, and a text that is none of `texts` comes before the
 * first of them, between two neighbours, or after the last. The bounds between the neighbours `a`
 * and `c` are `a ` (with a blank, as no character of an id comes before it) and `b~` (with a tilde,
 * as none comes after it).
 */
function anythingBut(texts: string[]): DisplayCondition[] {
	const sorted = [...texts].sort();
	const between = sorted.slice(1).map((to, index) => ({
		_cnd: { between: { from: `${sorted[index]} `, to: justBefore(to) } },
	}));
	const [first = '', last = ''] = [sorted[0], sorted.at(-1)];
	return [{ _cnd: { lt: first } }, ...between, { _cnd: { gt: last } }];
}

const justBefore = (text: string): string => {
	const end = text.length - 1;
	return `${text.slice(0, end)}${String.fromCharCode(text.charCodeAt(end) - 1)}~`;
};

/** The field with some of its options, and a default among them. */
function withOptions(field: INodeProperties, options: INodePropertyOptions[]): INodeProperties {
	const isOffered = options.some(({ value }) => value === field.default);
	return { ...field, options, default: isOffered ? field.default : options[0]?.value };
}
