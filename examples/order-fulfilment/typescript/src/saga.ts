import { ApplicationFailure, http } from '@dalsegno/workflow';

/** What to do to undo what was done. */
export class Saga {
  private readonly undo: (() => Promise<unknown>)[] = [];

  /** Says how to undo what has just been done. */
  undoBy(url: string, json: object): void {
    this.undo.push(() => http.post(url, { json }));
  }

  /** Undoes all, the last first. */
  async compensate(): Promise<void> {
    for (const undo of this.undo.reverse()) {
      try {
        await undo();
      } catch (error) {
        throw ApplicationFailure.create({
          type: 'CompensationFailed',
          message: 'the order is half undone',
          cause: error as Error,
        });
      }
    }
  }
}
