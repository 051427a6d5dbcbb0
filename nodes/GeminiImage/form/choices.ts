import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { MODELS, spellingsOf, type Model } from './models';

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
 * A field in variants, of which n8n shows the one that offers what the chosen model takes: one for
 * each list of values, and the field as it is for any other model. n8n shows all that have a `show`
 * while the model is an expression, hence the second condition. Conditions by a regular expression
 * would do in one, but n8n runs these against a clock, which a busy n8n may miss.
 *
 * @param parameter where the model stands: `model`, or `/model` from within a collection
 */
export function byModel(
	field: INodeProperties,
	limit: Limit,
	parameter: 'model' | '/model',
): INodeProperties[] {
	const options = field.options as INodePropertyOptions[];
	const offersTo = (model: Model) =>
		options.filter(({ value }) => value === AUTO.value || model[limit].includes(String(value)));
	// Without a list, a model has no choice, and nobody knows what comes of one.
	const limited = MODELS.filter(
		(model) => model[limit].length > 0 && offersTo(model).length < options.length,
	);
	const lists = new Map<string, Model[]>();
	for (const model of limited) {
		const list = model[limit].join();
		lists.set(list, [...(lists.get(list) ?? []), model]);
	}
	const isExpression = { _cnd: { startsWith: '=' } };
	return [
		...[...lists.values()].map((models) => ({
			...withOptions(field, offersTo(models[0] as Model)),
			displayOptions: {
				show: { [parameter]: models.flatMap(spellingsOf) },
				hide: { [parameter]: [isExpression] },
			},
		})),
		{ ...field, displayOptions: { hide: { [parameter]: limited.flatMap(spellingsOf) } } },
	];
}

/** The field with some of its options, and a default among them. */
function withOptions(field: INodeProperties, options: INodePropertyOptions[]): INodeProperties {
	const isOffered = options.some(({ value }) => value === field.default);
	return { ...field, options, default: isOffered ? field.default : options[0]?.value };
}
