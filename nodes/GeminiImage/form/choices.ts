import type { DisplayCondition, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

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
 * each list of values, and the field as it is for any other model. They are told apart by `hide`, as
 * n8n shows all that have a `show` while the model is an expression.
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
	return [
		...[...lists.values()].map((models) => ({
			...withOptions(field, offersTo(models[0] as Model)),
			displayOptions: { hide: { [parameter]: anythingBut(models.flatMap(spellingsOf)) } },
		})),
		{ ...field, displayOptions: { hide: { [parameter]: limited.flatMap(spellingsOf) } } },
	];
}

/**
 * The conditions that hold for each text but these: all in front of the first in the order of the
 * alphabet, between two neighbours, and behind the last. A regular expression would be shorter, but
 * n8n runs it against a clock, which a busy n8n may miss.
 */
function anythingBut(texts: string[]): DisplayCondition[] {
	const sorted = [...texts].sort();
	const between = sorted.slice(1).map((to, index) => ({
		_cnd: { between: { from: justBehind(sorted[index] as string), to: justBefore(to) } },
	}));
	const [first = '', last = ''] = [sorted[0], sorted.at(-1)];
	return [{ _cnd: { lt: first } }, ...between, { _cnd: { gt: last } }];
}

const justBehind = (text: string): string => `${text} `;

const justBefore = (text: string): string => {
	const end = text.length - 1;
	return `${text.slice(0, end)}${String.fromCharCode(text.charCodeAt(end) - 1)}~`;
};

/** The field with some of its options, and a default among them. */
function withOptions(field: INodeProperties, options: INodePropertyOptions[]): INodeProperties {
	const isOffered = options.some(({ value }) => value === field.default);
	return { ...field, options, default: isOffered ? field.default : options[0]?.value };
}
