import { badRequest } from '../server/apiError';
import { imageModels } from './models';

export type Fields = Record<string, unknown>;

export interface ImageSettings {
	aspectRatio?: string;
	imageSize?: string;
}

export const isObject = (value: unknown): value is Fields =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const NUMBERS: Array<[name: string, min: number, max: number, whole: boolean]> = [
	['temperature', 0, 2, false],
	['top_p', 0, 1, false],
	['top_k', 1, Infinity, true],
	['max_tokens', 1, Infinity, true],
	['n', 1, 10, true],
];

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high'];
const THRESHOLDS = [
	'BLOCK_NONE',
	'BLOCK_ONLY_HIGH',
	'BLOCK_MEDIUM_AND_ABOVE',
	'BLOCK_LOW_AND_ABOVE',
];

function checkNumbers(fields: Fields): void {
	for (const [name, min, max, whole] of NUMBERS) {
		const value = fields[name];
		if (value === undefined) continue;
		if (typeof value !== 'number' || (whole && !Number.isInteger(value))) {
			throw badRequest(`${name} must be ${whole ? 'an integer' : 'a number'}`);
		}
		if (value < min || value > max) {
			const range = max === Infinity ? `at least ${min}` : `between ${min} and ${max}`;
			throw badRequest(`${name} must be ${range}`);
		}
	}
}

function checkSafety(value: unknown): void {
	if (value === undefined) return;
	if (!Array.isArray(value)) throw badRequest('safety_settings must be a list');
	for (const entry of value) {
		if (!isObject(entry) || !String(entry.category).startsWith('HARM_CATEGORY_')) {
			throw badRequest('safety_settings[].category must be a HARM_CATEGORY_ name');
		}
		if (!THRESHOLDS.includes(String(entry.threshold))) {
			throw badRequest(`safety_settings[].threshold must be one of: ${THRESHOLDS.join(', ')}`);
		}
	}
}

function checkChoice(name: string, value: unknown, choices: string[]): string | undefined {
	if (value === undefined) return undefined;
	if (typeof value !== 'string') throw badRequest(`${name} must be a string`);
	if (!choices.includes(value)) {
		throw badRequest(`Invalid value for ${name}: '${value}'. Use one of: ${choices.join(', ')}`);
	}
	return value;
}

/** Checks the fields that all three POST routes share. */
export function checkSettings(fields: Fields, modelId: string): ImageSettings {
	checkNumbers(fields);
	checkSafety(fields.safety_settings);
	checkChoice('reasoning_effort', fields.reasoning_effort, EFFORTS);
	const config = fields.image_config;
	if (config === undefined) return {};
	if (!isObject(config)) throw badRequest('image_config must be an object');
	const model = imageModels[modelId];
	if (!model) throw badRequest(`${modelId} does not take image_config`);
	const sizes = Object.keys(model.pixels);
	const ratios = Object.keys(model.pixels['1K'] ?? {});
	return {
		aspectRatio: checkChoice('image_config.aspect_ratio', config.aspect_ratio, ratios),
		imageSize: checkChoice('image_config.image_size', config.image_size, sizes),
	};
}
