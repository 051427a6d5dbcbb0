import { WebSocket } from 'undici';

import type { Server } from './server';
import { photo } from './pictures';
import { until } from './until';

const SESSION = 'visitor';
/** n8n looks for an answer every 3 s. */
const ANSWER_MS = 60_000;
const HEARTBEAT = 'n8n|heartbeat';

/**
 * A visitor of a published chat, who opens it with the photo. It speaks to n8n as n8n's chat page
 * does, which would load its script from the internet.
 */
export async function openConversation(server: Server, webhookId: string, text: string) {
	const message = { action: 'sendMessage', sessionId: SESSION, chatInput: text };
	const form = new FormData();
	for (const [name, value] of Object.entries(message)) form.append(name, value);
	form.append('files', new Blob([photo], { type: 'image/jpeg' }), 'photo.jpg');
	const response = await server.call(`/webhook/${webhookId}/chat`, form);
	const started = (await response.json()) as { executionId: string; resumeToken: string };
	const query = new URLSearchParams({
		sessionId: SESSION,
		isPublic: 'true',
		executionId: started.executionId,
		token: started.resumeToken,
	});
	const socket = new WebSocket(`${server.url.replace('http', 'ws')}/chat?${query}`);
	const answers: string[] = [];
	socket.addEventListener('message', ({ data }) => {
		if (data === HEARTBEAT) socket.send(`${HEARTBEAT}-ack`);
		else if (!String(data).startsWith('n8n|')) answers.push(String(data));
	});

	const answer = async () => await until('an answer', () => answers.shift(), ANSWER_MS);
	return {
		executionId: started.executionId,
		answer,
		say: async (chatInput: string) => {
			socket.send(JSON.stringify({ ...message, chatInput }));
			return await answer();
		},
		close: () => socket.close(),
	};
}
