import { sha256 } from './drawnImages';
import type { startReceiver } from './receiver';
import type { Server } from './server';
import { until } from './until';

type Receiver = Awaited<ReturnType<typeof startReceiver>>;

const TOKEN = '123:token';
const METHODS = `/bot${TOKEN}`;
const ID = 'photo';

/** A Telegram whose users write to one bot; `credential` is what leads a workflow to it. */
export function standInTelegram(receiver: Receiver) {
	/** What the bot has sent, one call after the other. */
	const calls = () => receiver.received.filter(({ path }) => path.startsWith(`${METHODS}/send`));
	/** Where the bot wants its messages; n8n says so after the workflow is published. */
	const hook = async () => {
		const body = await until('a published bot', () => {
			const last = receiver.received.findLast(({ path }) => path.endsWith('Webhook'));
			return last?.path === `${METHODS}/setWebhook` ? last.body : undefined;
		});
		return JSON.parse(body.toString()) as { url: string; secret_token: string };
	};

	/** What the bot sends next, after that many calls. */
	const answerAfter = async (before: number) => {
		const { path, body, headers } = await until('an answer', () => calls()[before]);
		const answer = await readAnswer(body, headers['content-type'] ?? '');
		return { method: path.slice(METHODS.length + 1), ...answer };
	};

	return {
		credential: { accessToken: TOKEN, baseUrl: receiver.url },
		calls,
		answerAfter,

		/** Somebody writes to the bot, with or without a photo, and waits for its answer. */
		async write(server: Server, chatId: number, text: string, photo?: Buffer) {
			// The trigger asks with the first, and the node Get a file with the second.
			receiver.answers.set(`${METHODS}/getFile?file_id=${ID}`, fileInfo);
			receiver.answers.set(`${METHODS}/getFile`, fileInfo);
			if (photo) receiver.answers.set(`/file${METHODS}/photos/file_0.jpg`, photo);
			const before = calls().length;
			const chat = { id: chatId, type: 'private' };
			const sizes = [{ file_id: ID, width: 640, height: 480 }];
			const words = photo ? { photo: sizes, ...(text && { caption: text }) } : { text };
			const { url, secret_token: secret } = await hook();
			const update = { update_id: before, message: { message_id: before, chat, ...words } };
			const headers = { 'x-telegram-bot-api-secret-token': secret };
			const response = await server.call(new URL(url).pathname, update, headers);
			if (!response.ok) throw new Error(`n8n answered ${response.status}`);
			return await answerAfter(before);
		},
	};
}

const fileInfo = { ok: true, result: { file_id: ID, file_path: 'photos/file_0.jpg' } };

interface Answer {
	fields: Record<string, unknown>;
	/** The hash of the photo. */
	photo?: string;
	fileName?: string;
	mimeType?: string;
}

/** What the bot sent: fields, and maybe a photo. */
async function readAnswer(body: Buffer, type: string): Promise<Answer> {
	if (!type.startsWith('multipart/')) {
		return { fields: JSON.parse(body.toString()) as Record<string, unknown> };
	}
	const form = await new Response(new Uint8Array(body), {
		headers: { 'content-type': type },
	}).formData();
	const file = form.get('photo') as File;
	const fields = Object.fromEntries([...form].filter(([, value]) => typeof value === 'string'));
	return {
		fields,
		photo: sha256(new Uint8Array(await file.arrayBuffer())),
		fileName: file.name,
		mimeType: file.type,
	};
}
