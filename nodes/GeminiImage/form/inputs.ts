import type { OperationFacts } from './operationFacts';

/** The node's inputs as n8n reads them: a conversation has one for its memory. */
export function inputsFor(operations: OperationFacts[]): `={{${string}}}` {
	const conversations = operations.filter(({ hasHistory }) => hasHistory);
	const values = JSON.stringify(conversations.map(({ value }) => value));
	const memory = JSON.stringify({ type: 'ai_memory', displayName: 'Memory', maxConnections: 1 });
	return `={{ ${values}.includes($parameter.operation) ? ["main", ${memory}] : ["main"] }}`;
}
