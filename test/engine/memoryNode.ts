import type { INodeType, INodeTypeDescription, ISupplyDataFunctions } from 'n8n-workflow';

export interface StoredMessage {
	type: string;
	content: unknown;
}

/** What a memory does for a chat, in this order. */
type Task = 'supply' | 'read' | 'save';

/** Stands in for n8n's memory nodes: keeps messages by the `sessionId` of the item, as theirs do. */
export function createMemoryNode() {
	const sessions = new Map<string, StoredMessage[]>();
	const memory = {
		/** What it fails to do. */
		failOn: undefined as Task | undefined,
		/** What it begins and never ends. */
		stuckOn: undefined as Task | undefined,
		/** Told when it is stuck. */
		onStuck: () => {},
		/** What stands in the place of its members, if any of them is another than that of n8n's. */
		members: {} as object,
		/** How many of its messages it tells, if set. */
		window: undefined as number | undefined,

		/** The messages of a session. */
		session(id = 'one'): StoredMessage[] {
			const messages = sessions.get(id) ?? [];
			sessions.set(id, messages);
			return messages;
		},
	};

	async function begin(task: Task): Promise<void> {
		if (memory.failOn === task) throw new Error(`Cannot ${task} the messages`);
		if (memory.stuckOn !== task) return;
		memory.onStuck();
		await new Promise(() => {});
	}

	function chatMemory(messages: StoredMessage[]) {
		const told = async () => {
			await begin('read');
			return messages.map(({ type, content }) => ({ _getType: () => type, content }));
		};
		return {
			memoryKey: 'chat_history',
			chatHistory: { getMessages: told },
			loadMemoryVariables: memory.window
				? async () => ({ chat_history: (await told()).slice(-memory.window!) })
				: undefined,
			async saveContext({ input }: { input: string }, { output }: { output: string }) {
				await begin('save');
				// Another turn that ran beside this one would get in between.
				messages.push({ type: 'human', content: input });
				await new Promise(setImmediate);
				messages.push({ type: 'ai', content: output });
			},
			...memory.members,
		};
	}

	const node: INodeType = {
		description: {
			displayName: 'Memory of the Tests',
			name: 'testMemory',
			group: ['transform'],
			version: 1,
			defaults: { name: 'Memory' },
			inputs: [],
			outputs: ['ai_memory'],
			properties: [],
		} as unknown as INodeTypeDescription,

		async supplyData(this: ISupplyDataFunctions, itemIndex: number) {
			await begin('supply');
			const id = this.evaluateExpression('{{ $json.sessionId }}', itemIndex);
			return { response: chatMemory(memory.session(id as string | undefined)) };
		},
	};
	return Object.assign(memory, { node });
}
