/** A webhook that answers with the picture of the prompt it is sent: by the node, or, with a `url`, by n8n's own nodes. */
export function webhookWorkflow(
	id: string,
	{ credential, url }: { credential?: string; url?: string },
) {
	const steps = url ? ownNodes(url) : [geminiImage(credential as string)];
	const webhook = {
		id: 'webhook',
		name: 'Webhook',
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2,
		position: [0, 0],
		webhookId: id,
		parameters: {
			httpMethod: 'POST',
			path: id,
			responseMode: 'lastNode',
			responseData: 'firstEntryBinary',
			responseBinaryPropertyName: 'data',
			options: {},
		},
	};
	const nodes = [webhook, ...steps];
	const connections = Object.fromEntries(
		steps.map((step, index) => [
			nodes[index]?.name,
			{ main: [[{ node: step.name, type: 'main', index: 0 }]] },
		]),
	);
	return { id, name: id, active: false, nodes, connections, settings: { executionOrder: 'v1' } };
}

function geminiImage(credential: string) {
	return {
		id: 'node',
		name: 'Gemini Image',
		type: 'n8n-nodes-nexconn.geminiImage',
		typeVersion: 1,
		position: [200, 0],
		parameters: { operation: 'textToImage', prompt: '={{ $json.body.prompt }}' },
		credentials: { nexconnApi: { id: credential, name: 'Nexconn account' } },
	};
}

function ownNodes(url: string) {
	const message = '{ role: "user", content: $json.body.prompt }';
	return [
		{
			id: 'request',
			name: 'HTTP Request',
			type: 'n8n-nodes-base.httpRequest',
			typeVersion: 4.2,
			position: [200, 0],
			parameters: {
				method: 'POST',
				url,
				sendHeaders: true,
				headerParameters: { parameters: [{ name: 'Authorization', value: 'emulator-key' }] },
				sendBody: true,
				specifyBody: 'json',
				jsonBody: `={{ { model: "gemini-2.5-flash-image", messages: [${message}] } }}`,
				options: {},
			},
		},
		{
			id: 'set',
			name: 'Edit Fields',
			type: 'n8n-nodes-base.set',
			typeVersion: 3.4,
			position: [400, 0],
			parameters: {
				assignments: {
					assignments: [
						{
							id: '1',
							name: 'image',
							type: 'string',
							value: '={{ $json.choices[0].message.images[0].image_url.url.split(",")[1] }}',
						},
					],
				},
				options: {},
			},
		},
		{
			id: 'file',
			name: 'Convert to File',
			type: 'n8n-nodes-base.convertToFile',
			typeVersion: 1.1,
			position: [600, 0],
			parameters: {
				operation: 'toBinary',
				sourceProperty: 'image',
				options: { fileName: 'image.png', mimeType: 'image/png' },
			},
		},
	];
}
