import { groupVersion, type Resource, resources } from './resources.ts';
import { noSuchResource, PathNotServed } from './status.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const customVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const authorization = 'authorization.k8s.io';

/** The version that the sandbox says it has: the one whose behaviour it was measured against. */
const version = {
  major: '1',
  minor: '35',
  emulationMajor: '1',
  emulationMinor: '35',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '34',
  gitVersion: 'v1.35.4',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'go1.26.0',
  compiler: 'gc',
  platform: 'linux/amd64',
};

/** Answers what is asked of the server itself: its version, health, groups and resources. */
export function discover(path: string, host: string): object | string {
  const [root, group, groupVersionName, ...rest] = path.split('/').filter(part => part !== '');
  if (rest.length === 0 && root === 'api') return discoverCore(group, groupVersionName, host);
  if (rest.length === 0 && root === 'apis') return discoverGroups(group, groupVersionName);
  switch (path) {
    case '/version':
      return version;
    case '/healthz':
    case '/livez':
    case '/readyz':
      return 'ok';
    default:
      throw new PathNotServed();
  }
}

function discoverCore(coreVersion: string | undefined, rest: string | undefined, host: string): object {
  if (coreVersion === undefined) {
    const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: host }];
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs };
  }
  if (coreVersion !== 'v1' || rest !== undefined) throw noSuchResource();
  return resourceList('', 'v1');
}

function discoverGroups(group: string | undefined, groupVersionName: string | undefined): object {
  const names = [...new Set([...resources.map(resource => resource.group).filter(Boolean), authorization])];
  if (group === undefined) {
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: names.map(apiGroup) };
  }
  if (!names.includes(group)) throw new PathNotServed();
  if (groupVersionName === undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group) };
  if (!isServed(group, groupVersionName)) throw notServed(group);
  return resourceList(group, groupVersionName);
}

/** Whether any resource is served under a group and version. */
export function isServed(group: string, groupVersionName: string): boolean {
  return versionOf(group) === groupVersionName;
}

/** Custom groups answer what they do not serve with plain text, built-in ones with a `Status`. */
export function notServed(group: string): Error {
  const isBuiltin =
    group === authorization || resources.some(resource => resource.group === group && !resource.custom);
  return isBuiltin ? noSuchResource() : new PathNotServed();
}

function versionOf(group: string): string | undefined {
  return group === authorization ? 'v1' : resources.find(resource => resource.group === group)?.version;
}

function apiGroup(name: string): object {
  const served = { groupVersion: `${name}/${versionOf(name)}`, version: versionOf(name) };
  return { name, versions: [served], preferredVersion: served };
}

function resourceList(group: string, groupVersionName: string): object {
  const name = group === '' ? groupVersionName : `${group}/${groupVersionName}`;
  const listed = resources.filter(resource => groupVersion(resource) === name).flatMap(describeResource);
  if (group === authorization)
    listed.push(review('SelfSubjectAccessReview'), review('SelfSubjectRulesReview'));
  return {
    kind: 'APIResourceList',
    ...(group && { apiVersion: 'v1' }),
    groupVersion: name,
    resources: listed,
  };
}

function review(kind: string): object {
  const singularName = kind.toLowerCase();
  return { name: `${singularName}s`, singularName, namespaced: false, kind, verbs: ['create'] };
}

function describeResource(resource: Resource): object[] {
  const { plural, singular, namespaced, kind, shortNames, categories } = resource;
  const part = (name: string, partKind: string, group?: object) => ({
    name: `${plural}/${name}`,
    singularName: '',
    namespaced,
    ...group,
    kind: partKind,
    verbs: ['get', 'patch', 'update'],
  });
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs: resource.custom ? customVerbs : verbs,
      ...(shortNames.length > 0 && { shortNames }),
      ...(categories.length > 0 && { categories }),
    },
    ...(resource.hasScale ? [part('scale', 'Scale', { group: 'autoscaling', version: 'v1' })] : []),
    ...(resource.hasStatus ? [part('status', kind)] : []),
  ];
}
