import { hasCode } from '../release/errors.ts';

/** What the write brings, or `undefined` where somebody else was quicker (`CLUSTER_CONFLICT`). */
export async function unlessConflict<T>(write: () => Promise<T>): Promise<T | undefined> {
  try {
    return await write();
  } catch (error) {
    if (hasCode(error, 'CLUSTER_CONFLICT')) return undefined;
    throw error;
  }
}
