import { createHash } from 'node:crypto';
import type { IBinaryData, IDataObject, INodeParameters } from 'n8n-workflow';

import { startInstance } from '../engine/instance';
import { imageFile, startHarness, type NodeRunOptions } from './harness';

export const NODE = 'Gemini Image';

/** Chats with the node in an n8n that hands out its files by signed links. */
export async function startChat() {
	const harness = await startHarness();
	const { engine, emulator } = harness;
	const instance = await startInstance(engine);

	return {
		engine,
		emulator,
		/** Where this n8n is. */
		url: instance.url,
		/** Addresses that n8n was asked for. */
		asked: instance.asked,

		/** One turn. */
		async say(prompt: string, options: NodeRunOptions = {}, parameters: INodeParameters = {}) {
			const { output, ...result } = await harness.run(
				{ operation: 'chat', prompt, ...parameters },
				{ instanceUrl: instance.url, ...options },
			);
			const item = output(NODE)[0];
			return { ...result, item, json: item?.json ?? {}, body: harness.lastBody() };
		},

		/** An image of one colour, as a file of n8n. */
		async store(colour: string) {
			const bytes = await imageFile('png', colour);
			const file = await engine.store(bytes, `${colour}.png`, 'image/png');
			return { file, hash: sha256(bytes) };
		},

		/** A link to a file, as n8n makes it. */
		linkTo: (file: IBinaryData, expiresIn = '1 day') =>
			`${instance.url}/rest/binary-data/signed?token=${engine.sign(file, expiresIn)}`,

		async close() {
			await instance.close();
			await harness.close();
		},
	};
}

export type Chat = Awaited<ReturnType<typeof startChat>>;

export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** The parameters of a turn with earlier messages. */
export const asHistory = (messages: object[]): INodeParameters => ({
	options: { history: JSON.stringify(messages) },
});

/** The images of the newest message of a request, as the emulator records them. */
export function sentImages(body: IDataObject): string[] {
	const { content } = (body.messages as IDataObject[]).at(-1) as { content: unknown };
	if (typeof content === 'string') return [];
	return (content as Array<{ image_url?: { url: string } }>).flatMap(({ image_url: image }) =>
		image ? [image.url] : [],
	);
}

/** A link with another signature than that of n8n. */
export const forge = (link: string) => `${link.slice(0, -8)}ABCDEFGH`;
