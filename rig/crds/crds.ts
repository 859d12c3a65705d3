import type { KubeObject } from '../kube-objects.ts';
import { kinds } from './kinds.ts';
import { mapping } from './mapping.ts';
import { anyObject, type Kind, record, type Schema } from './schema.ts';

export interface CrdOptions {
  /**
   * Serve v2 beside v3alpha1, which stays the stored version. There is no conversion webhook here: only the
   * apiVersion changes. So this shows what the API server does with v2 objects, not what Emissary makes of them, and
   * what v3alpha1 does not know is lost when the object is stored (with Emissary's webhook, v2 is stored and keeps it).
   */
  readonly v2?: boolean;
}

/**
 * The CustomResourceDefinitions of Emissary, in the shape that `facts/emissary.md 6, 7, 14` gives, and the Mapping of Emissary 2.0,
 * whose group and kind were others and whose spec was that of v3alpha1.
 */
export function emissaryCrds(options: CrdOptions = {}): KubeObject[] {
  const early = [version(mapping, 'v3alpha1', v3alpha1Schema(mapping), true)];
  const crds = kinds.map(kind => {
    const versions = [version(kind, 'v3alpha1', v3alpha1Schema(kind), true)];
    if (options.v2 && kind.servedAsV2) versions.unshift(version(kind, 'v2', v2Schema(kind), false));
    return definition('getambassador.io', kind.kind, versions, ['ambassador-crds']);
  });
  return [...crds, definition('x.getambassador.io', 'AmbassadorMapping', early, ['ambassador-crds'])];
}

/** The Prometheus operator's ServiceMonitor, so that the sample's can be applied; nothing here reads it. */
export function serviceMonitorCrd(): KubeObject {
  const v1 = {
    name: 'v1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: record({ spec: anyObject }, ['spec']) },
  };
  return definition('monitoring.coreos.com', 'ServiceMonitor', [v1], ['prometheus-operator']);
}

function definition(group: string, kind: string, versions: object[], categories: string[]): KubeObject {
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, singular, categories },
      scope: 'Namespaced',
      conversion: { strategy: 'None' },
      versions,
    },
  };
}

function version(kind: Kind, name: string, schema: Schema, storage: boolean): object {
  return {
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: schema },
    ...(kind.status && { subresources: { status: {} } }),
    ...(kind.columns && {
      additionalPrinterColumns: kind.columns.map(column => ({
        ...column,
        type: printerType(kind, column.jsonPath),
      })),
    }),
  };
}

function printerType(kind: Kind, jsonPath: string): string {
  return kind.spec[jsonPath.replace('.spec.', '')]?.type === 'integer' ? 'integer' : 'string';
}

function v3alpha1Schema(kind: Kind): Schema {
  return record({
    spec: record(kind.spec, kind.required),
    ...(kind.status && { status: record(kind.status) }),
  });
}

/** v2 refuses nothing that it does not know, and takes the short forms. */
function v2Schema(kind: Kind): Schema {
  const spec = { ...record({ ...kind.spec, ...kind.v2 }, kind.required), ...anyObject };
  return { ...record({ spec, ...(kind.status && { status: anyObject }) }), ...anyObject };
}
