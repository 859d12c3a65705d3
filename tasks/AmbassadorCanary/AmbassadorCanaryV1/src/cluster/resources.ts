import { CanaryError } from '../release/errors.ts';
import { asRecords, valueAt } from '../release/kube-object.ts';
import { refused } from './api-errors.ts';
import type { ApiRequest } from './api-request.ts';
import { groupOf, knownResource, type Resource, rootOf } from './resource-table.ts';
import type { Transport } from './transport.ts';

/** Knows which kinds the cluster serves: from a table, else by one question a group version. */
export class Resources {
  readonly #transport: Transport;
  readonly #discovered = new Map<string, Promise<ReadonlyMap<string, Resource>>>();
  readonly #versions = new Map<string, Promise<readonly string[]>>();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Rejects with `KIND_UNKNOWN` for a kind that is neither in the table nor served. */
  async resourceOf(apiVersion: string, kind: string): Promise<Resource> {
    const known = knownResource(apiVersion, kind);
    if (known !== undefined) return known;
    const found = (await this.#discover(apiVersion)).get(kind);
    if (found === undefined) throw await this.unknownKind(apiVersion, kind);
    return found;
  }

  /** The versions of a group that the cluster serves, the preferred one first; none for a group that it lacks. */
  servedVersions(group: string): Promise<readonly string[]> {
    return remembered(
      this.#versions,
      group,
      () => this.#askVersions(group),
      versions => versions.length > 0,
    );
  }

  async #askVersions(group: string): Promise<readonly string[]> {
    const body = await this.#ask(
      group === '' ? '/api' : `/apis/${group}`,
      `the versions of ${group || 'v1'}`,
    );
    if (group === '') return strings(valueAt(body, 'versions'));
    const all = strings(asRecords(valueAt(body, 'versions')).map(version => version.version));
    const preferred = valueAt(body, 'preferredVersion', 'version');
    return [...all.filter(version => version === preferred), ...all.filter(version => version !== preferred)];
  }

  /** Why there is nothing where this kind should be, in words that lead on. */
  async unknownKind(apiVersion: string, kind: string): Promise<CanaryError> {
    const group = groupOf(apiVersion);
    const served = (await this.servedVersions(group)).map(version =>
      group === '' ? version : `${group}/${version}`,
    );
    const emissary = group === 'getambassador.io';
    const versionMissing = served.length > 0 && !served.includes(apiVersion);
    const found =
      served.length === 0
        ? `nothing of the group ${group || 'v1'}`
        : `${served.join(', ')}${versionMissing ? '' : `, but no ${kind} in it`}`;
    const install = emissary
      ? "Install Emissary's CRDs in the cluster (emissary-crds), or choose the cluster that has them"
      : `Install the CRD that brings ${kind}, or correct apiVersion and kind in the manifest`;
    return new CanaryError('KIND_UNKNOWN', `The cluster does not serve ${kind} of ${apiVersion}`, {
      expected: emissary && served.length === 0 ? "Emissary's CRDs of getambassador.io" : apiVersion,
      found,
      hint: versionMissing ? `Write apiVersion: ${served[0]} in the manifest. ${install}` : install,
    });
  }

  #discover(apiVersion: string): Promise<ReadonlyMap<string, Resource>> {
    const ask = async () => readResources(await this.#ask(rootOf(apiVersion), `the kinds of ${apiVersion}`));
    return remembered(this.#discovered, apiVersion, ask, kinds => kinds.size > 0);
  }

  async #ask(path: string, what: string): Promise<unknown> {
    const request: ApiRequest = { verb: 'get', what, path };
    const answer = await this.#transport.send(request);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refused(request, answer);
    return answer.body;
  }
}

/** The answer that is there or under way, else a new one. A failure, and a group that is not served yet, may be otherwise next time. */
function remembered<T>(
  answers: Map<string, Promise<T>>,
  key: string,
  ask: () => Promise<T>,
  isLasting: (answer: T) => boolean,
): Promise<T> {
  const known = answers.get(key);
  if (known !== undefined) return known;
  const asking = ask();
  answers.set(key, asking);
  const forget = () => answers.delete(key);
  asking.then(answer => isLasting(answer) || forget(), forget);
  return asking;
}

function readResources(body: unknown): ReadonlyMap<string, Resource> {
  const kinds = new Map<string, Resource>();
  for (const { name, kind, namespaced } of asRecords(valueAt(body, 'resources'))) {
    // `deployments/scale` is a part of a resource, with a kind of its own.
    if (typeof name !== 'string' || typeof kind !== 'string' || name.includes('/')) continue;
    kinds.set(kind, { plural: name, namespaced: namespaced === true });
  }
  return kinds;
}

function strings(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : []).filter(item => typeof item === 'string');
}
