import type { ContainerSpec, EnvVar, KeyRef, Pod } from './pod.ts';

/** Where ConfigMaps and Secrets come from; undefined for one that does not exist. */
export interface ConfigSource {
  configMap(namespace: string, name: string): Promise<Record<string, string> | undefined>;
  secret(namespace: string, name: string): Promise<Record<string, string> | undefined>;
}

/** A container that can't be started as it is described, in the kubelet's words (`CreateContainerConfigError`). */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * The variables that the pod's spec gives a container: `envFrom`, then `env`, with `$(NAME)` replaced by what was
 * set before. Throws a ConfigError for a ConfigMap, Secret or key that is missing and not optional.
 */
export async function containerEnvironment(
  container: ContainerSpec,
  pod: Pod,
  addresses: { podIP: string; hostIP: string },
  source: ConfigSource,
): Promise<Record<string, string>> {
  const namespace = pod.metadata.namespace ?? 'default';
  const environment: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const data = configMapRef
      ? await need(source.configMap(namespace, configMapRef.name), 'configmap', configMapRef)
      : secretRef
        ? await need(source.secret(namespace, secretRef.name), 'secret', secretRef)
        : undefined;
    for (const [key, value] of Object.entries(data ?? {})) environment[prefix + key] = value;
  }
  for (const variable of container.env ?? []) {
    const value = await variableValue(variable, pod, namespace, addresses, source);
    if (value !== undefined) environment[variable.name] = expand(value, environment);
  }
  return environment;
}

async function variableValue(
  variable: EnvVar,
  pod: Pod,
  namespace: string,
  addresses: { podIP: string; hostIP: string },
  source: ConfigSource,
): Promise<string | undefined> {
  const from = variable.valueFrom;
  if (!from) return variable.value ?? '';
  if (from.fieldRef) return fieldOf(from.fieldRef.fieldPath, pod, addresses);
  if (from.configMapKeyRef) {
    const { name } = from.configMapKeyRef;
    return keyOf(
      from.configMapKeyRef,
      await need(source.configMap(namespace, name), 'configmap', from.configMapKeyRef),
      `configmap ${namespace}/${name}`,
    );
  }
  if (from.secretKeyRef) {
    const { name } = from.secretKeyRef;
    return keyOf(
      from.secretKeyRef,
      await need(source.secret(namespace, name), 'secret', from.secretKeyRef),
      `secret ${namespace}/${name}`,
    );
  }
  throw new ConfigError(`variable ${variable.name}: the rig reads no such source: ${Object.keys(from)}`);
}

async function need(
  found: Promise<Record<string, string> | undefined>,
  kind: string,
  reference: { name: string; optional?: boolean },
): Promise<Record<string, string> | undefined> {
  const data = await found;
  if (data === undefined && !reference.optional)
    throw new ConfigError(`${kind} "${reference.name}" not found`);
  return data;
}

function keyOf(
  reference: KeyRef,
  data: Record<string, string> | undefined,
  where: string,
): string | undefined {
  const value = data?.[reference.key];
  if (value === undefined && !reference.optional) {
    throw new ConfigError(`couldn't find key ${reference.key} in ${where}`);
  }
  return value;
}

function fieldOf(path: string, pod: Pod, addresses: { podIP: string; hostIP: string }): string {
  const [, map, key = ''] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
  if (map === 'labels') return pod.metadata.labels?.[key] ?? '';
  if (map === 'annotations') return pod.metadata.annotations?.[key] ?? '';
  const fields: Record<string, string | undefined> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
    'spec.nodeName': pod.spec.nodeName,
    'spec.serviceAccountName': pod.spec.serviceAccountName,
    'status.hostIP': addresses.hostIP,
    'status.podIP': addresses.podIP,
    'status.podIPs': addresses.podIP,
  };
  const value = fields[path];
  if (value === undefined) throw new ConfigError(`unsupported fieldPath: ${path}`);
  return value;
}

/** `$(NAME)` becomes the variable's value when there is one, `$$(NAME)` becomes `$(NAME)`. */
function expand(value: string, environment: Readonly<Record<string, string>>): string {
  return value.replace(/\$(\$?)\(([A-Za-z_.-][A-Za-z0-9_.-]*)\)/g, (whole, dollar: string, name: string) => {
    if (dollar) return whole.slice(1);
    return environment[name] ?? whole;
  });
}
