import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = fileURLToPath(new URL('../', import.meta.url));

/** The task's folder, the same in the sources, in staging and in the vsix: tfx looks no other way (`facts/extensions.md 3`). */
export const taskFolder = 'tasks/AmbassadorCanary/AmbassadorCanaryV1';

/** What `npm run build` makes and `npm run package` packs. */
export const staging = join(root, 'dist', 'extension');
