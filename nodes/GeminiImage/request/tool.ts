import type { IExecuteFunctions } from 'n8n-workflow';

/**
 * Whether an agent runs the node. n8n gives a node that is used as a tool a type of its own, by
 * this ending; `isToolExecution` is true only where the agent itself, not the engine, runs it.
 */
export function isTool(context: IExecuteFunctions): boolean {
	return context.getNode().type.endsWith('Tool') || (context.isToolExecution?.() ?? false);
}
