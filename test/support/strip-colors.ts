/** Lines for a terminal: without their colours. */

export const ESCAPE = String.fromCharCode(27);

export const stripColors = (line: string): string => line.replaceAll(new RegExp(`${ESCAPE}\\[[\\d;]*m`, "g"), "");
