import { execFile } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../child.ts';
import { bootstrap, type EnvoyPlace, resourceFiles, routeConfigName, statPrefix } from './bootstrap.ts';

type Json = Readonly<Record<string, unknown>>;

/** A running Envoy on loopback. It dies with us. */
export class Envoy {
  readonly url: string;
  readonly adminUrl: string;
  readonly #child: Child;
  readonly #binary: string;
  readonly #dir: string;
  readonly #files: ReturnType<typeof resourceFiles>;

  private constructor(child: Child, binary: string, place: EnvoyPlace) {
    this.#child = child;
    this.#binary = binary;
    this.#dir = place.dir;
    this.#files = resourceFiles(place.dir);
    this.url = `http://127.0.0.1:${place.listenerPort}`;
    this.adminUrl = `http://127.0.0.1:${place.adminPort}`;
  }

  /** Starts it without any route and waits until its listener takes connections. `place.dir` must exist. */
  static async start(binary: string, place: EnvoyPlace): Promise<Envoy> {
    const config = join(place.dir, 'bootstrap.json');
    const files = resourceFiles(place.dir);
    await writeFile(config, JSON.stringify(bootstrap(place)));
    await writeFile(files.clusters, resources('0', []));
    await writeFile(files.routes, resources('0', [{ '@type': routeType, name: routeConfigName }]));
    const child = await Child.start({
      name: 'envoy',
      command: binary,
      // One worker is plenty for a rig, and hot restart would leave shared memory behind.
      args: ['-c', config, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'warning'],
      logFile: join(place.dir, 'envoy.log'),
    });
    const envoy = new Envoy(child, binary, place);
    await child
      .ready(async () => (await fetch(`${envoy.adminUrl}/ready`)).ok, 10_000)
      .catch(async error => {
        await child.stop(0);
        throw error;
      });
    return envoy;
  }

  /** Why Envoy would refuse the configuration, or `undefined` when it would take it (`envoy --mode validate`). */
  validate(config: Json): Promise<string | undefined> {
    const file = join(this.#dir, 'validate.json');
    const args = ['--mode', 'validate', '-c', file, '--log-level', 'error'];
    return writeFile(file, JSON.stringify(config)).then(
      () =>
        new Promise(resolve => {
          execFile(this.#binary, args, { timeout: 10_000 }, (error, _stdout, stderr) => {
            resolve(error === null ? undefined : stderr.trim().slice(0, 600) || error.message);
          });
        }),
    );
  }

  /** Replaces the routes, and returns once the file is in place; Envoy follows within milliseconds. */
  writeRoutes(version: string, routes: Json): Promise<void> {
    return this.#replace(this.#files.routes, resources(version, [routes]));
  }

  writeClusters(version: string, clusters: readonly Json[]): Promise<void> {
    return this.#replace(this.#files.clusters, resources(version, clusters));
  }

  writeEndpoints(version: string, cluster: string, assignment: Json): Promise<void> {
    return this.#replace(this.#files.endpoints(cluster), resources(version, [assignment]));
  }

  /** The file that a cluster's endpoints are read from. */
  endpointsFile(cluster: string): string {
    return this.#files.endpoints(cluster);
  }

  /** Waits until Envoy runs with this version of the routes. Rejects after 5 s. */
  routesApplied(version: string): Promise<void> {
    return this.#stat(`http\\.${statPrefix}\\.rds\\..*version_text`, text => text.includes(`"${version}"`));
  }

  /** Waits until Envoy knows this version of the clusters and has the endpoints of all of them. Rejects after 5 s. */
  clustersApplied(version: string): Promise<void> {
    return this.#stat(
      'cluster_manager\\.(cds\\.version_text|warming_clusters)',
      text => text.includes(`"${version}"`) && text.includes('warming_clusters: 0'),
    );
  }

  /** Ends the process and waits until it is gone. */
  async stop(): Promise<void> {
    await this.#child.stop(2000);
  }

  async #stat(filter: string, done: (text: string) => boolean): Promise<void> {
    const end = Date.now() + 5000;
    let text = '';
    while (Date.now() < end) {
      text = await (await fetch(`${this.adminUrl}/stats?filter=${encodeURIComponent(filter)}`)).text();
      if (done(text)) return;
      await sleep(5);
    }
    throw new Error(
      `Envoy has not followed after 5 s; its statistics: ${text.trim()}\n${await this.#child.logTail()}`,
    );
  }

  /** Envoy looks at a file when it is moved into place. */
  async #replace(file: string, text: string): Promise<void> {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  }
}

const routeType = 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration';

function resources(version: string, list: readonly Json[]): string {
  return JSON.stringify({ version_info: version, resources: list });
}
