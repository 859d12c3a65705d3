import * as SDK from 'azure-devops-extension-sdk';
import { BuildSource } from './build-source.ts';
import { numberAt, textAt, valueAt } from './json.ts';
import { ReleaseSource } from './release-source.ts';
import { Rest } from './rest.ts';
import type { Source } from './source.ts';

/** By which the host page tells a stage's tab that the stage has changed; vss-extension.json names it too. */
const releaseTab = 'ambassador-canary-release-tab';
/** The service that knows where the organisation's APIs are, and the area of classic releases there. */
const locationService = 'ms.vss-features.location-service';
const releaseArea = 'efc2f575-36ef-48e9-b672-0c6fb4a48ac5';

interface LocationService {
  getServiceLocation(): Promise<string>;
  getResourceAreaLocation(area: string): Promise<string>;
}

/** What the page that frames this one tells. */
export interface Host {
  /** Calls with the reports of the run that is shown: at once, and whenever the host page shows another run. */
  onRun(show: (source: Source) => void, changed: () => void): Promise<void>;
  loaded(): void;
}

/** Shakes hands with the page of Azure DevOps that frames this one. */
export async function connectHost(): Promise<Host> {
  let updated: (context: unknown) => void = () => {};
  SDK.register(releaseTab, { updateContext: (context: unknown) => updated(context) });
  await SDK.init({ loaded: false, applyTheme: true });
  return {
    loaded: () => void SDK.notifyLoadSucceeded(),
    onRun: async (show, changed) => {
      const configuration: unknown = SDK.getConfiguration();
      const onBuildChanged = valueAt(configuration, 'onBuildChanged');
      const location = await SDK.getService<LocationService>(locationService);
      if (typeof onBuildChanged === 'function') {
        const rest = new Rest(await location.getServiceLocation(), SDK.getAccessToken);
        const tell = oncePerRun(build => sourceOfBuild(rest, build), show, changed);
        onBuildChanged(tell);
        return;
      }
      const rest = new Rest(await location.getResourceAreaLocation(releaseArea), SDK.getAccessToken);
      const tell = oncePerRun(stage => sourceOfStage(rest, stage), show, changed);
      updated = context => tell(valueAt(context, 'releaseEnvironment'));
      tell(valueAt(configuration, 'releaseEnvironment'));
    },
  };
}

interface Run {
  readonly id: string;
  readonly source: Source;
}

/** Shows a run when it is told for the first time, and afterwards only says that it has changed. */
function oncePerRun(
  runOf: (told: unknown) => Run | undefined,
  show: (source: Source) => void,
  changed: () => void,
): (told: unknown) => void {
  let shown: string | undefined;
  return told => {
    const run = runOf(told);
    if (run === undefined) return;
    if (run.id === shown) return changed();
    shown = run.id;
    show(run.source);
  };
}

function sourceOfBuild(rest: Rest, build: unknown): Run | undefined {
  const id = numberAt(build, 'id');
  const project = textAt(build, 'project', 'id') ?? projectOfPage();
  if (id === undefined || project === undefined) return undefined;
  return { id: `${project} ${id}`, source: new BuildSource(rest, project, id) };
}

function sourceOfStage(rest: Rest, stage: unknown): Run | undefined {
  const id = numberAt(stage, 'id');
  const release = numberAt(stage, 'releaseId');
  const project = projectOfPage();
  if (id === undefined || release === undefined || project === undefined) return undefined;
  return { id: `${release} ${id}`, source: new ReleaseSource(rest, project, release, id) };
}

function projectOfPage(): string | undefined {
  return textAt(SDK.getPageContext(), 'webContext', 'project', 'id');
}
