import { SideBySide } from '../side-by-side.ts';

/**
 * The scenarios of all sandbox suites, as many at a time as two cores take. One that is under way may be of a later file than the one
 * whose tests are told just now, so each makes what it needs and cleans up behind it.
 */
export const stage = new SideBySide(6);

after(() => stage.settled());
