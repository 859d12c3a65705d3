import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates } from 'node:tls';
import * as agent from 'azure-pipelines-task-lib/task.js';
import { type AgentCertificate, type NetworkSettings, optionsOf } from '../cluster/network.ts';
import { readProxy } from '../cluster/proxy-address.ts';
import type { HttpProxy } from '../cluster/proxy-agent.ts';
import { CanaryError } from '../release/errors.ts';
import { Secret } from '../release/secret.ts';
import { hide } from './hide.ts';
import { formsOf } from './secrets.ts';

/** What the agent was told of its network, and what of that the log should say. */
export interface AgentNetwork {
  readonly network: NetworkSettings;
  readonly notes: readonly string[];
}

/**
 * Reads how the agent reaches others: proxy, certificates (facts/azure.md 5), else the proxy of its machine's environment, which the
 * agent hands on as it is. Throws `CONNECTION_INVALID` for what can't be used. Secrets are hidden before anything uses them.
 */
export function readNetwork(environment: NodeJS.ProcessEnv = process.env): AgentNetwork {
  const proxies = agentProxy() ?? proxiesOf(environment);
  const noProxy = environment.no_proxy || environment.NO_PROXY || '';
  const acceptUntrustedCerts = agent.getVariable('Agent.SkipCertValidation')?.toLowerCase() === 'true';
  const authorities = authoritiesOf(environment);
  const clientCertificate = certificateOf();
  const addresses = new Set([proxies.http?.url, proxies.https?.url].filter(url => url !== undefined));
  return {
    network: {
      proxies,
      bypass: bypassList(),
      noProxy,
      acceptUntrustedCerts,
      ...(authorities && { authorities }),
      ...(clientCertificate && { clientCertificate }),
    },
    notes: [
      ...[...addresses].map(
        url =>
          `Servers are reached through the proxy ${url}, but for those of its bypass list, of NO_PROXY and of this machine`,
      ),
      ...(acceptUntrustedCerts
        ? [
            'Agent.SkipCertValidation is set: any certificate is taken, but where a connection brings its authority',
          ]
        : []),
    ],
  };
}

type Proxies = NetworkSettings['proxies'];

function agentProxy(): Proxies | undefined {
  const address = agent.getVariable('Agent.ProxyUrl') ?? '';
  if (address === '') return undefined;
  const user = agent.getVariable('Agent.ProxyUsername') ?? '';
  const password = agent.getVariable('Agent.ProxyPassword') ?? '';
  hide(formsOf(password));
  const proxy = hidden('Agent.ProxyUrl', address, user === '' ? undefined : { user, password });
  return { http: proxy, https: proxy };
}

function proxiesOf(environment: NodeJS.ProcessEnv): Proxies {
  const find = (name: string) => {
    const address = environment[name] || environment[name.toUpperCase()];
    return address ? hidden(name.toUpperCase(), address) : undefined;
  };
  const [http, https] = [find('http_proxy'), find('https_proxy')];
  return { ...(http && { http }), ...(https && { https }) };
}

function hidden(variable: string, address: string, login?: { user: string; password: string }): HttpProxy {
  const proxy = readProxy(address, login);
  if (proxy === undefined) {
    throw new CanaryError('CONNECTION_INVALID', `The proxy of the agent (${variable}) can't be used`, {
      expected: 'http://host:port or https://host:port',
      found: 'something else',
      hint: `Correct ${variable} on the agent`,
    });
  }
  const header = proxy.authorization?.reveal() ?? '';
  const [, packed = ''] = header.split(' ');
  const [, ...password] = Buffer.from(packed, 'base64').toString('utf8').split(':');
  for (const secret of [header, packed, password.join(':')]) hide(formsOf(secret));
  return proxy;
}

/** A JSON list of patterns; the agent makes it, so that anything else is no list. */
function bypassList(): readonly string[] {
  try {
    const list: unknown = JSON.parse(agent.getVariable('Agent.ProxyBypassList') || '[]');
    return Array.isArray(list) ? list.filter(entry => typeof entry === 'string' && entry !== '') : [];
  } catch {
    return [];
  }
}

/** The agent's own authorities beside those of Node, which would forget its own and NODE_EXTRA_CA_CERTS where it is given any. */
function authoritiesOf(environment: NodeJS.ProcessEnv): readonly string[] | undefined {
  const file = agent.getVariable('Agent.CAInfo');
  if (!file) return undefined;
  const extra = environment.NODE_EXTRA_CA_CERTS;
  return [
    ...rootCertificates,
    ...(extra ? [read('NODE_EXTRA_CA_CERTS', extra)] : []),
    read('Agent.CAInfo', file),
  ];
}

function certificateOf(): AgentCertificate | undefined {
  const [cert, key, archive] = ['Agent.ClientCert', 'Agent.ClientCertKey', 'Agent.ClientCertArchive'].map(
    name => agent.getVariable(name) || undefined,
  );
  const password = agent.getVariable('Agent.ClientCertPassword') ?? '';
  hide(formsOf(password));
  const passphrase = password === '' ? {} : { passphrase: new Secret(password) };
  if (cert !== undefined && key !== undefined) {
    const secret = read('Agent.ClientCertKey', key);
    hide(formsOf(secret));
    return checked({ cert: read('Agent.ClientCert', cert), key: new Secret(secret), ...passphrase });
  }
  if (archive === undefined) return undefined;
  const pfx = Buffer.from(read('Agent.ClientCertArchive', archive, 'latin1'), 'latin1');
  return checked({ pfx, ...passphrase });
}

/** A key that its password does not open would otherwise be found out at the first connection. */
function checked(certificate: AgentCertificate): AgentCertificate {
  try {
    createSecureContext(optionsOf(certificate));
    return certificate;
  } catch (error) {
    throw new CanaryError('CONNECTION_INVALID', "The client certificate of the agent can't be used", {
      expected: 'a certificate and its key, as PEM or PFX, and the password of the key where it has one',
      found: (error as Error).message,
      hint: 'Set the agent up again with its client certificate',
      cause: error,
    });
  }
}

function read(variable: string, file: string, encoding: BufferEncoding = 'utf8'): string {
  try {
    return readFileSync(file, encoding);
  } catch (error) {
    throw new CanaryError(
      'CONNECTION_INVALID',
      `The certificate file of the agent (${variable}) can't be read`,
      {
        found: (error as Error).message,
        hint: `Correct ${variable} on the agent, or let its account read the file`,
        cause: error,
      },
    );
  }
}
