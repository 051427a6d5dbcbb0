import { AS_OF, findModel } from './models';

/** Statuses of answers about a model that is gone; 200 has the error in the reply. */
const STATUSES = [200, 400, 404, 502, 503];

/** Words that leave no doubt. */
const GONE = [
	'model_not_found',
	'model not found',
	'no such model',
	'unknown model',
	'unknown provider for model',
	'unsupported model',
	'invalid model',
	'not a valid model',
	'no available channel',
	'无可用渠道',
	'no endpoints found',
];

/** Words that say so if they stand behind the name of a model. */
const LACKING = [
	'not found',
	'not supported',
	'not exist',
	'not available',
	'no longer available',
	'not set',
	'deprecated',
	'discontinued',
	'retired',
	'shut down',
];
const NAMES = ['model', 'gemini-', 'nano-banana', '模型'];

/** What else a service may lack, or a model not take, where it stands between the two. */
const OTHER_THINGS =
	/(?<![a-z])(?:aspect|ratio|size|resolution|parameter|field|input|mime|format|file|url|key|level|effort|temporar|current)/;

/** Characters of a message that are looked at. */
const LONGEST = 1000;

/** Whether an answer means that the model is gone, by its status and what it says (its code, too). */
export function isModelGone(status: number, message: string): boolean {
	if (!STATUSES.includes(status)) return false;
	const text = message.slice(0, LONGEST).toLowerCase();
	return GONE.some((words) => text.includes(words)) || LACKING.some((words) => lacks(text, words));
}

/** Whether `words` are said of a model, not of a value that it does not take. */
function lacks(text: string, words: string): boolean {
	const before = text.slice(0, Math.max(0, text.indexOf(words)));
	const name = Math.max(...NAMES.map((candidate) => before.lastIndexOf(candidate)));
	return name >= 0 && !OTHER_THINGS.test(before.slice(name));
}

/** Whether an id is that of a preview, with a known model behind it. */
function isPreview(id: string): boolean {
	return /-preview$/i.test(id.trim()) && findModel(id) !== undefined;
}

/**
 * The ids to try where `id` is gone, plain and as `google/…`: today's after a preview, else the
 * successor's, else other spellings of the same model. Empty for unknown ids.
 */
export function successorIdsOf(id: string): string[] {
	const model = findModel(id);
	if (!model) return [];
	const next = isPreview(id) ? model.currentId : (model.successor ?? model.currentId);
	return [next, `google/${next}`].filter((candidate) => candidate !== id.trim());
}

/** What to do about a model that is gone: a sentence for the end of the message, without its stop. */
export function goneAdvice(id: string): string {
	const model = findModel(id);
	if (!model) return `Choose another 'Model'; its list shows what the account offers`;
	if (isPreview(id)) return `${switchedOff(model.name)}: ${setModel(id)}`;
	const successor = findModel(model.successor ?? '');
	return successor
		? `${successor.name} follows ${model.name}: ${setModel(id)}`
		: `${model.name} may have another id here: ${setModel(id)}`;
}

/** A hint for a reply that a preview still gave; undefined for any other id. */
export function previewHint(id: string): string | undefined {
	const model = isPreview(id) ? findModel(id) : undefined;
	return model && `${switchedOff(model.name)}. When this id stops working here, ${setModel(id)}`;
}

const switchedOff = (name: string): string =>
	`Google has switched off the preview of ${name} (as of ${AS_OF})`;

const setModel = (id: string): string =>
	`set 'Model' to ${successorIdsOf(id)
		.map((next) => `'${next}'`)
		.join(' or ')}`;
