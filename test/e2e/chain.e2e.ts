import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { core, gemini, IMAGE_OF_LAST_NODE, webhook, workflow, type WorkflowNode } from './flows';
import { drawDirectly, sha256 } from './drawnImages';
import type { Server } from './server';
import { openStage, type Stage } from './stage';

let stage: Stage;
let server: Server;

beforeAll(async () => {
	stage = await openStage();
	server = await stage.startServer();
});
afterAll(async () => await stage?.close());

/** Draws an image, gives it to other nodes and returns what the last of them answers. */
async function passOn(prompt: string, ...nodes: WorkflowNode[]): Promise<Buffer> {
	const path = prompt.toLowerCase().replaceAll(' ', '-');
	const draw = gemini('Draw', { prompt, options: { fileName: 'my image' } });
	const trigger = webhook(path, IMAGE_OF_LAST_NODE);
	await server.publish(workflow(prompt, [trigger, draw, ...nodes]));
	const response = await server.call(`/webhook/${path}`);
	const body = Buffer.from(await response.arrayBuffer());
	if (!response.ok) throw new Error(`n8n answered ${response.status}: ${body.toString()}`);
	return body;
}

const drawn = async (prompt: string) => sha256(await drawDirectly(stage.emulator, prompt));

test('The node HTTP Request uploads the image of our node to a service, in a form', async () => {
	const prompt = 'Draw a boat';
	const field = { parameterType: 'formBinaryData', name: 'file', inputDataFieldName: 'data' };
	const text = { parameterType: 'formData', name: 'caption', value: '={{ $json.image.fileName }}' };
	const upload = core('Upload', 'httpRequest', 4.2, {
		method: 'POST',
		url: `${stage.receiver.url}/upload`,
		sendBody: true,
		contentType: 'multipart-form-data',
		bodyParameters: { parameters: [field, text] },
		options: { response: { response: { responseFormat: 'file' } } },
	});
	await passOn(prompt, upload);
	const { body, headers } = await stage.receiver.at('/upload');
	const form = await new Response(new Uint8Array(body), {
		headers: { 'content-type': headers['content-type'] ?? '' },
	}).formData();
	const file = form.get('file') as File;
	expect(form.get('caption')).toBe('my image.png');
	expect([file.name, file.type]).toEqual(['my image.png', 'image/png']);
	expect(sha256(await file.bytes())).toBe(await drawn(prompt));
});

test('The nodes Extract from File and Convert to File turn the image into base64 and back', async () => {
	const prompt = 'Draw a train';
	const extract = core('Extract from File', 'extractFromFile', 1.1, {
		operation: 'binaryToPropery',
		destinationKey: 'base64',
	});
	const convert = core('Convert to File', 'convertToFile', 1.1, {
		operation: 'toBinary',
		sourceProperty: 'base64',
		options: { fileName: 'back.png', mimeType: 'image/png' },
	});
	expect(sha256(await passOn(prompt, extract, convert))).toBe(await drawn(prompt));
});

test('The node Read/Write Files from Disk writes the image to the disk and reads it back', async () => {
	const prompt = 'Draw a plane';
	const folder = join(stage.folder, 'images');
	mkdirSync(folder);
	const write = core('Write', 'readWriteFile', 1.1, {
		operation: 'write',
		fileName: `=${folder}/{{ $binary.data.fileName }}`,
	});
	const read = core('Read', 'readWriteFile', 1.1, {
		operation: 'read',
		fileSelector: `${folder}/*.png`,
	});
	const answer = await passOn(prompt, write, read);
	expect(readdirSync(folder)).toEqual(['my image.png']);
	expect(sha256(readFileSync(join(folder, 'my image.png')))).toBe(await drawn(prompt));
	expect(sha256(answer)).toBe(await drawn(prompt));
});

test('An image that the node drew goes through the node again', async () => {
	const prompt = 'Draw a city';
	const again = 'Make it night';
	const edit = gemini('Edit', { operation: 'imageToImage', prompt: again });
	const first = await drawDirectly(stage.emulator, prompt);
	const second = await drawDirectly(stage.emulator, again, {
		image: first,
		mimeType: 'image/png',
	});
	expect(sha256(await passOn(prompt, edit))).toBe(sha256(second));
});
