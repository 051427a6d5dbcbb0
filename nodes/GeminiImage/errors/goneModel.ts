import { guessModel } from '../form/modelNames';
import { AS_OF, currentIdOf, findModel, MODELS, type Model } from '../form/models';
import { ApiError } from './apiError';

/** Statuses of answers about a model that is gone; 200 has the error in the reply. */
const GONE_STATUSES = [200, 400, 404, 410, 422, 502, 503];

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
	'渠道不存在',
	'不支持的模型',
	'no endpoints found',
];
/** What may stand behind them if they are said of something else. */
const OF_A_MODEL = /^ (?:param|input|output|feature|option|config|setting|argument|type)/;

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
	'end of life',
	'不存在',
	'未找到',
];
const NAMES = ['model', 'gemini-', 'nano-banana', '模型'];

/** What else a service may lack, or a model not take, where it stands between the two. */
const OTHER_THINGS =
	/(?<![a-z])(?:aspect|ratio|size|resolution|parameter|field|input|mime|format|file|url|key|level|effort|temporar|current|load|thinking|reasoning|instruction|streaming|modalit|tool|function|(?:the|an) image)|: image/;

/** Characters of a message that are looked at. */
const LONGEST = 1000;
/** Characters of an id that a message shows. */
const MAX_SHOWN_CHARS = 100;

/** Whether an answer means that the model is gone, by its status and what it says (its code, too). */
export function isModelGone(status: number, message: string): boolean {
	if (!GONE_STATUSES.includes(status)) return false;
	const text = message.slice(0, LONGEST).toLowerCase();
	return GONE.some((words) => saysOf(text, words)) || LACKING.some((words) => lacks(text, words));
}

/** Whether `words` are said, and not of something that a model has. */
function saysOf(text: string, words: string): boolean {
	const at = text.indexOf(words);
	return at !== -1 && !OF_A_MODEL.test(text.slice(at + words.length));
}

/** Whether `words` are said of a model, not of a value that it does not take. */
function lacks(text: string, words: string): boolean {
	const before = text.slice(0, Math.max(0, text.indexOf(words)));
	const name = Math.max(...NAMES.map((candidate) => before.lastIndexOf(candidate)));
	return name >= 0 && !OTHER_THINGS.test(before.slice(name));
}

/** What an error begins with if the service does not offer a model. */
export function notOffered(id: string): string {
	return `Nexconn does not offer the model ${quoted(id)}`;
}

const quoted = (id: string): string => `'${id.slice(0, MAX_SHOWN_CHARS)}'`;

/** Whether an id is that of a preview of Google, with a known model behind it. */
function isPreview(id: string): boolean {
	return /gemini-\d.*-preview$/i.test(id) && findModel(id) !== undefined;
}

/** The known model that an id names, or else most likely means. */
const modelMeantBy = (id: string): Model | undefined => findModel(id) ?? guessModel(id);

/**
 * The ids to try where `id` is not offered, the likeliest first: those of the model itself, if `id`
 * is another spelling, then those of its successor. Empty if no known model is meant.
 */
export function idsInsteadOf(id: string): string[] {
	const model = modelMeantBy(id);
	if (!model) return [];
	const today = currentIdOf(model);
	const next = model.successor ?? today;
	const own = isPreview(id) ? bothOf(today) : id === today ? [] : [today];
	return [...new Set([...own, ...bothOf(next)])].filter((candidate) => candidate !== id);
}

/** An id as Google and Nexconn write it, and as gateways do. */
const bothOf = (id: string): string[] => [id, `google/${id}`];

/** What to do about a model that is gone: a sentence for the end of the message, without its stop. */
export function goneAdvice(id: string): string {
	const model = modelMeantBy(id);
	if (model) return `${whatBecameOf(id, model)}: set 'Model' to ${anyOf(idsInsteadOf(id))}`;
	const names = MODELS.map(({ name }) => name).join(', ');
	return `Choose another 'Model'; its list has ${names}, and what else the account offers`;
}

function whatBecameOf(id: string, model: Model): string {
	const { name, successor } = model;
	if (!findModel(id)) return `${name} may be meant`;
	if (isPreview(id)) return `Google has switched off the preview of ${name} (as of ${AS_OF})`;
	const next = findModel(successor ?? '');
	if (next && id === currentIdOf(model)) return `${next.name} follows ${name}`;
	return `${name} may have another id here${next ? `, and ${next.name} follows it` : ''}`;
}

/** `'a', 'b' or 'c'` */
function anyOf(ids: string[]): string {
	return ids
		.map(quoted)
		.join(', ')
		.replace(/, (?=[^,]*$)/, ' or ');
}

/**
 * What to say of an id that looks like a slip or like that of another service, where a service fails
 * without words about the model; undefined for ids of Google and Nexconn, and those unlike any.
 */
export function slipAdvice(status: number, id: string): string | undefined {
	const model = modelMeantBy(id);
	const needsNone = !model || [model.ids[0], currentIdOf(model)].includes(id);
	if (needsNone || !GONE_STATUSES.includes(status)) return undefined;
	return `If it does not know the model ${quoted(id)}: ${goneAdvice(id)}`;
}

/** The error of a reply with status 200; some gateways say only there that the model is gone. */
export function withGoneAdvice(error: unknown, model: string): unknown {
	if (!(error instanceof ApiError) || error.details.httpCode !== '200') return error;
	const { message, details } = error;
	if (!isModelGone(200, `${details.code ?? ''} ${message}`)) return error;
	return error.reworded({
		message: `${notOffered(model)}: ${message}`,
		advice: goneAdvice(model),
	});
}
