import type { IExecuteFunctions, INodeExecutionData, INodeType } from 'n8n-workflow';

interface Reply {
	choices: Array<{ message: { images: Array<{ image_url: { url: string } }> } }>;
}

/** The common way: the file as a buffer, as base64 in a JSON body, and the same back. */
export class CommonNode implements INodeType {
	description: INodeType['description'] = {
		displayName: 'Common Way',
		name: 'commonWay',
		group: ['transform'],
		version: 1,
		description: '',
		defaults: { name: 'Common Way' },
		inputs: ['main'],
		outputs: ['main'],
		credentials: [{ name: 'nexconnApi', required: true }],
		properties: [{ displayName: 'URL', name: 'url', type: 'string', default: '' }],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const results: INodeExecutionData[] = [];
		for (const item of this.getInputData().keys()) {
			const input = await this.helpers.getBinaryDataBuffer(item, 'data');
			const url = `data:image/png;base64,${input.toString('base64')}`;
			const content = [
				{ type: 'text', text: 'Paint it blue' },
				{ type: 'image_url', image_url: { url } },
			];
			const reply = (await this.helpers.httpRequestWithAuthentication.call(this, 'nexconnApi', {
				method: 'POST',
				url: this.getNodeParameter('url', item) as string,
				body: { model: 'bench', messages: [{ role: 'user', content }], stream: false },
				json: true,
			})) as Reply;
			const [, base64 = ''] = (reply.choices[0]?.message.images[0]?.image_url.url ?? '').split(',');
			const image = Buffer.from(base64, 'base64');
			const data = await this.helpers.prepareBinaryData(image, 'image.png', 'image/png');
			results.push({ json: {}, binary: { data }, pairedItem: { item } });
		}
		return [results];
	}
}
