import { chat } from './chat';
import { imageToImage } from './imageToImage';
import type { Operation } from './operation';
import { textToImage } from './textToImage';

/** In the order of the form. */
export const operations: Operation[] = [chat, imageToImage, textToImage];
