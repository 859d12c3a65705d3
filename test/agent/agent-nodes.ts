import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The majors that agents carry (facts/azure.md 5). */
const majors = [20, 24] as const;
export type NodeMajor = (typeof majors)[number];

export interface AgentNode {
  readonly major: NodeMajor;
  readonly path: string;
}

const folder = fileURLToPath(new URL('../nodes/', import.meta.url));

function packaged(major: NodeMajor): string {
  return `${folder}node_modules/node${major}-${process.platform}-${process.arch}/bin/node`;
}

/** The Nodes of the agents that are installed here; in place of a missing one the running Node, if it is of that major. */
export function agentNodes(): readonly AgentNode[] {
  const own = Number(process.versions.node.split('.')[0]);
  return majors.flatMap(major => {
    if (existsSync(packaged(major))) return [{ major, path: packaged(major) }];
    return major === own ? [{ major, path: process.execPath }] : [];
  });
}

/** `agentNodes` with all majors in it where the packages exist for this platform: installs them if they are missing. */
export function ensureAgentNodes(): readonly AgentNode[] {
  const published = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
  if (published && majors.some(major => !existsSync(packaged(major)))) {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'pipe', timeout: 120_000 });
  }
  return agentNodes();
}
