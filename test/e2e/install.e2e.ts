import { createHome, removeHome } from './install';
import { environmentOf } from './n8n';
import { openServer, type Server } from './server';
import { tarball } from './stage';

const NODE = 'n8n-nodes-nexconn.geminiImage';

interface NodeType {
	name: string;
	displayName: string;
	iconUrl: Icons;
	properties: Array<{ name: string }>;
	communityNodePackageVersion: string;
}
interface CredentialType {
	name: string;
	iconUrl: Icons;
	supportedNodes: string[];
	properties: Array<{ name: string }>;
}
interface Icons {
	light: string;
	dark: string;
}

let home: string | undefined;
let server: Server | undefined;

beforeAll(async () => {
	home = await createHome(tarball());
	server = await openServer(environmentOf(home));
});

afterAll(async () => {
	await server?.stop();
	if (home) removeHome(home);
});

async function types<T extends { name: string }>(list: string): Promise<T[]> {
	const all = (await (await server!.ask(`/types/${list}.json`)).json()) as T[];
	return all.filter(({ name }) => /nexconn/i.test(name));
}

test('n8n registers the node, and the tool made of it', async () => {
	const found = await types<NodeType>('nodes');
	expect(found.map(({ name }) => name)).toEqual([NODE, `${NODE}Tool`]);
	expect(found[0]).toMatchObject({ displayName: 'Gemini Image', version: 1 });
	expect(found[0]?.properties.map(({ name }) => name)).toEqual(
		expect.arrayContaining(['operation', 'model', 'prompt', 'options']),
	);
	expect(found[0]?.communityNodePackageVersion).toMatch(/^\d+\.\d+\.\d+/);
});

test('n8n registers the credential type, for the node', async () => {
	const found = await types<CredentialType>('credentials');
	expect(found.map(({ name }) => name)).toEqual(['nexconnApi']);
	expect(found[0]?.supportedNodes).toEqual([NODE]);
	// n8n adds fields of its own, which limit where the key may be sent.
	expect(found[0]?.properties.map(({ name }) => name)).toEqual(
		expect.arrayContaining(['apiKey', 'authorizationFormat', 'baseUrl', 'allowedDomains']),
	);
});

test('The icons of the node and of the credential type load, in light and dark', async () => {
	const both = [
		...(await types<NodeType>('nodes')),
		...(await types<CredentialType>('credentials')),
	];
	const icons = new Set(both.flatMap(({ iconUrl }) => [iconUrl.light, iconUrl.dark]));
	expect(icons.size).toBe(2);
	for (const icon of icons) {
		const response = await server!.ask(`/${icon}`);
		expect(response.headers.get('content-type')).toMatch(/^image\/svg\+xml/);
		expect(await response.text()).toMatch(/^<svg[^>]* xmlns=/);
	}
});

test('n8n says nothing about the package while it starts', () => {
	// The folders of this computer, which may be called like the package, stand in stack traces.
	const log = [home!, process.cwd()].reduce(
		(text, path) => text.replaceAll(path, ''),
		server!.log(),
	);
	expect(log).toContain('Editor is now accessible');
	expect(log.split('\n').filter((line) => /nexconn|gemini/i.test(line))).toEqual([]);
});
