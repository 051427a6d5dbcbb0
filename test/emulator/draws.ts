import type { ImageSettings } from './settings';

const PICTURE_WORDS =
	/\b(draw\w*|drew|paint\w*|picture\w*|image\w*|photo\w*|sketch\w*|render\w*|generat\w*|illustrat\w*|edit\w*|make (it|them|this|that)|turn (it|this) into|change|replace|remove|recolou?r\w*|logo|icon|poster|portrait|banner|wallpaper|cartoon|watercolou?r|pixel art)\b|画|绘|图|照片|生成/i;
const NO_PICTURE =
	/\b(no|without( an?)?|don't|do not) (picture|image|photo|draw\w*)\w*|\b(text|words) only\b|\bonly (text|words)\b/i;
const TALK =
	/\?\s*$|^\s*(hello|hi|hey|thanks|thank|ok|okay|yes|no|please|tell|say|explain|write|list|count|describe|summari[sz]e|translate|remember|answer|reply|just)\b|\b(i|i'm|my|me|you|your)\b/i;
const DESCRIPTION = /^\s*(an?|the|one|two|three|four|some)\s/i;

/**
 * The model draws when asked to. A first message that reads like a bare description ("a red fox")
 * is drawn as well, as the real model does; small talk is answered with text.
 */
export function asksForPicture(
	last: { text: string; images: string[] },
	hasHistory: boolean,
	settings: ImageSettings,
): boolean {
	const { text } = last;
	if (NO_PICTURE.test(text)) return false;
	if (last.images.length > 0 || PICTURE_WORDS.test(text)) return true;
	if (settings.aspectRatio ?? settings.imageSize) return true;
	if (hasHistory || text.trim() === '') return false;
	return (DESCRIPTION.test(text) && !/\?\s*$/.test(text)) || !TALK.test(text);
}
