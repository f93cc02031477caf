/**
 * The jobs that are ready: run in the order in which they came, and nothing else.
 *
 * Invariant: the order depends on what the workflow does alone, so a run repeats it.
 */

export interface Job {
  run(): void;
}

let jobs: Job[] = [];
let next = 0;

export function enqueue(job: Job): void {
  jobs.push(job);
}

/** Runs until no job is ready, or it is over. */
export function runJobs(activation: { readonly isOver: boolean }): void {
  while (next < jobs.length) {
    if (activation.isOver) return;
    const job = jobs[next] as Job;
    next += 1;
    job.run();
  }
  if (next > 0) clearJobs();
}

export function clearJobs(): void {
  jobs = [];
  next = 0;
}
