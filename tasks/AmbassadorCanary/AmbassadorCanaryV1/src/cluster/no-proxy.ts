import { BlockList, isIP } from 'node:net';

/**
 * Whether NO_PROXY says that this server is reached straight, as curl and Go read it: names with all below them, `.example.com` for
 * those below only, addresses, networks (`10.0.0.0/8`), each perhaps with a port; `*` for all.
 */
export function isExcepted(url: URL, noProxy: string): boolean {
  const host = hostOf(url);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return noProxy
    .split(/[\s,]+/)
    .filter(entry => entry !== '')
    .some(entry => entry === '*' || matches(entry.toLowerCase(), host, port));
}

/** This machine and what only it can reach (Azure's metadata service, which answers nobody who comes through a proxy). */
export function isOfThisMachine(url: URL): boolean {
  const host = hostOf(url);
  return host === 'localhost' || host.endsWith('.localhost') || isWithin(host, ownNetworks);
}

const ownNetworks = new BlockList();
ownNetworks.addSubnet('127.0.0.0', 8, 'ipv4');
ownNetworks.addSubnet('169.254.0.0', 16, 'ipv4');
ownNetworks.addAddress('::1', 'ipv6');

function hostOf({ hostname }: URL): string {
  return hostname.toLowerCase().replace(/^\[|\]$/g, '');
}

function matches(entry: string, host: string, port: string): boolean {
  const network = networkOf(entry);
  if (network !== undefined) return isWithin(host, network);
  const [, name = '', wanted] =
    /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (wanted !== undefined && wanted !== port) return false;
  if (isIP(name) !== 0) return name === host;
  const below = name.replace(/^\*?\./, '');
  return host.endsWith(`.${below}`) || (name === below && host === below);
}

function networkOf(entry: string): BlockList | undefined {
  const [, address = '', bits = ''] = /^(.+)\/(\d{1,3})$/.exec(entry) ?? [];
  const family = isIP(address);
  if (family === 0 || Number(bits) > (family === 4 ? 32 : 128)) return undefined;
  const network = new BlockList();
  network.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return network;
}

function isWithin(host: string, network: BlockList): boolean {
  const family = isIP(host);
  return family !== 0 && network.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
