import { mapping, routing } from './mapping.ts';
import {
  anyObject,
  anything,
  flag,
  integer,
  type Kind,
  listOf,
  mapOf,
  oneOf,
  record,
  text,
} from './schema.ts';

const ambassadorId = { ambassador_id: listOf(text) };
const v2AmbassadorId = { ambassador_id: anything };

const labelSelector = record({
  matchLabels: mapOf(text),
  matchExpressions: listOf(record({ key: text, operator: text, values: listOf(text) }, ['key', 'operator'])),
});

const tcpMapping: Kind = {
  kind: 'TCPMapping',
  required: ['port', 'service'],
  servedAsV2: true,
  spec: { ...routing, address: text, port: integer },
  v2: { ...v2AmbassadorId, tls: anything },
  columns: [
    { name: 'Port', jsonPath: '.spec.port' },
    { name: 'Dest Service', jsonPath: '.spec.service' },
  ],
};

const host: Kind = {
  kind: 'Host',
  servedAsV2: true,
  spec: {
    ...ambassadorId,
    acmeProvider: record({
      authority: text,
      email: text,
      privateKeySecret: record({ name: text }),
      registration: text,
    }),
    hostname: text,
    mappingSelector: labelSelector,
    previewUrl: record({ enabled: flag, type: oneOf('Path') }),
    requestPolicy: record({
      insecure: record({ action: oneOf('Redirect', 'Reject', 'Route'), additionalPort: integer }),
    }),
    selector: labelSelector,
    tls: anyObject,
    tlsContext: record({ name: text }),
    tlsSecret: record({ name: text, namespace: text }),
  },
  v2: { ...v2AmbassadorId, mappingSelector: anyObject, selector: anyObject },
  status: {
    state: oneOf('Initial', 'Pending', 'Ready', 'Error'),
    errorReason: text,
    errorTimestamp: text,
    errorBackoff: text,
    phaseCompleted: text,
    phasePending: text,
    tlsCertificateSource: text,
  },
  columns: [
    { name: 'Hostname', jsonPath: '.spec.hostname' },
    { name: 'State', jsonPath: '.status.state' },
  ],
};

const listener: Kind = {
  kind: 'Listener',
  required: ['hostBinding', 'port', 'securityModel'],
  servedAsV2: false,
  spec: {
    ...ambassadorId,
    hostBinding: record({
      namespace: record({ from: oneOf('SELF', 'ALL', 'SELECTOR') }),
      selector: labelSelector,
    }),
    l7Depth: integer,
    port: integer,
    protocol: oneOf('HTTP', 'HTTPS', 'HTTPPROXY', 'HTTPSPROXY', 'TCP', 'TLS', 'UDP'),
    protocolStack: listOf(text),
    securityModel: oneOf('XFP', 'SECURE', 'INSECURE'),
    statsPrefix: text,
  },
  status: {},
  columns: [{ name: 'Port', jsonPath: '.spec.port' }],
};

const module: Kind = {
  kind: 'Module',
  servedAsV2: true,
  spec: { ...ambassadorId, config: anyObject },
  v2: v2AmbassadorId,
};

const tlsContext: Kind = {
  kind: 'TLSContext',
  servedAsV2: true,
  spec: {
    ...ambassadorId,
    alpn_protocols: text,
    ca_secret: text,
    cacert_chain_file: text,
    cert_chain_file: text,
    cert_required: flag,
    cipher_suites: listOf(text),
    crl_file: text,
    crl_secret: text,
    ecdh_curves: listOf(text),
    hosts: listOf(text),
    max_tls_version: text,
    min_tls_version: text,
    private_key_file: text,
    redirect_cleartext_from: integer,
    secret: text,
    secret_namespacing: flag,
    sni: text,
  },
  v2: v2AmbassadorId,
};

const resolver = (kind: string): Kind => ({ kind, servedAsV2: true, spec: ambassadorId, v2: v2AmbassadorId });

/** The kinds that a canary release or the rig's Emissary meets (`facts/emissary.md 14` lists all there are). */
export const kinds: readonly Kind[] = [
  mapping,
  tcpMapping,
  host,
  listener,
  module,
  tlsContext,
  resolver('KubernetesEndpointResolver'),
  resolver('KubernetesServiceResolver'),
];
