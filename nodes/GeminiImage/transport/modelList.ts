import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import { listName, listNames } from '../form/modelNames';
import { findModel, isPlainId, MODELS, type Model } from '../form/models';
import { asArray, asObject, asText, type JsonObject } from '../json';
import { requestModels } from './client';

/** Bounds of a foreign list. */
const MAX_MODELS = 1000;
const MAX_ID_LENGTH = 200;

/** Names that tell a model that draws, and those that tell another: the newest holds no "image". */
const DRAWS = /gemini(?:(?!gemini)[\w.-])*image|nano[-_ ]?banana/i;
const DRAWS_NOT = /embed|vision|tts|audio|live|video/i;
const GEMINI = /gemini|nano[-_ ]?banana/i;

const ABSENT = "not in your account's list";

/**
 * The models of the form: those of the account that draw, and the known ones. A list that names
 * image models marks the known ones it lacks; one without any Gemini model says nothing of them, for
 * gateways leave out whole vendors. Whatever the service answers, the known models are there.
 */
export async function searchModels(
	this: ILoadOptionsFunctions,
	filter = '',
): Promise<INodeListSearchResult> {
	const listed = asArray(asObject(await requestModels(this).catch(() => undefined))?.data)
		.map((entry) => ({ ...asObject(entry), id: (asText(asObject(entry)?.id) ?? '').trim() }))
		.filter(({ id }) => id.length <= MAX_ID_LENGTH && isPlainId(id));
	const drawing = [...new Set(listed.filter(draws).map(({ id }) => id))]
		.sort()
		.slice(0, MAX_MODELS);
	const families = MODELS.map((model) => ({
		model,
		ids: drawing.filter((id) => findModel(id) === model),
	}));
	const saysWhich = drawing.length > 0 && listed.some(({ id }) => GEMINI.test(id));
	const known = families.flatMap(rowsOf);
	const absent = families
		.filter(({ ids }) => ids.length === 0)
		.map(({ model }) => ({
			name: listName(model, saysWhich ? ABSENT : ''),
			value: model.ids[0],
		}));
	const unknown = drawing.filter((id) => !findModel(id)).map((id) => ({ name: id, value: id }));
	const wanted = filter.trim().toLowerCase();
	return {
		// What the account lacks comes last.
		results: [...known, ...(saysWhich ? [...unknown, ...absent] : [...absent, ...unknown])].filter(
			({ name, value }) => `${name} ${value} ${allNamesOf(value)}`.toLowerCase().includes(wanted),
		),
	};
}

/** All that its model is called, for a search. */
function allNamesOf(id: string): string {
	const { name, marketName, ids = [] } = findModel(id) ?? {};
	return [name, marketName, ...ids].join(' ');
}

/** Whether a model of the service's list draws: by its modalities, or by its name if it has none. */
function draws(entry: JsonObject & { id: string }): boolean {
	if (findModel(entry.id)) return true;
	const modalities = [
		entry.output_modalities,
		asObject(entry.architecture)?.output_modalities,
		asObject(entry.modalities)?.output,
	].filter((value) => value !== undefined && value !== null);
	if (modalities.length === 0) return DRAWS.test(entry.id) && !DRAWS_NOT.test(entry.id);
	return modalities.flat().some((modality) => asText(modality)?.toLowerCase() === 'image');
}

/** The ids that the account has for one model. */
function rowsOf({ model, ids }: { model: Model; ids: string[] }) {
	const names = listNames(model, ids);
	return ids.map((value, at) => ({ name: names[at] ?? value, value }));
}
