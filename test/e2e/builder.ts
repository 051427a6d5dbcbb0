import type { Locator } from 'playwright-core';

import type { Editor } from './browser';
import type { Server } from './server';
import { until } from './until';

/** What a user does to build a flow on an empty canvas: clicks and types, nothing is imported. */
export function builderOf(editor: Editor, server: Pick<Server, 'rest'>) {
	const { page, by } = editor;
	const list = page.locator('.el-select-dropdown__item:visible');
	const inCreator = (name: string) => by('node-creator-item-name').getByText(name, { exact: true });
	/** A field of the open node, with what belongs to it. */
	const field = (name: string) => by(`parameter-input-${name}`);
	/** Above the panel of a node stands the one that it is a part of. */
	const parent = by('floating-node');
	const errors = (testId: string) => by('output-panel').getByTestId(testId);

	/** Waits until n8n has saved what was typed: it takes it a moment later, and may run before. */
	async function saved(text: string): Promise<void> {
		const holds = async () => {
			const [, id] = /\/workflow\/(\w+)/.exec(page.url()) ?? [];
			// A new workflow has its address before it is saved.
			const workflow = await server.rest(`/workflows/${id}`).catch(() => undefined);
			return JSON.stringify(workflow)?.includes(JSON.stringify(text)) || undefined;
		};
		await until(`n8n has saved ${text}`, holds);
	}

	async function findNode(name: string): Promise<void> {
		await by('node-creator-search-bar').fill(name);
		await inCreator(name).click();
	}

	async function choose(name: string, option: string): Promise<void> {
		await field(name).locator('input').click();
		await list.getByText(option, { exact: true }).click();
		await list.first().waitFor({ state: 'hidden' });
	}

	async function closeNode(): Promise<void> {
		await by('ndv-close-button').click();
		await by('ndv').waitFor({ state: 'hidden' });
	}

	return {
		field,
		choose,
		closeNode,
		saved,

		/** Puts a trigger on an empty canvas; the panel of some opens. */
		startWith: async (trigger: string) => {
			await editor.openWorkflow('new');
			await by('canvas-plus-button').click();
			await inCreator(trigger).click();
			await by('canvas-handle-plus').waitFor();
		},

		/** Adds a node behind the last one, by one of its actions if it has some; its panel opens. */
		addNext: async (node: string, action?: string) => {
			await by('canvas-handle-plus').last().click();
			await findNode(node);
			if (action !== undefined) await inCreator(action).click();
			await by('ndv').waitFor();
		},

		/** Adds a node below the open one; its panel opens in the place of that. */
		addBelow: async (kind: string, node: string) => {
			await by(`add-subnode-${kind}-0`).click();
			await inCreator(node).click();
			await parent.waitFor();
		},

		openBelow: async (node: string) => {
			await page.locator(`[data-test-id="floating-subnode"][data-node-name="${node}"]`).click();
			await parent.waitFor();
		},

		/** Goes from a node below another one back to that. */
		goUp: async () => {
			await parent.click();
			await page
				.getByTestId(/^subnode-connection-group-/)
				.first()
				.waitFor();
		},

		addOption: async (option: string) => {
			await by('collection-parameter-add').click();
			await list.getByText(option, { exact: true }).click();
		},

		/** Whether a field that is on or off is on. */
		isOn: async (name: string): Promise<boolean> => {
			const state = await field(name).locator('[role=switch]').getAttribute('aria-checked');
			return state === 'true';
		},

		/** Types a text, in the place of an expression if one stands there. */
		type: async (name: string, text: string) => {
			const item = by('parameter-item').filter({ has: field(name) });
			if ((await field(name).locator('textarea').count()) === 0) {
				await item.hover();
				await item.getByTestId('radio-button-fixed').click();
			}
			await field(name).locator('textarea').fill(text);
			await saved(text);
		},

		typeModel: async (id: string) => {
			const mode = by('rlc-mode-selector').locator('input');
			if ((await mode.inputValue()) !== 'By ID') {
				await mode.click();
				await list.getByText('By ID', { exact: true }).click();
			}
			await by('rlc-input').fill(id);
			await saved(id);
		},

		run: async () => await by('node-execute-button').click(),

		/** Waits until the panel of the node shows an error, and gives what stands below it. */
		failure: async (message: RegExp): Promise<string> => {
			await errors('node-error-message').getByText(message).waitFor();
			return await errors('node-error-description').innerText();
		},

		success: async () => await by('ndv').getByTestId('node-run-status-success').waitFor(),
	};
}

/** What the chat of the editor holds, and how to write in it. */
export function chatOf({ by }: Editor) {
	const panel = by('canvas-chat');
	const box = panel.locator('textarea');
	return {
		panel,
		images: panel.locator('img[src*="/binary-data/signed"]'),
		open: async () => {
			if ((await box.count()) === 0) await by('workflow-chat-button').first().click();
			await box.waitFor();
		},
		say: async (text: string) => {
			await box.fill(text);
			await box.press('Enter');
		},
	};
}

/** How much of its text an element shows before n8n cuts it. */
export async function shownPart(element: Locator): Promise<string> {
	return await element.evaluate((node) => {
		// The types of a browser are not those of this program.
		const { document, getComputedStyle } = globalThis as never as {
			document: { createElement(name: string): { getContext(kind: string): Pen } };
			getComputedStyle(of: unknown): Record<string, string>;
		};
		interface Pen {
			font: string;
			measureText(text: string): { width: number };
		}
		const { value, innerText, clientWidth } = node as never as {
			value?: string;
			innerText: string;
			clientWidth: number;
		};
		const text = (value ?? innerText).trim();
		const style = getComputedStyle(node);
		const pen = document.createElement('canvas').getContext('2d');
		pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
		const padding = Number.parseFloat(style.paddingLeft!) + Number.parseFloat(style.paddingRight!);
		const room = clientWidth - padding;
		if (pen.measureText(text).width <= room) return text;
		let end = text.length;
		while (end > 0 && pen.measureText(`${text.slice(0, end)}…`).width > room) end--;
		return text.slice(0, end);
	});
}
