import { Duration } from '../release/duration.ts';
import type { Clock } from '../release/ports.ts';
import { Diagnostics, type DiagnosticsSource, type RouteTwin } from './diagnostics.ts';

/** How long an Emissary may take for one answer. */
const patience = Duration.seconds(5);

/** The Emissary that serves the stable routes, or what came of looking for it. */
export type FoundDiagnostics =
  | { readonly kind: 'found'; readonly diagnostics: Diagnostics }
  | { readonly kind: 'none'; readonly why: string };

/**
 * Asks each Emissary, one after the other, until one has all stable Mappings in its routes: of several installations only that one
 * can tell. `why` says what each of them answered. Never rejects.
 */
export async function findDiagnostics(
  sources: readonly DiagnosticsSource[],
  routes: readonly RouteTwin[],
  clock: Clock,
): Promise<FoundDiagnostics> {
  const tries: string[] = [];
  for (const source of sources) {
    const diagnostics = new Diagnostics(source, clock, patience);
    const diagnosis = await diagnostics.look(routes);
    if (diagnosis.kind === 'unknown') tries.push(`${source.address}: ${diagnosis.why}`);
    else if (diagnosis.standings.every(({ kind }) => kind !== 'neither'))
      return { kind: 'found', diagnostics };
    else tries.push(`${source.address}: it does not serve the stable Mapping`);
  }
  return { kind: 'none', why: tries.join('; ') };
}
