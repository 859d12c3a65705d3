import { listOf, textAt } from './json.ts';
import { reportAttachment } from './report.ts';
import type { Rest } from './rest.ts';
import type { Attachment, Source } from './source.ts';

/** The reports of a build. 6.0 is what Azure DevOps Server 2020 knows, and all that came after it. */
export class BuildSource implements Source {
  constructor(
    private readonly rest: Rest,
    private readonly project: string,
    private readonly buildId: number,
  ) {}

  async read(isSettled: (name: string) => boolean) {
    const build = [this.project, '_apis', 'build', 'builds', this.buildId];
    // The status first: a report that is written after it is there is read below, or at the next look.
    const status = textAt(await this.rest.json(build, '6.0'), 'status');
    const list = await this.rest.json([...build, 'attachments', reportAttachment], '6.0-preview');
    const attachments = await Promise.all(listOf(list).map(item => this.#attachment(item, isSettled)));
    return { attachments: attachments.flatMap(found => found ?? []), runEnded: status === 'completed' };
  }

  /** Where it lies is told, never worked out from parts of another address. */
  async #attachment(item: unknown, isSettled: (name: string) => boolean): Promise<Attachment | undefined> {
    const name = textAt(item, 'name') ?? 'report';
    const href = textAt(item, '_links', 'self', 'href');
    if (href === undefined || isSettled(name)) return undefined;
    const text = await this.rest.attachment(href);
    return text === undefined ? undefined : { name, text };
  }
}
