import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rigHome } from '../paths.ts';
import { runningRig } from '../running.ts';

/** What another process needs in order to release against a rig that has traffic. */
export interface TrafficNote {
  readonly kubeconfigPath: string;
  /** Envoy, where the users call the app. */
  readonly url: string;
  readonly prometheusUrl: string;
  readonly scrapeIntervalSeconds: number;
}

function noteFile(home: string): string {
  return join(home, 'run', 'traffic.json');
}

/** Leaves the note for others; it goes with the rest of what the rig keeps. */
export async function leaveNote(note: TrafficNote, home: string): Promise<void> {
  await writeFile(noteFile(home), JSON.stringify(note));
}

/** The note of the rig that is up, if it has traffic. */
export async function readNote(home = rigHome): Promise<TrafficNote | undefined> {
  if ((await runningRig(home)) === undefined) return undefined;
  const text = await readFile(noteFile(home), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as TrafficNote);
}
