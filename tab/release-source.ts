import { listOf, numberAt, textAt } from './json.ts';
import { reportAttachment } from './report.ts';
import type { Rest } from './rest.ts';
import type { Attachment, Source } from './source.ts';

const preview = '6.0-preview';
/** A stage that waits for its turn, or for somebody, may still get a report. */
const endings = ['succeeded', 'partiallySucceeded', 'rejected', 'canceled'];

/** The reports of one stage of a classic release, over all its attempts. */
export class ReleaseSource implements Source {
  constructor(
    private readonly rest: Rest,
    private readonly project: string,
    private readonly releaseId: number,
    private readonly environmentId: number,
  ) {}

  async read(isSettled: (name: string) => boolean) {
    const release = [this.project, '_apis', 'release', 'releases', this.releaseId];
    const answer = await this.rest.json(release, '6.0');
    const stage = listOf(answer, 'environments').find(one => numberAt(one, 'id') === this.environmentId);
    const plans = listOf(stage, 'deploySteps').flatMap(attempt =>
      listOf(attempt, 'releaseDeployPhases').flatMap(phase => {
        const plan = textAt(phase, 'runPlanId');
        const number = numberAt(attempt, 'attempt');
        return plan === undefined || number === undefined ? [] : [{ plan, attempt: number }];
      }),
    );
    const place = [...release, 'environments', this.environmentId, 'attempts'];
    const found = await Promise.all(
      plans.map(({ plan, attempt }) => this.#attachments([...place, attempt, 'plan', plan], isSettled)),
    );
    return { attachments: found.flat(), runEnded: endings.includes(textAt(stage, 'status') ?? '') };
  }

  async #attachments(
    plan: readonly (string | number)[],
    isSettled: (name: string) => boolean,
  ): Promise<readonly Attachment[]> {
    const list = await this.rest.json([...plan, 'attachments', reportAttachment], preview);
    const all = listOf(list).map(async item => {
      const [timeline, record, name] = ['timelineId', 'recordId', 'name'].map(key => textAt(item, key));
      if (timeline === undefined || record === undefined || name === undefined || isSettled(name)) return [];
      const path = [...plan, 'timelines', timeline, 'records', record, 'attachments', reportAttachment, name];
      const text = await this.rest.text(path, preview);
      return text === undefined ? [] : [{ name, text }];
    });
    return (await Promise.all(all)).flat();
  }
}
