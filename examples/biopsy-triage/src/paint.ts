import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Styles a text where standard output is a terminal with colours, and `NO_COLOR` is not set. */
export const paint = (style: Style, text: string): string => styleText(style, text, { stream: process.stdout });
