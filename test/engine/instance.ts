import { serve } from '../server';
import type { Engine } from './index';

/** The part of an n8n that hands out files by the links it has signed. */
export interface Instance {
	url: string;
	/** Addresses that were asked for, in order. */
	asked: string[];
	close(): Promise<void>;
}

const PATH = '/rest/binary-data/signed';

/** Answers as n8n's own controller does: 400 with the reason for a bad link, 404 for a lost file. */
export async function startInstance(engine: Engine): Promise<Instance> {
	const asked: string[] = [];
	const { origin, close } = await serve((request, response) => {
		const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
		asked.push(String(request.url));
		const answer = (status: number, text = '') => void response.writeHead(status).end(text);
		if (pathname !== PATH) return answer(404);
		engine.openSigned(searchParams.get('token') ?? '').then(
			({ content, fileSize, mimeType }) => {
				response.writeHead(200, { 'Content-Length': fileSize, 'Content-Type': mimeType });
				content.pipe(response);
				// Whoever asked may have gone before the end of the file.
				response.on('close', () => content.destroy());
			},
			(error: Error) => {
				const isBadLink = /^(?:JsonWebToken|TokenExpired)Error$/.test(error.name);
				answer(isBadLink ? 400 : 404, isBadLink ? error.message : '');
			},
		);
	});
	return { url: origin, asked, close };
}
