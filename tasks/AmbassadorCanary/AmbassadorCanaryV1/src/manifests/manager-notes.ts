import { nameOf } from '../release/kube-object.ts';
import type { Managed } from './surveyed.ts';

/** A person's tool: it writes when it is called, and never back on its own. */
export const isKubectl = (manager: string) => /^kubectl(-|$)/.test(manager);

/**
 * Who else manages fields that change, one sentence an object. That kubectl made them is everyday and only a remark; any other
 * tool may write its own values again when it runs, so that is a note.
 */
export function managerNotes(managed: readonly Managed[]): Record<'notes' | 'remarks', readonly string[]> {
  const told = managed.map(({ object, managers }) => ({
    isRemark: managers.every(isKubectl),
    text: `${nameOf(object)} changes in fields of ${managers.join(' and ')}: the manifests' values are written`,
  }));
  const texts = (isRemark: boolean) =>
    told
      .filter(one => one.isRemark === isRemark)
      .map(({ text }) => text)
      .sort();
  return { notes: texts(false), remarks: texts(true) };
}
