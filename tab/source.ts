/** A report as it lies beside the run. */
export interface Attachment {
  readonly name: string;
  readonly text: string;
}

/** Where reports come from: a build, a stage of a classic release, or the page itself. */
export interface Source {
  /**
   * All of them but those whose name is settled, and whether the run is over. Rejects with an error whose message a reader can
   * use.
   */
  read(
    isSettled: (name: string) => boolean,
  ): Promise<{ readonly attachments: readonly Attachment[]; readonly runEnded: boolean }>;
}
