import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { buffer, json } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

import { serve } from '../server';
import type { Environment } from './n8n';

/** What n8n says of a file that it puts into a Drive. */
interface FileFacts {
	name: string;
	parents: string[];
	mimeType: string;
	properties: Record<string, string>;
}

interface GooglePart {
	text?: string;
	inline_data?: { data: string };
}

const KEY = 'key';
const GOOGLE = 'https://www.googleapis.com';

/**
 * What workflows call before they move here: OpenAI's API of images, Google's API of models, and a
 * Drive. `draw` makes the images; an n8n with `environment` takes this for Google.
 */
export async function startOtherApis(draw: (prompt: string, image?: Buffer) => Promise<Buffer>) {
	/** What is in the Drive, in the order in which it came. */
	const files: Array<FileFacts & { content: Buffer }> = [];

	async function answerOpenAi({ prompt }: { prompt: string }) {
		return { data: [{ b64_json: (await draw(prompt)).toString('base64') }] };
	}

	async function answerGoogle({ contents }: { contents: [{ parts: GooglePart[] }] }) {
		const { parts } = contents[0];
		const prompt = parts.map(({ text = '' }) => text).join('');
		const sent = parts.flatMap(({ inline_data: file }) => (file ? [file.data] : []));
		const image = await draw(prompt, sent[0] ? Buffer.from(sent[0], 'base64') : undefined);
		const inlineData = { mimeType: 'image/png', data: image.toString('base64') };
		return { candidates: [{ content: { parts: [{ text: 'Here it is.' }, { inlineData }] } }] };
	}

	/** n8n opens an upload with a name, sends the file piece by piece, and tells the rest. */
	async function answerDrive(request: IncomingMessage, response: ServerResponse) {
		const { pathname, searchParams } = new URL(request.url ?? '', GOOGLE);
		if (request.method === 'POST') {
			const upload = `${GOOGLE}${pathname}?upload_id=${files.length}`;
			response.setHeader('location', upload);
			files.push({ ...((await json(request)) as FileFacts), content: Buffer.alloc(0) });
			return {};
		}
		const id = searchParams.get('upload_id') ?? pathname.split('/').at(-1);
		const file = files[Number(id)]!;
		if (request.method === 'PATCH') Object.assign(file, await json(request));
		else file.content = Buffer.concat([file.content, await buffer(request)]);
		return { id, name: file.name };
	}

	async function answer(request: IncomingMessage, response: ServerResponse): Promise<object> {
		const { url = '' } = request;
		if (url.startsWith('/v1/images/generations')) {
			return await answerOpenAi((await json(request)) as { prompt: string });
		}
		if (url.includes(':generateContent')) {
			return await answerGoogle((await json(request)) as { contents: [{ parts: [] }] });
		}
		return await answerDrive(request, response);
	}

	const { origin, close } = await serve(async (request, response) => {
		const { url = '', headers } = request;
		// The address of an upload is a secret itself.
		const hasKey = url.endsWith(`?key=${KEY}`) || url.includes('?upload_id=');
		if (!hasKey && headers.authorization !== `Bearer ${KEY}`) return response.writeHead(401).end();
		const body = JSON.stringify(await answer(request, response));
		response.setHeader('content-type', 'application/json').end(body);
	});

	const NODE_OPTIONS = `--import ${pathToFileURL(join(__dirname, 'detour.ts')).href}`;
	const environment: Environment = { NODE_OPTIONS, GOOGLE_STAND_IN: origin };
	const token = { access_token: KEY, token_type: 'Bearer' };
	/** By their types, each with the name that the workflows call it. */
	const credentials = [
		{ type: 'openAiApi', name: 'OpenAI account', data: { apiKey: KEY, url: `${origin}/v1` } },
		{ type: 'googlePalmApi', name: 'Google Gemini account', data: { host: GOOGLE, apiKey: KEY } },
		{
			type: 'googleDriveOAuth2Api',
			name: 'Google Drive account',
			data: { clientId: 'n8n', clientSecret: KEY, oauthTokenData: token },
		},
	].map((credential) => ({ id: credential.type, ...credential }));
	return { files, environment, credentials, close };
}
