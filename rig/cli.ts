import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePrograms } from './control-plane/build.ts';
import { ensureEnvoy } from './envoy/install.ts';
import { mostPerSecond } from './load/answer.ts';
import { rigHome } from './paths.ts';
import { stopRunning } from './running.ts';
import { traffic } from './traffic/traffic.ts';
import { up } from './up.ts';

const usage = `npm run rig -- <command>
  up      build what is missing, start a cluster on loopback, and stay until Ctrl-C
            --traffic        with Envoy, Emissary's stand-in, Prometheus, the sample app and users who call it
            --scrape <s>     how often Prometheus scrapes, in seconds; default 1
            --rate <n>       requests a second; default 50
  down    stop the one that is up
  build   build the control plane into .rig/bin (KUBEBUILDER_ASSETS: use the programs in that folder), and install Envoy

  --home <folder>   of up and down: where a second rig keeps its things; default .rig`;

const stopLimitMs = 30_000;

class UsageError extends Error {}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        traffic: { type: 'boolean', default: false },
        scrape: { type: 'string' },
        rate: { type: 'string' },
        home: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** A number of an option, from 1 to `most`. */
function numberOf(option: string, text: string | undefined, fallback: number, most: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (value >= 1 && value <= most) return value;
  throw new UsageError(`--${option} must be a number from 1 to ${most}, not ${JSON.stringify(text)}`);
}

async function run(): Promise<void> {
  const { values, positionals } = readArguments();
  const [command, ...more] = positionals;
  const home = values.home === undefined ? rigHome : resolve(values.home);
  const scrapeIntervalSeconds = numberOf('scrape', values.scrape, 1, 60);
  const ratePerSecond = numberOf('rate', values.rate, 50, mostPerSecond);
  if (more.length > 0) throw new UsageError(`one command at a time, not ${positionals.join(' ')}`);
  if (!values.traffic && (values.scrape ?? values.rate) !== undefined) {
    throw new UsageError('--scrape and --rate are for up --traffic');
  }
  switch (command) {
    case 'up':
      return up({ attach: values.traffic ? [traffic({ scrapeIntervalSeconds, ratePerSecond })] : [], home });
    case 'down':
      console.log((await stopRunning(stopLimitMs, home)) ? 'stopped' : 'no rig is up');
      return;
    case 'build':
      await ensurePrograms({ log: line => console.log(line) });
      await ensureEnvoy(line => console.log(line));
      return;
    default:
      throw new UsageError(command === undefined ? 'a command is missing' : `no such command: ${command}`);
  }
}

try {
  await run();
} catch (error) {
  const { message } = error as Error;
  console.error(error instanceof UsageError ? `${message}\n\n${usage}` : message);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
