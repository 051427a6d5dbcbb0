import { operations } from '../../../../nodes/GeminiImage/operations';
import { planRequests } from '../../../../nodes/GeminiImage/operations/plan';
import { contextOf, DEFAULT_OPTIONS, DESCRIBE } from '../../helpers';

const ALL = [...operations, DESCRIBE];

/** What some operation does not have, with a value that nothing takes. */
const FIELDS = { numberOfImages: 'many' };
const OPTIONS = {
	binaryPropertyOutput: {},
	combineItems: 'perhaps',
	endpoint: 'nonsense',
	fileName: {},
	history: 'x',
	imageLink: 'perhaps',
	imageLinkHours: 'many',
	imagesPerReply: 'some',
};
const VALUES: Record<string, unknown> = { ...FIELDS, ...OPTIONS };
const NO_IMAGES = ['endpoint', 'fileName', 'imageLink', 'imageLinkHours', 'imagesPerReply'];

/** By the operation that does not have them. */
const HIDDEN: Record<string, string[]> = {
	chat: ['numberOfImages', 'endpoint'],
	imageToImage: ['history'],
	textToImage: ['history', 'combineItems'],
	describe: ['numberOfImages', 'history', 'binaryPropertyOutput', ...NO_IMAGES],
};

function plan(operation: string, name: string) {
	const values = name in FIELDS ? FIELDS : { options: { [name]: VALUES[name] } };
	const found = ALL.find(({ value }) => value === operation);
	return planRequests(contextOf(values), found!).requests;
}

const rows = ALL.flatMap(({ value }) => Object.keys(VALUES).map((name) => [value, name] as const));
const isHidden = ([operation, name]: (typeof rows)[number]) => HIDDEN[operation]?.includes(name);

test.each(rows.filter(isHidden))(
	'The operation %s does not read the value of %s, which it does not have',
	(operation, name) => {
		const group = { itemIndex: 0, itemIndexes: [0] };
		const request = {
			...group,
			number: 0,
			count: 1,
			place: 0,
			places: 1,
			options: DEFAULT_OPTIONS,
		};
		expect(plan(operation, name)).toEqual([request]);
	},
);

test.each(rows.filter((row) => !isHidden(row)))(
	'The operation %s refuses a value of %s that nothing takes',
	(operation, name) => {
		expect(plan(operation, name)).toMatchObject([{ failure: { details: {} } }]);
	},
);
