import { resolve } from 'node:path';

export const root = resolve(__dirname, '../..');

const SERVICE_URL = 'https://api-xmodel.nexconn.ai/v1';
const EMULATOR_KEY = 'emulator-key';
const FORMATS = ['apiKey', 'bearer'];

export interface Settings {
	/** Missing: the demo starts the emulator. */
	service?: Service;
	/** An empty folder. Missing: a new one in `demo-output`. */
	output?: string;
}

export interface Service {
	apiKey: string;
	authorizationFormat: string;
	baseUrl: string;
}

/** The environment variables, blank ones as if they were not set. */
export function readSettings(env = process.env): Settings {
	const read = (name: string) => env[name]?.trim() || undefined;
	const apiKey = read('NEXCONN_API_KEY');
	const baseUrl = read('NEXCONN_BASE_URL');
	const authorizationFormat = read('NEXCONN_AUTHORIZATION_FORMAT') ?? 'apiKey';
	if (!FORMATS.includes(authorizationFormat)) {
		throw new Error(
			`NEXCONN_AUTHORIZATION_FORMAT is '${authorizationFormat}', but it takes ${FORMATS.join(' or ')}.`,
		);
	}
	const output = read('DEMO_OUTPUT');
	// An address without a key is most likely that of `npm run emulator`.
	if (!apiKey && !baseUrl) return { output };
	return {
		output,
		service: {
			apiKey: apiKey ?? EMULATOR_KEY,
			authorizationFormat,
			baseUrl: baseUrl ?? SERVICE_URL,
		},
	};
}
