import type {
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';

const DEFAULT_BASE_URL = 'https://api-xmodel.nexconn.ai/v1';

const range = (from: number, to: number): number[] =>
	Array.from({ length: to - from + 1 }, (_each, index) => from + index);

type Failure = [statuses: number[], message: string];

/** The service itself refuses a completion of no messages, whoever asks. */
const accepted = (status: number): Failure => [
	[status],
	`The service answered ${status}, so the key could not be tested. That was a web page, or a gateway that answers errors with ${status}. The Base URL usually ends in /v1; if it does, try the node.`,
];

/** Answers to the test that do not prove the key, and what they say of the credential. */
const FAILURES: Failure[] = [
	...[200, 201, 202, 203, 204, 206].map(accepted),
	// To follow one would hand the key to whoever it leads to.
	[
		[300, 301, 302, 303, 304, 307, 308],
		'The Base URL redirects. Enter the address that it redirects to.',
	],
	[
		[401, 403],
		'Nexconn refused the key. Check it, or try the other Authorization Format: some accounts take the plain key, others "Bearer" and the key.',
	],
	[[404, 405, 410], 'There is no Nexconn API at this Base URL. It usually ends in /v1.'],
	[
		[407, 511],
		'A proxy or network wants n8n to sign in, so the key could not be tested. Check network and proxy of the n8n server.',
	],
	[
		[408, ...range(500, 504), ...range(520, 530)],
		'The service failed, so the key could not be tested. Try again later.',
	],
];

/** What may stand behind the API root: slashes, or an endpoint pasted with it. */
const TAIL = /\/{1,9}(?:chat\/completions\/{0,9})?$/;

/** The API root of a credential, without a slash at the end. */
export function apiRootOf(credentials: ICredentialDataDecryptedObject): string {
	return String(credentials.baseUrl).trim().replace(TAIL, '');
}

export function isApiRoot(root: string): boolean {
	return /^https?:/i.test(root) && URL.canParse(root) && !hasUser(root);
}

/** The HTTP client would send a user of the address in the place of the key. */
function hasUser(root: string): boolean {
	const { username, password } = new URL(root);
	return username !== '' || password !== '';
}

/** What may stand in front of the host, up to its mark, which somebody may have encoded. */
const USER = /^.*(?:[@＠﹫]|%40)/s;

/** What is wrong with a Base URL from which no API root comes. */
export function describeBadBaseUrl(baseUrl: string): string {
	const host = baseUrl.replace(USER, '***@');
	// What stands behind a colon and is no port may be a password, too.
	const shown = host.replace(/(\/\/[^/:[]*:)(?!\d{1,5}(?:\/|$))[^/]*/, '$1***').slice(0, 100);
	const what = USER.test(baseUrl) ? 'holds a user or password' : 'is no http(s) address';
	if (baseUrl.trim() === '') return 'The Base URL of the credential is empty';
	return `The Base URL of the credential '${shown}' ${what}`;
}

/**
 * The key as it is sent, and as it is looked for in foreign text: without what nobody sees and what
 * no header takes, which the HTTP client would drop.
 */
export function apiKeyOf(credentials: ICredentialDataDecryptedObject): string {
	return String(credentials.apiKey)
		.replace(/(?! )[\p{C}\p{Z}]|[^\p{ASCII}\u{80}-\u{ff}]/gu, '')
		.trim();
}

/** A key that was pasted with the prefix of its header, without it. */
export function withoutBearer(key: string): string {
	return key.replace(/^bearer\s+/i, '');
}

/** The value of the Authorization header. */
function authorizationOf(credentials: ICredentialDataDecryptedObject): string {
	const key = apiKeyOf(credentials);
	return credentials.authorizationFormat === 'bearer' ? `Bearer ${withoutBearer(key)}` : key;
}

export class NexconnApi implements ICredentialType {
	name = 'nexconnApi';

	displayName = 'Nexconn API';

	icon = {
		light: 'file:../nodes/GeminiImage/geminiImage.svg',
		dark: 'file:../nodes/GeminiImage/geminiImage.dark.svg',
	} as const;

	documentationUrl = 'https://github.com/nexconn/n8n-nodes-nexconn#credentials';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			placeholder: 'e.g. sk-0123456789abcdef',
			description:
				'Keys are made in the <a href="https://console.nexconn.ai" target="_blank">Nexconn console</a>; <a href="https://nexconn-ai-docs.apifox.cn" target="_blank">Nexconn\'s documentation</a> has a page on it',
		},
		{
			displayName: 'Authorization Format',
			name: 'authorizationFormat',
			type: 'options',
			options: [
				{
					name: 'API Key',
					value: 'apiKey',
					description: 'Authorization: KEY, as the Nexconn reference shows it',
				},
				{
					name: 'Bearer Token',
					value: 'bearer',
					description: 'Authorization: Bearer KEY, as most OpenAI-compatible services take it',
				},
			],
			default: 'apiKey',
			description: 'How the key is sent. Try the other format if a valid key is refused.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: DEFAULT_BASE_URL,
			placeholder: `e.g. ${DEFAULT_BASE_URL}`,
			description: 'The address of the API, up to and including /v1',
		},
	];

	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		requestOptions: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const { baseURL } = requestOptions;
		// The request of the test has one. Of an address that is none, n8n would show a code alone.
		if (baseURL !== undefined && !isApiRoot(baseURL)) throw new Error(describeBadBaseUrl(baseURL));
		return {
			...requestOptions,
			headers: { ...requestOptions.headers, Authorization: authorizationOf(credentials) },
		};
	}

	/**
	 * Asks for a completion of no messages: a right key is answered with 400, a wrong one with 401, and
	 * nothing is generated. `GET /models` would not do, as it may need no key.
	 */
	test: ICredentialTestRequest = {
		request: {
			method: 'POST',
			baseURL: `={{ $credentials.baseUrl.trim().replace(${TAIL}, '') }}`,
			url: '/chat/completions',
			body: { model: 'gemini-2.5-flash-image', messages: [] },
			ignoreHttpStatusErrors: { ignore: true, except: FAILURES.flatMap(([statuses]) => statuses) },
			disableFollowRedirect: true,
		},
		rules: FAILURES.flatMap(([statuses, message]) =>
			statuses.map((value) => ({
				type: 'responseCode' as const,
				properties: { value, message },
			})),
		),
	};
}
