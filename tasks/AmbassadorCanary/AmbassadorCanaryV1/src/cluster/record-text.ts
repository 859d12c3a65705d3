import { gunzipSync, gzipSync } from 'node:zlib';
import { CanaryError } from '../release/errors.ts';
import type { ReleaseRecord } from '../release/record.ts';

/** In characters. A shorter text is kept as it is, for people who look at the Lease. */
const longestPlain = 32_000;

/**
 * In characters: what a release may begin with. Kubernetes takes 256 KiB for all annotations of an object, and what the checks learn
 * is still to come, of which the record takes 20 000 characters.
 */
const longestAtStart = 200_000;

/** Nobody's record is longer; what unfolds to more is not one. In bytes. */
const longestUnpacked = 16 * 1024 * 1024;

/** Says that `base64 -d | gunzip` shows the rest. */
const packedMark = 'gzip+base64,';

/** The JSON of a record as an annotation holds it. */
export function packed(json: string): string {
  return json.length <= longestPlain ? json : packedMark + gzipSync(json).toString('base64');
}

/** The JSON of a record. `undefined` where that can't be had. */
export function unpacked(text: string): string | undefined {
  if (!text.startsWith(packedMark)) return text;
  try {
    const packedBytes = Buffer.from(text.slice(packedMark.length), 'base64');
    return gunzipSync(packedBytes, { maxOutputLength: longestUnpacked }).toString('utf8');
  } catch {
    return undefined;
  }
}

/** Throws `RELEASE_TOO_LARGE` where this is more than a Lease can hold, with what the release will learn. */
export function mustFitLease(record: ReleaseRecord): void {
  const { length } = packed(JSON.stringify(record));
  if (length <= longestAtStart) return;
  throw new CanaryError('RELEASE_TOO_LARGE', 'The record of this release does not fit into its Lease', {
    expected: `at most ${longestAtStart} characters, because Kubernetes takes 256 KiB of annotations`,
    found: `${length} characters for ${record.locks.length} workloads`,
    hint: 'Release these manifests in several steps, each with a part of the workloads',
  });
}
