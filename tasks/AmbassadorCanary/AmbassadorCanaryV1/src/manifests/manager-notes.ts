import { nameOf } from '../release/kube-object.ts';
import { areMany, listNames } from '../release/list-names.ts';
import type { Managed } from './surveyed.ts';

/** A person's tool: it writes when it is called, and never back on its own. */
export const isKubectl = (manager: string) => /^kubectl(-|$)/.test(manager);

/**
 * Who else manages fields that change, one sentence an object, or one for many that are alike. That kubectl made them is everyday and only a remark; any other
 * tool may write its own values again when it runs, so that is a note.
 */
export function managerNotes(managed: readonly Managed[]): Record<'notes' | 'remarks', readonly string[]> {
  const told = alike(managed).flatMap(({ managers, names }) => {
    const isRemark = managers.every(isKubectl);
    const whose = `fields of ${managers.join(' and ')}: the manifests' values are written`;
    return areMany(names)
      ? [{ isRemark, text: `${names.length} objects change in ${whose} (${listNames(names)})` }]
      : names.map(name => ({ isRemark, text: `${name} changes in ${whose}` }));
  });
  const texts = (isRemark: boolean) =>
    told
      .filter(one => one.isRemark === isRemark)
      .map(({ text }) => text)
      .sort();
  return { notes: texts(false), remarks: texts(true) };
}

/** The names of the objects that the same managers have their fields in. */
function alike(
  managed: readonly Managed[],
): readonly { readonly managers: readonly string[]; readonly names: readonly string[] }[] {
  const groups = new Map<string, { readonly managers: readonly string[]; readonly names: string[] }>();
  for (const { object, managers } of managed) {
    const key = managers.join('\n');
    const group = groups.get(key) ?? { managers, names: [] };
    group.names.push(nameOf(object));
    groups.set(key, group);
  }
  return [...groups.values()].map(({ managers, names }) => ({ managers, names: names.sort() }));
}
