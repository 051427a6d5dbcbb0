import type {
	ICredentialDataDecryptedObject,
	ICredentialsHelper,
	ICredentialType,
	IHttpRequestOptions,
} from 'n8n-workflow';

/** The same for each item, or as an expression gives it for the item with that index. */
export type CredentialData =
	| ICredentialDataDecryptedObject
	| ((itemIndex: number) => ICredentialDataDecryptedObject);

/** Stands in for n8n's credential store: holds `data` decrypted, one credential a type. */
export function createCredentialsHelper(
	types: ICredentialType[],
	data: Record<string, CredentialData>,
): ICredentialsHelper {
	const find = (name: string) => types.find((type) => type.name === name);

	async function authenticate(
		credentials: ICredentialDataDecryptedObject,
		typeName: string,
		options: unknown,
	): Promise<IHttpRequestOptions> {
		const type = find(typeName);
		if (typeof type?.authenticate !== 'function')
			throw new Error(`Cannot authenticate ${typeName}`);
		return await type.authenticate(credentials, options as IHttpRequestOptions);
	}

	const notNeeded = () => Promise.reject(new Error('The engine of the tests has no such thing'));
	return {
		authenticate,
		getParentTypes: () => [],
		isCredentialUsableByNode: () => true,
		preAuthentication: async () => undefined,
		runPreAuthentication: async () => undefined,
		getDecrypted: async (_additional, _credentials, type, _mode, _execute, _raw, defaults) => {
			const own = data[type];
			return { ...(typeof own === 'function' ? own(defaults?.itemIndex ?? 0) : own) };
		},
		getCredentialsProperties: (type) => find(type)?.properties ?? [],
		getCredentials: notNeeded,
		updateCredentials: notNeeded,
		updateCredentialsOauthTokenData: notNeeded,
	};
}
