import type { INodeProperties } from 'n8n-workflow';

/** Ten years. */
const MAX_HOURS = 87_600;

/** The options of signed links to the images, in the order of their names. */
export const linkFields: INodeProperties[] = [
	{
		displayName: 'Image Link',
		name: 'imageLink',
		type: 'boolean',
		default: false,
		description:
			'Whether to add a signed link to each image to the output, which agents and chats can pass on. A tool adds it unless this is set.',
	},
	{
		displayName: 'Image Link Hours',
		name: 'imageLinkHours',
		type: 'number',
		typeOptions: { minValue: 0.001, maxValue: MAX_HOURS, numberPrecision: 3 },
		default: 24,
		description:
			'How long the signed links to images work, in hours. Who has the link can open the image for so long, without signing in.',
	},
];
