import * as agent from 'azure-pipelines-task-lib/task.js';
import { Redactor } from './redactor.ts';

/** One for the process, as the agent's own mask is. */
const redactor = new Redactor();

/**
 * Hides texts of one line each, as they are, in all that the step tells from now on: the agent masks them in its log, and
 * `withoutSecrets` takes them out of what it would not mask. Everything secret has to come through here (a test sees to it).
 */
export function hide(texts: readonly string[]): void {
  for (const text of texts) {
    agent.setSecret(text);
    redactor.add(text);
  }
}

/** The text without anything that was hidden. */
export function withoutSecrets(text: string): string {
  return redactor.redact(text);
}
