import { AS_OF, currentIdOf, findModel, type Model } from '../form/models';
import { ApiError } from './apiError';

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
	const today = currentIdOf(model);
	const next = isPreview(id) ? today : (model.successor ?? today);
	return [next, `google/${next}`].filter((candidate) => candidate !== id.trim());
}

/** What to do about a model that is gone: a sentence for the end of the message, without its stop. */
export function goneAdvice(id: string): string {
	const model = findModel(id);
	if (!model) return `Choose another 'Model'; its list shows what the account offers`;
	return `${whatBecameOf(model, id)}: set 'Model' to ${quoted(successorIdsOf(id))}`;
}

function whatBecameOf({ name, successor }: Model, id: string): string {
	if (isPreview(id)) return `Google has switched off the preview of ${name} (as of ${AS_OF})`;
	const next = findModel(successor ?? '');
	return next ? `${next.name} follows ${name}` : `${name} may have another id here`;
}

const quoted = (ids: string[]): string => ids.map((id) => `'${id}'`).join(' or ');

/** The error of a reply with status 200; some gateways say only there that the model is gone. */
export function withGoneAdvice(error: unknown, model: string): unknown {
	if (!(error instanceof ApiError) || error.details.httpCode !== '200') return error;
	const { message, description, details } = error;
	if (!isModelGone(200, `${details.code ?? ''} ${message}`)) return error;
	return new ApiError(message, description, details, { advice: goneAdvice(model) });
}
