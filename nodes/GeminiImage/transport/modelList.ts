import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import { MODELS } from '../form/models';
import { requestModels } from './client';
import { asArray, asObject, asText } from '../json';

/** The models of the list: the known ones, then other Gemini image models that the service offers. */
export async function searchModels(
	this: ILoadOptionsFunctions,
	filter = '',
): Promise<INodeListSearchResult> {
	const listed = asArray(asObject(await requestModels(this))?.data)
		.map((model) => asText(asObject(model)?.id))
		.filter((id): id is string => id !== undefined && /gemini.*image/i.test(id))
		.filter((id) => !MODELS.some((model) => model.id === id))
		.sort()
		.map((id) => ({ name: id, value: id }));
	const known = MODELS.map(({ id, name, description }) => ({ name, value: id, description }));
	const wanted = filter.trim().toLowerCase();
	return {
		results: [...known, ...listed].filter(({ name, value }) =>
			`${name} ${value}`.toLowerCase().includes(wanted),
		),
	};
}
