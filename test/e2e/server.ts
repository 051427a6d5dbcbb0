import { startServer, type Environment } from './n8n';
import type { Workflow } from './flows';
import { until } from './until';

export const OWNER = { email: 'owner@example.com', password: 'Gemini2026' };
const ANSWER_MS = 60_000;

interface Settings {
	userManagement: { showSetupOnFirstLoad: boolean };
}

interface Execution {
	id: string;
	status: string;
	finished: boolean;
	/** Items, hints and errors of its nodes, as one text. */
	data: string;
}

/** An n8n that runs, with what the editor asks of it on behalf of its owner. */
export async function openServer(environment: Environment) {
	const { url, log, stop, ended } = await startServer(environment);
	let cookie = '';

	async function ask(path: string, method = 'GET', body?: object): Promise<Response> {
		const response = await fetch(`${url}${path}`, {
			method,
			headers: { cookie, 'content-type': 'application/json' },
			body: body && JSON.stringify(body),
			signal: AbortSignal.timeout(ANSWER_MS),
		});
		if (response.ok) return response;
		throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
	}

	async function rest<T>(path: string, method?: string, body?: object): Promise<T> {
		const response = await ask(`/rest${path}`, method, body);
		return ((await response.json()) as { data: T }).data;
	}

	async function enter(path: string, body: object): Promise<void> {
		const response = await ask(path, 'POST', body);
		cookie = response.headers
			.getSetCookie()
			.map((entry) => entry.split(';')[0])
			.join('; ');
	}

	const setUpOwner = async () =>
		await enter('/rest/owner/setup', { ...OWNER, firstName: 'Test', lastName: 'Owner' });

	/** Where the owner was set up before; one who has changed the password signs in in the browser. */
	async function signIn(): Promise<void> {
		const { email, password } = OWNER;
		await enter('/rest/login', { emailOrLdapLoginId: email, password }).catch(() => undefined);
	}

	/** Saves a workflow and publishes it, so that its trigger listens. */
	async function publish(workflow: Workflow): Promise<string> {
		const saved = await rest<{ id: string; versionId: string }>('/workflows', 'POST', workflow);
		const { id, versionId } = saved;
		await rest(`/workflows/${id}/activate`, 'POST', { versionId });
		return id;
	}

	const unpublish = async (id: string) => await rest(`/workflows/${id}/deactivate`, 'POST', {});

	/** What n8n has written down of the newest execution of a workflow. */
	async function newestExecution(workflowId: string): Promise<Execution | undefined> {
		const filter = encodeURIComponent(JSON.stringify({ workflowId }));
		const { results } = await rest<{ results: Execution[] }>(
			`/executions?filter=${filter}&limit=1`,
		);
		return results[0] && (await rest(`/executions/${results[0].id}`));
	}

	async function callOnce(
		path: string,
		body: FormData | object,
		headers: Record<string, string>,
	): Promise<Response> {
		const isForm = body instanceof FormData;
		return await fetch(`${url}${path}`, {
			method: 'POST',
			headers: { ...headers, ...(isForm ? {} : { 'content-type': 'application/json' }) },
			body: isForm ? body : JSON.stringify(body),
			signal: AbortSignal.timeout(ANSWER_MS),
		});
	}

	/** Calls a production webhook or form, which listens a moment after it was published. */
	async function call(
		path: string,
		body: FormData | object = {},
		headers: Record<string, string> = {},
	): Promise<Response> {
		return await until(`${path} listens`, async () => {
			const response = await callOnce(path, body, headers);
			if (response.status !== 404) return response;
			await response.body?.cancel();
			return undefined;
		});
	}

	try {
		const { userManagement } = await rest<Settings>('/settings');
		await (userManagement.showSetupOnFirstLoad ? setUpOwner() : signIn());
	} catch (error) {
		await stop();
		throw error;
	}
	return { url, log, stop, ended, ask, rest, publish, unpublish, newestExecution, call };
}

export type Server = Awaited<ReturnType<typeof openServer>>;
