import { badRequest, unknownModel } from '../server/apiError';
import type { Ask } from '../types';
import { imageModels, modelIds } from './models';
import { checkSettings, isObject, type Fields } from './settings';

interface Message {
	role: string;
	text: string;
	images: string[];
}

/** What is answered in words: a question, what asks for words, no image or JSON. All else is drawn. */
const WANTS_WORDS = /\?\s*$|\bwords\b|\bno image\b|\bJSON\b/i;
const ROLES = ['system', 'developer', 'user', 'assistant', 'tool'];

function readFields(body: unknown): Fields {
	if (body === undefined) throw badRequest('The request body is not valid JSON');
	if (!isObject(body)) throw badRequest('The request body must be a JSON object');
	return body;
}

function readString(fields: Fields, name: string): string {
	const value = fields[name];
	if (value === undefined || value === null) throw badRequest(`Missing required field: ${name}`);
	if (typeof value !== 'string') throw badRequest(`${name} must be a string`);
	if (value.trim() === '') throw badRequest(`${name} must not be empty`);
	return value;
}

function readImageUrl(value: unknown, where: string): string {
	if (typeof value !== 'string') throw badRequest(`${where} must be a string`);
	if (!/^(https?:\/\/|data:image\/[^,]{1,200};base64,)/i.test(value.slice(0, 300))) {
		throw badRequest(`${where} must be an http(s) URL or a base64 data URL of an image`);
	}
	return value;
}

function readPart(part: unknown, where: string, message: Message): void {
	if (!isObject(part)) throw badRequest(`${where} must be an object`);
	if (part.type === 'text') {
		if (typeof part.text !== 'string') throw badRequest(`${where}.text must be a string`);
		message.text += (message.text ? '\n' : '') + part.text;
	} else if (part.type === 'image_url') {
		const holder = part.image_url;
		if (!isObject(holder)) throw badRequest(`${where}.image_url must be an object`);
		message.images.push(readImageUrl(holder.url, `${where}.image_url.url`));
	} else {
		throw badRequest(`${where}.type must be one of: text, image_url`);
	}
}

function readMessage(value: unknown, index: number): Message {
	const where = `messages[${index}]`;
	if (!isObject(value)) throw badRequest(`${where} must be an object`);
	const { role, content } = value;
	if (typeof role !== 'string' || !ROLES.includes(role)) {
		throw badRequest(`${where}.role must be one of: ${ROLES.join(', ')}`);
	}
	const message: Message = { role, text: '', images: [] };
	if (typeof content === 'string') message.text = content;
	else if (Array.isArray(content)) {
		content.forEach((part, i) => readPart(part, `${where}.content[${i}]`, message));
	} else if (role !== 'assistant') {
		throw badRequest(`${where}.content must be a string or a list of parts`);
	}
	// As Gemini does; gateways in between differ (vercel/ai#3775, router-for-me/CLIProxyAPI#1292).
	if (message.text.trim() === '' && message.images.length === 0) {
		throw badRequest(`${where}.content must not be empty`);
	}
	return message;
}

function readMessages(fields: Fields): Message[] {
	const { messages } = fields;
	if (messages === undefined) throw badRequest('Missing required field: messages');
	if (!Array.isArray(messages)) throw badRequest('messages must be a list');
	if (messages.length === 0) throw badRequest('messages must not be empty');
	return messages.map(readMessage);
}

function readModel(fields: Fields, inputs: string[]): string {
	const model = readString(fields, 'model');
	if (!modelIds.includes(model)) throw unknownModel(model);
	const known = imageModels[model];
	if (known && inputs.length > known.maxInputs) {
		throw badRequest(`${model} takes at most ${known.maxInputs} input images`);
	}
	for (const input of inputs) {
		const mime = /^data:([^;,]+)/i.exec(input.slice(0, 100))?.[1]?.toLowerCase();
		if (known && mime && !known.mimeTypes.includes(mime)) {
			throw badRequest(`Unsupported MIME type of an input image: ${mime}`);
		}
	}
	return model;
}

export function readChat(body: unknown): Ask {
	const fields = readFields(body);
	readString(fields, 'model');
	const messages = readMessages(fields);
	if (fields.stream !== undefined && typeof fields.stream !== 'boolean') {
		throw badRequest('stream must be a boolean');
	}
	const users = messages.filter(({ role }) => role === 'user');
	const last = users.at(-1);
	if (!last) throw badRequest('messages must hold a message of the user');
	const model = readModel(
		fields,
		messages.flatMap(({ images }) => images),
	);
	const settings = checkSettings(fields, model);
	const system = messages.filter(({ role }) => role === 'system' || role === 'developer');
	return {
		...settings,
		endpoint: 'chat',
		model,
		prompt: last.text,
		inputs: last.images,
		system: system.map(({ text }) => text).join('\n'),
		earlierTurns: users.length - 1,
		stream: fields.stream === true,
		draws: model in imageModels && !WANTS_WORDS.test(last.text),
	};
}

function readInputs(fields: Fields): string[] {
	const { image } = fields;
	if (image === undefined) throw badRequest('Missing required field: image');
	const list: unknown[] = Array.isArray(image) ? image : [image];
	if (list.length === 0) throw badRequest('image must not be empty');
	return list.map((url, i) => readImageUrl(url, Array.isArray(image) ? `image[${i}]` : 'image'));
}

export function readImages(body: unknown, takesInput: boolean): Ask {
	const fields = readFields(body);
	readString(fields, 'model');
	const prompt = readString(fields, 'prompt');
	const inputs = takesInput ? readInputs(fields) : [];
	const model = readModel(fields, inputs);
	return {
		...checkSettings(fields, model),
		endpoint: 'images',
		model,
		prompt,
		inputs,
		system: '',
		earlierTurns: 0,
		stream: false,
		draws: true,
	};
}
