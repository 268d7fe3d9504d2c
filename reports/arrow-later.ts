/** `packets.arrow` needs a library that takes a tenth of a second to load: only those who want the file wait for it. */
export type ArrowModule = typeof import('./arrow.ts');

export const loadArrow = (): Promise<ArrowModule> => import('./arrow.ts');
