/** A text without the byte order mark that some editors and spreadsheets begin files with. */
export const withoutMark = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text);
