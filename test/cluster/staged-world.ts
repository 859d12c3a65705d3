import { SideBySide } from '../side-by-side.ts';
import { World } from './world.ts';

/**
 * A world for the scenarios of one file, up to `width` of them at a time: `use` gets it once it is there, and all of it ends with the
 * file, after the last scenario. For the head of a `describe`.
 */
export function stagedWorld(
  width: number,
  use: (world: World) => void | Promise<void>,
  scrapeIntervalSeconds?: number,
): SideBySide {
  const stage = new SideBySide(width);
  let world: World | undefined;
  before(async () => {
    world = await World.start(scrapeIntervalSeconds);
    await use(world);
  });
  after(async () => {
    await stage.settled();
    await world?.stop();
  });
  return stage;
}
