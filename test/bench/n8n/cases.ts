/** What goes through n8n in one execution. */
export interface Case {
	name: string;
	title: string;
	/** Size of each image, in MiB. */
	mebibytes: number;
	images: number;
	/** How long the API thinks about an image, in ms. */
	latencyMs: number;
	/** Whether as many images as large go in. */
	isEdit: boolean;
	/**
	 * How many executions in a row are measured as one, by their mean: a short one leaves its garbage
	 * to those behind it, and chance weighs more in it.
	 */
	executions: number;
	/** How often it is measured, in a new n8n each time. */
	repeats: number;
}

const ONE = { images: 1, latencyMs: 0, isEdit: true, executions: 1, repeats: 3 };

/** What a process does before it is measured. */
export const WARM_UP: Case = { ...ONE, name: 'warm', title: 'warm-up', mebibytes: 1 };

export const CASES: Case[] = [
	{ ...ONE, name: '1.5', title: '1.5 MiB in and out', mebibytes: 1.5, executions: 10, repeats: 5 },
	{ ...ONE, name: '24', title: '24 MiB in and out', mebibytes: 24 },
	{ ...ONE, name: '24-out', title: '24 MiB out only', mebibytes: 24, isEdit: false },
	{
		...ONE,
		name: 'many',
		title: '20 images of 1.5 MiB in and out, 300 ms each',
		mebibytes: 1.5,
		images: 20,
		latencyMs: 300,
	},
];

/** Bytes of the images that go in and out. */
export function imageBytes({ mebibytes, images, isEdit }: Case): number {
	return (isEdit ? 2 : 1) * images * mebibytes * 1024 * 1024;
}

/** Where the stand-in of the APIs answers for a case. */
export function pathOf({ latencyMs, mebibytes }: Case): string {
	return `/${latencyMs}/${mebibytes}`;
}
