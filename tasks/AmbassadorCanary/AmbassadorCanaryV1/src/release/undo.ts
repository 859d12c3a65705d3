import { asRecord, type KubeObject } from './kube-object.ts';
import type { PatchOperation } from './ports.ts';
import { isSameJson } from './same-json.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Annotations that begin like this are the Deployment controller's: it counts revisions there. */
const countedByController = 'deployment.kubernetes.io/';

/**
 * What makes an object again what it was: its content, field by field of `spec` where it has one, its labels and its
 * annotations. Status and bookkeeping stay as they are. Empty where nothing differs.
 */
export function undoing(before: KubeObject, now: KubeObject): readonly PatchOperation[] {
  return [
    ...differences('/spec', asRecord(before.spec), asRecord(now.spec)),
    ...differences('', contentOf(before), contentOf(now)),
    ...differences('/metadata', marksOf(before, now), marksOf(now, now)),
  ];
}

function contentOf(object: KubeObject): Fields {
  const { apiVersion: _, kind: __, metadata: ___, status: ____, spec: _____, ...content } = object;
  return content;
}

/** Labels and annotations, with what the controller says now. */
function marksOf({ metadata: { labels, annotations = {} } }: KubeObject, now: KubeObject): Fields {
  const counted = (key: string) => key.startsWith(countedByController);
  const own = Object.entries(annotations).filter(([key]) => !counted(key));
  const counts = Object.entries(now.metadata.annotations ?? {}).filter(([key]) => counted(key));
  const all = [...own, ...counts];
  return { labels, annotations: all.length === 0 ? undefined : Object.fromEntries(all) };
}

function differences(path: string, was: Fields = {}, is: Fields = {}): readonly PatchOperation[] {
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter(field => !isSameJson(was[field], is[field]))
    .map(field =>
      was[field] === undefined
        ? { op: 'remove', path: `${path}/${field}` }
        : { op: 'add', path: `${path}/${field}`, value: was[field] },
    );
}
