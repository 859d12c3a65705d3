import { spawn } from 'node:child_process';
import { CanaryError } from '../release/errors.ts';
import { asRecord, valueAt } from '../release/kube-object.ts';
import { parseJson } from '../release/parse-json.ts';
import { bearer, type CredentialSource, type Credentials, type RegisterSecret } from './credentials.ts';
import { type Perishable, Renewing } from './renewing.ts';

/** The `exec` entry of a kubeconfig's user, and the cluster that it may be told about. */
export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly installHint?: string;
  /** Where the program is not on the agent: fetches it, and gives its path. */
  readonly install?: () => Promise<string>;
  /** `spec.cluster` of KUBERNETES_EXEC_INFO; present where the entry says `provideClusterInfo`. */
  readonly cluster?: Readonly<Record<string, unknown>>;
}

/** A login that has to ask a person never ends, and nobody sits at an agent. */
const patience = 60_000;
const outputLimit = 1024 * 1024;

/**
 * Credentials from a login program such as kubelogin. One run serves all who wait; it is asked again shortly before its
 * token expires and, once, when the server refuses it (facts/baselines.md 5: client-node does none of this).
 */
export class ExecCredentials implements CredentialSource {
  readonly #kept: Renewing<Credentials>;

  /** `now` is in milliseconds since the epoch: what a plugin says of expiry is compared with it. */
  constructor(
    private readonly plugin: ExecPlugin,
    private readonly registerSecret: RegisterSecret,
    now: () => number,
  ) {
    this.#kept = new Renewing(() => this.#logIn(), now);
  }

  current(): Promise<Credentials> {
    return this.#kept.current();
  }

  refuse(credentials: Credentials): boolean {
    this.#kept.drop(credentials);
    return true;
  }

  async #logIn(): Promise<Perishable<Credentials>> {
    const status = readStatus(await runPlugin(this.plugin), this.plugin.command);
    for (const secret of [status.token, status.clientKeyData])
      if (secret !== undefined) this.registerSecret(secret);
    const credentials: Credentials = {
      ...(status.token === undefined ? { headers: {} } : bearer(status.token)),
      ...(status.clientCertificateData !== undefined &&
        status.clientKeyData !== undefined && {
          certificate: { cert: status.clientCertificateData, key: status.clientKeyData },
        }),
    };
    const expiresAt = Date.parse(status.expirationTimestamp ?? '');
    return { value: credentials, ...(!Number.isNaN(expiresAt) && { expiresAt }) };
  }
}

interface ExecStatus {
  readonly token: string | undefined;
  readonly clientCertificateData: string | undefined;
  readonly clientKeyData: string | undefined;
  readonly expirationTimestamp: string | undefined;
}

function readStatus(output: string, command: string): ExecStatus {
  const text = (field: string) => {
    const value = valueAt(parsed, 'status', field);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const parsed = parseJson(output);
  const status = {
    token: text('token'),
    clientCertificateData: text('clientCertificateData'),
    clientKeyData: text('clientKeyData'),
    expirationTimestamp: text('expirationTimestamp'),
  };
  if (asRecord(parsed) === undefined || (status.token === undefined && status.clientKeyData === undefined)) {
    // Never quote the output: it may hold half a token.
    throw loginFailed(command, {
      expected: 'an ExecCredential with a token or a client certificate',
      found: `${output.length} characters that are none`,
    });
  }
  return status;
}

/** Runs the plugin without a shell and without a terminal; resolves to what it printed. */
async function runPlugin(plugin: ExecPlugin): Promise<string> {
  const { install, ...rest } = plugin;
  try {
    return await runOnce(rest);
  } catch (error) {
    if (install === undefined || !(error instanceof ProgramMissing)) throw error;
  }
  return runOnce({ ...rest, command: await install() });
}

/** There is no such program on the agent. */
class ProgramMissing extends CanaryError {}

function runOnce(plugin: ExecPlugin): Promise<string> {
  const info = {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(plugin.cluster && { cluster: plugin.cluster }) },
  };
  const env = { ...process.env, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  return new Promise((resolve, reject) => {
    const child = spawn(plugin.command, plugin.args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    // Not spawn's own time limit: where the program is missing, that would keep the process alive for its whole length.
    const overdue = setTimeout(() => child.kill('SIGKILL'), patience);
    let output = '';
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > outputLimit) child.kill('SIGKILL');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-2000);
    });
    child.once('error', error => {
      clearTimeout(overdue);
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const hint = missing ? (plugin.installHint ?? 'Install it on the agent in an earlier step') : undefined;
      const found = missing ? 'no such program on the agent' : error.message;
      reject(
        loginFailed(plugin.command, { found, ...(hint && { hint }) }, missing ? ProgramMissing : CanaryError),
      );
    });
    child.once('close', (code, signal) => {
      clearTimeout(overdue);
      if (code === 0) resolve(output);
      else {
        const end =
          code === null
            ? `it was ended by ${signal} after ${patience / 1000} s or 1 MiB`
            : `exit code ${code}`;
        reject(loginFailed(plugin.command, { found: [end, complaint.trim()].filter(Boolean).join(': ') }));
      }
    });
  });
}

function loginFailed(
  command: string,
  details: { expected?: string; found?: string; hint?: string },
  Kind: typeof CanaryError = CanaryError,
): CanaryError {
  return new Kind(
    'CONNECTION_INVALID',
    `The login program ${command} of the kubeconfig gave no credentials`,
    {
      hint: 'Run it on the agent to see why, or use a service account for the service connection',
      ...details,
    },
  );
}
