import { compile } from '../../../rig/emissary/compile.ts';
import { routeInfo } from '../../../rig/emissary/diag.ts';
import type { MappingObject } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/manifests/mapping-group.ts';
import type { RouteTwin } from '../../../tasks/AmbassadorCanary/AmbassadorCanaryV1/src/traffic/diagnostics.ts';

type Spec = Readonly<Record<string, unknown>>;

export const web: RouteTwin = {
  stable: refTo('web'),
  twin: refTo('web-canary'),
};

export function refTo(name: string) {
  return { apiVersion: 'getambassador.io/v3alpha1', kind: 'Mapping', name, namespace: 'shop' };
}

export function mapping(name: string, spec: Spec = {}): MappingObject {
  const { apiVersion, kind } = refTo(name);
  const metadata = { name, namespace: 'shop' };
  return { apiVersion, kind, metadata, spec: { hostname: '*', prefix: '/', service: name, ...spec } };
}

/** Emissary's diagnostics of these Mappings, compiled by the rules that were held to the real one. */
export function diagnosticsOf(
  mappings: readonly MappingObject[],
): Readonly<Record<'route_info' | 'errors', string>> {
  const options = { ambassadorId: 'default', emissaryNamespace: 'emissary' };
  const { model } = compile({ mappings, hosts: [] }, options);
  return { route_info: JSON.stringify(routeInfo(model, 'x')), errors: JSON.stringify(model.errors) };
}
