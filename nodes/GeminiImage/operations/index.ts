import { chat } from './chat';
import { imageToImage, textToImage } from './images';
import type { Operation } from './turn';

/** All operations, in the order of the form. */
export const operations: Operation[] = [chat, imageToImage, textToImage];
