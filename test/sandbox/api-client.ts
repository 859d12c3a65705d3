import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { JsonObject } from '../../sandbox/objects.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';

export interface Answer {
  readonly code: number;
  readonly warning: string | undefined;
  /** An answer that is no JSON is the `text` of this. */
  readonly body: JsonObject;
}

export interface Question {
  readonly body?: unknown;
  readonly type?: string;
  /** The administrator's where nothing is said; empty for none. */
  readonly token?: string;
}

/** Plain HTTPS requests to a sandbox, with nothing of a Kubernetes client in between. */
export class ApiClient {
  readonly #sandbox: Sandbox;
  readonly #ca: Buffer;
  readonly #agent: Agent;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
    this.#ca = Buffer.from(sandbox.caData, 'base64');
    this.#agent = new Agent({ keepAlive: true, ca: this.#ca });
  }

  ask(method: string, path: string, question: Question = {}): Promise<Answer> {
    const { body, type = 'application/json', token = this.#sandbox.token } = question;
    const content = body === undefined ? undefined : JSON.stringify(body);
    // Node.js sends the body of a DELETE without its length, unless told.
    const length =
      content === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(content) };
    const headers = { ...length, ...(token && { authorization: `Bearer ${token}` }) };
    return new Promise((resolve, reject) => {
      httpsRequest({ ...this.#to(path), agent: this.#agent, method, headers }, async response => {
        const answer = await text(response);
        const isJson = response.headers['content-type'] === 'application/json';
        resolve({
          code: response.statusCode ?? 0,
          warning: response.headers.warning,
          body: isJson ? (JSON.parse(answer) as JsonObject) : { text: answer },
        });
      })
        .on('error', reject)
        .end(content);
    });
  }

  /** The events of a watch, until the server ends it. */
  watch(path: string): { readonly events: Promise<JsonObject[]>; readonly opened: Promise<void> } {
    let tellOpened = () => {};
    const opened = new Promise<void>(resolve => {
      tellOpened = resolve;
    });
    const headers = { authorization: `Bearer ${this.#sandbox.token}` };
    const events = new Promise<JsonObject[]>((resolve, reject) => {
      httpsRequest({ ...this.#to(path), agent: false, ca: this.#ca, headers }, async response => {
        tellOpened();
        const seen: JsonObject[] = [];
        for await (const line of createInterface({ input: response }))
          seen.push(JSON.parse(line) as JsonObject);
        resolve(seen);
      })
        .on('error', reject)
        .end();
    });
    return { events, opened };
  }

  close(): void {
    this.#agent.destroy();
  }

  #to(path: string): RequestOptions {
    const { hostname, port } = new URL(this.#sandbox.server);
    return { hostname, port, path };
  }
}
