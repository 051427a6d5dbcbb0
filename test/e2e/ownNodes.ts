import { core, type WorkflowNode } from './flows';

/**
 * What users do without the node: HTTP Request, then the image out of its JSON into a file.
 * `content` is an expression that gives the content of the message.
 */
export function ownNodes(baseUrl: string, key: string, content: string): WorkflowNode[] {
	const message = `{ role: "user", content: ${content} }`;
	const request = core('HTTP Request', 'httpRequest', 4.2, {
		method: 'POST',
		url: `${baseUrl}/chat/completions`,
		sendHeaders: true,
		headerParameters: { parameters: [{ name: 'Authorization', value: key }] },
		sendBody: true,
		specifyBody: 'json',
		jsonBody: `={{ { model: "gemini-2.5-flash-image", messages: [${message}] } }}`,
	});
	const value = '={{ $json.choices[0].message.images[0].image_url.url.split(",")[1] }}';
	const image = { id: '1', name: 'image', type: 'string', value };
	const pick = core('Edit Fields', 'set', 3.4, { assignments: { assignments: [image] } });
	const convert = core('Convert to File', 'convertToFile', 1.1, {
		operation: 'toBinary',
		sourceProperty: 'image',
		options: { fileName: 'image.png', mimeType: 'image/png' },
	});
	return [request, pick, convert];
}

/** The same with the file of an item before it: Extract from File makes base64 of it. */
export function ownEdit(baseUrl: string, key: string, prompt: string): WorkflowNode[] {
	const extract = core('Extract from File', 'extractFromFile', 1.1, {
		operation: 'binaryToPropery',
		destinationKey: 'base64',
	});
	const url = '"data:image/png;base64," + $json.base64';
	const content = `[{ type: "text", text: "${prompt}" }, { type: "image_url", image_url: { url: ${url} } }]`;
	return [extract, ...ownNodes(baseUrl, key, content)];
}
