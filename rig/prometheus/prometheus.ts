import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Child } from '../child.ts';
import type { TargetGroup } from './targets.ts';

export interface PrometheusOptions {
  /** An existing folder for its configuration and data. */
  readonly dir: string;
  /** A free port on 127.0.0.1. */
  readonly port: number;
  readonly scrapeIntervalSeconds: number;
  readonly emissary: TargetGroup;
}

/** Debian's Prometheus on loopback. It can be taken away and brought back, with its data and on the same port. */
export class Prometheus {
  readonly url: string;
  readonly #options: PrometheusOptions;
  readonly #binary: string;
  #child: Child | undefined;

  private constructor(options: PrometheusOptions, binary: string) {
    this.#options = options;
    this.#binary = binary;
    this.url = `http://127.0.0.1:${options.port}`;
  }

  /** Starts it and waits until it answers. Throws when the program is not installed. */
  static async start(options: PrometheusOptions): Promise<Prometheus> {
    const prometheus = new Prometheus(options, findBinary());
    await mkdir(options.dir, { recursive: true });
    await writeFile(join(options.dir, 'prometheus.yml'), JSON.stringify(configuration(options)));
    await prometheus.setTargets([]);
    await prometheus.start();
    return prometheus;
  }

  /** Brings it back after a stop. */
  async start(): Promise<void> {
    const { dir, port } = this.#options;
    const child = await Child.start({
      name: 'prometheus',
      command: this.#binary,
      args: [
        `--config.file=${join(dir, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(dir, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=warn',
      ],
      logFile: join(dir, 'prometheus.log'),
    });
    this.#child = child;
    await child
      .ready(async () => (await fetch(`${this.url}/-/ready`)).ok, 15_000)
      .catch(async error => {
        await child.stop(0);
        throw error;
      });
  }

  /** Replaces the pods that are scraped beside Emissary. */
  async setTargets(groups: readonly TargetGroup[]): Promise<void> {
    const file = targetsFile(this.#options.dir);
    await writeFile(`${file}.new`, JSON.stringify(groups));
    await rename(`${file}.new`, file);
  }

  /** Ends the process and waits until it is gone; its data stay. */
  async stop(): Promise<void> {
    await this.#child?.stop(5000);
  }
}

/** JSON is YAML. */
function configuration({ dir, scrapeIntervalSeconds, emissary }: PrometheusOptions): object {
  return {
    global: {
      scrape_interval: `${scrapeIntervalSeconds}s`,
      scrape_timeout: `${Math.min(10, scrapeIntervalSeconds)}s`,
      evaluation_interval: `${scrapeIntervalSeconds}s`,
    },
    scrape_configs: [
      { job_name: 'emissary', metrics_path: '/metrics', static_configs: [emissary] },
      { job_name: 'pods', metrics_path: '/metrics', file_sd_configs: [{ files: [targetsFile(dir)] }] },
    ],
  };
}

function targetsFile(dir: string): string {
  return join(dir, 'targets.json');
}

function findBinary(): string {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, 'prometheus'))
    .find(existsSync);
  if (found === undefined) throw new Error('prometheus is not installed: apt-get install prometheus');
  return found;
}
