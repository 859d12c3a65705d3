import { fileURLToPath } from 'node:url';

/** What the simulation writes. */
export const decisionsFile = fileURLToPath(new URL('../decisions.json', import.meta.url));
/** The page that shows it. */
export const judgingPage = fileURLToPath(new URL('../../../docs/judging.md', import.meta.url));
