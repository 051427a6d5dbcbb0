import { ESLint } from 'eslint';

/** Lints texts (JSON in the argument: `[{ filePath, text }]`) and prints the rules that each breaks. */
const eslint = new ESLint();
const broken = [];
for (const { filePath, text } of JSON.parse(process.argv[2])) {
	const [{ messages }] = await eslint.lintText(text, { filePath });
	broken.push(messages.map(({ ruleId, message }) => ruleId ?? message));
}
console.log(JSON.stringify(broken));
